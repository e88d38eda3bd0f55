"""Reads `answers/*.txt`: how real-looking students answer each question, what it is worth and what the teacher says.

`@@@ key` opens a question; `=== points` an answer to it (`=== points | student` one that only this student wrote);
`+++ points` a part of an answer in several parts; each `~~~ comment` one the teacher may write (empty: none).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ANSWERS = Path(__file__).parent / "answers"


@dataclass(frozen=True)
class Variant:
    """One way to answer a question: its texts (one per part), what each is worth, and possible comments."""

    score: float
    texts: tuple[str, ...]
    scores: tuple[float, ...]
    comments: tuple[str, ...]
    student: str | None


AnswerBook = dict[str, tuple[Variant, ...]]


def read(*names: str) -> AnswerBook:
    """The variants of every question found in the named files, in the order they are written."""
    book: dict[str, list[Variant]] = defaultdict(list)
    for name in names:
        text = (ANSWERS / f"{name}.txt").read_text(encoding="utf-8")
        for question in _split(text, "@@@ "):
            key, _, rest = question.partition("\n")
            book[key.strip()].extend(_variant(block) for block in _split(rest, "=== "))
    return {key: tuple(variants) for key, variants in book.items()}


def _split(text: str, marker: str) -> Iterator[str]:
    return iter(("\n" + text).split("\n" + marker)[1:])


def _variant(block: str) -> Variant:
    answer, *comments = ("\n" + block).split("\n~~~")
    heading, _, body = answer.lstrip("\n").partition("\n")
    points, _, student = heading.partition("|")
    parts = [part.partition("\n") for part in _split(body, "+++ ")]
    return Variant(
        score=float(points),
        texts=tuple(text.strip("\n") for _, _, text in parts) or (body.strip("\n"),),
        scores=tuple(float(worth) for worth, _, _ in parts),
        comments=tuple(comment.strip() for comment in comments),
        student=student.strip() or None,
    )
