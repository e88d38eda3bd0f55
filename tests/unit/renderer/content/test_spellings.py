"""Each spelling of the table in `spellings`, read as the segments it stands for."""

import json

import pytest

from contracts.graded_exam import Content, ImageSegment, MathSegment, Segment, TableSegment, TextSegment
from services.renderer.content.spellings import segments_of

SQUARE = '<span data-structure="superscript"><span>x</span><span>2</span></span>'


def text(value: str) -> TextSegment:
    return TextSegment(text=value)


def math(latex: str, *, display: bool = False) -> MathSegment:
    return MathSegment(latex=latex, display=display)


def picture(url: str, alt: str | None = None) -> ImageSegment:
    return ImageSegment(url=url, alt=alt)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("une\ndeux", [text("une\ndeux")]),
        ("Soit $x$", [text("Soit "), math("x")]),
        ("$$x$$", [math("x", display=True)]),
        (r"\(x\) \[y\]", [math("x"), text(" "), math("y", display=True)]),
        (r"\begin{align}a&=b\end{align}", [math(r"\begin{align}a&=b\end{align}", display=True)]),
        (r"\$5", [text("$5")]),
        ('[{"id":"s1","type":"text","text":"5$ à 6$"},{"type":"math","latex":"x"}]', [text("5$ à 6$"), math("x")]),
        ("[1, 2, 3]", [text("[1, 2, 3]")]),
        ('{"a": 1}', [text('{"a": 1}')]),
        ("Voir ![image](/uploads/a.png) : $x$", [text("Voir "), picture("/uploads/a.png"), text(" : "), math("x")]),
        ('[{"type":"text","text":"a ![b](/c.png)"}]', [text("a "), picture("/c.png", "b")]),
        ('[{"type":"image","url":"/a.png","alt":"A"}]', [picture("/a.png", "A")]),
        (f"Calculer {SQUARE}.", [text("Calculer "), math("{x}^{2}"), text(".")]),
        ("[graph] et [image]", [text("[graph] et [image]")]),
        ("a\u200b", [text("a\u200b")]),
        ("", []),
    ],
)
def test_each_spelling_is_read_as_its_segments(content: Content, expected: list[Segment]) -> None:
    assert list(segments_of(content)) == expected


def test_pictures_are_found_in_the_cells_of_tables() -> None:
    cell = [{"type": "text", "text": "![image](/a.png)"}]
    assert segments_of(json.dumps([{"type": "table", "rows": [[cell]]}])) == (
        TableSegment(rows=(((picture("/a.png"),),),)),
    )


def test_segments_without_pictures_are_left_alone() -> None:
    segments = (text("a"), math("x"))
    assert segments_of(segments) is segments
