"""Short ways to write an exam down; ids follow from the exam's key and the question's."""

from dataclasses import replace
from typing import Any, Literal

from dev.sample.identity import identifier
from dev.sample.model import Chapter, Content, Criterion, Item, Part


def text(words: str) -> dict[str, Any]:
    """A text segment."""
    return {"type": "text", "text": words}


def math(latex: str) -> dict[str, Any]:
    """A formula segment."""
    return {"type": "math", "latex": latex}


def image(url: str, alt: str) -> dict[str, Any]:
    """An image segment."""
    return {"type": "image", "url": url, "alt": alt}


def table(*rows: tuple[dict[str, Any] | None, ...], widths: list[int] | None = None) -> dict[str, Any]:
    """A table segment of one segment a cell; None is an empty cell."""
    segment: dict[str, Any] = {"type": "table", "rows": [[[cell] if cell else [] for cell in row] for row in rows]}
    return segment | ({"colWidths": widths} if widths else {})


def criterion(name: str, *levels: tuple[float, str]) -> Criterion:
    """A line of a rubric: what earns how many points."""
    return Criterion(name, tuple({"points": points, "description": words} for points, words in levels))


def question(
    key: str,
    points: float,
    content: Content,
    *,
    label: str | None = None,
    type: Literal["TEXT", "CODE"] = "TEXT",
    parts: tuple[tuple[str, float], ...] = (),
    rubric: tuple[Criterion, ...] = (),
    by_parts: bool = False,
    left_over: float | None = None,
    template: str | None = None,
) -> Item:
    """A question to answer in words or code, worth what its parts are. `by_parts`: its grade is kept with its part."""
    segments = parts or (("", points),)
    return Item(
        id=key,
        key=key,
        type=type,
        content=content,
        parts=tuple(
            Part(str(n), words, worth, rubric=rubric if n == 0 else ()) for n, (words, worth) in enumerate(segments)
        ),
        label=label,
        template=template,
        by_parts=by_parts,
        left_over=left_over,
    )


def mcq(
    key: str,
    content: Content,
    options: tuple[tuple[Content, bool, float | None], ...],
    *,
    points: float | None = None,
    label: str | None = None,
    all_or_nothing: bool = False,
) -> Item:
    """A multiple-choice question; an option is its content, whether it is right, and its points, if any."""
    parts = tuple(Part(str(n), words, worth, right) for n, (words, right, worth) in enumerate(options))
    return Item(key, key, "MCQ", content, parts, label, points, all_or_nothing)


def chapters(exam: str, *written: Chapter) -> tuple[Chapter, ...]:
    """The sections with ids of their own, for sections, questions and parts."""
    return tuple(
        replace(
            chapter, id=identifier("section", exam, str(n)), items=tuple(_named(exam, item) for item in chapter.items)
        )
        for n, chapter in enumerate(written)
    )


def _named(exam: str, item: Item) -> Item:
    parts = tuple(replace(part, id=identifier("segment", exam, item.key, part.id)) for part in item.parts)
    return replace(item, id=identifier("question", exam, item.key), parts=parts)


def section(
    title: str, *items: Item, label: str | None = None, intro: Content | None = None, default: bool = False
) -> Chapter:
    """A section; a default one is hidden."""
    return Chapter("", title, items, label, intro, default)
