"""The former editor's HTML: its structures are formulas, and what someone types about HTML stays text."""

import time

import pytest

from contracts.graded_exam import MathSegment, Segment, TextSegment
from services.renderer.content.legacy import segments


def span(structure: str, *parts: str) -> str:
    return f'<span data-structure="{structure}">{"".join(parts)}</span>'


def part(text: str, marks: str = "") -> str:
    return f"<span{marks}>{text}</span>"


BAR = part("", ' class="math-fraction__bar"')


@pytest.mark.parametrize(
    ("html", "latex"),
    [
        (span("fraction", part("a"), BAR, part("b")), r"\frac{a}{b}"),
        (
            span(
                "fraction",
                BAR,
                part("b", ' class="math-fraction__denominator"'),
                part("a", ' class="math-fraction__numerator"'),
            ),
            r"\frac{a}{b}",
        ),
        (span("sum", part("n"), part("∑"), part("k=0")), r"\sum_{k=0}^{n}"),
        (span("integral", part("1"), part("∫"), part("0")), r"\int_{0}^{1}"),
        (span("sqrt", part("√"), part("x", ' data-placeholder="true"')), r"\sqrt{x}"),
        (span("cbrt", part("3"), part("√"), part("x")), r"\sqrt[3]{x}"),
        (span("superscript", part("x"), part("2")), "{x}^{2}"),
        (span("subscript", part("u"), part("n+1")), "{u}_{n+1}"),
        (
            span("fraction", part(span("superscript", part("x"), part("2"))), BAR, part("□")),
            r"\frac{{x}^{2}}{□}",
        ),
    ],
)
def test_structures_are_formulas(html: str, latex: str) -> None:
    assert segments(html) == (MathSegment(latex=latex),)


def test_text_around_them_is_text_on_its_lines() -> None:
    html = f"<div>Soit&nbsp;{span('sqrt', part('√'), part('x'))} &lt; 3</div><div>Alors<br>oui</div>"
    found: tuple[Segment, ...] | None = segments(html)
    assert found == (
        TextSegment(text="Soit "),
        MathSegment(latex=r"\sqrt{x}"),
        TextSegment(text=" < 3\nAlors\noui"),
    )


@pytest.mark.parametrize(
    "html",
    [
        '<span data-structure="fraction">',
        'On écrit <span data-structure="fraction">a</span> en HTML',
        span("unknown", part("a")),
        span("fraction", part("a"), BAR, part("b")) + "<script>x</script>",
        span("fraction", part("a"), BAR, part("b")) + "</div>",
        span("fraction", part("a"), part("perdu"), part("b")),
        span("fraction", part("a"), BAR, part("b")) + "<!-- x -->",
        "<span>x</span> data-structure",
        part(span("sqrt", part("x")) * 2) + "<table>",
        span("sqrt", part("x")).replace("<span>", "<span>" * 60).replace("</span></span>", "</span>" * 61),
    ],
)
def test_anything_else_is_not_the_former_editors(html: str) -> None:
    assert segments(html) is None


@pytest.mark.parametrize("unit", ["<!", "<span ", "<span data-structure='sqrt'>", "&", "<a ='", "</span>"])
def test_a_hostile_text_is_read_in_time(unit: str) -> None:
    started = time.process_time()
    segments("<span data-structure" + unit * (20_000 // len(unit)))
    assert time.process_time() - started < 2
