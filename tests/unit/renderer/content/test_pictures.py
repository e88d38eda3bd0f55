"""Pictures that Correcta's editors write as Markdown: found in any text, and nothing else taken for one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.graded_exam import ImageSegment, TextSegment
from services.renderer.content.pictures import MOST, split

PNG = "data:image/png;base64,iVBORw0KGgo+/A=="


def pictures(text: str) -> list[tuple[str, str | None]]:
    return [(piece.url, piece.alt) for piece in split(text) if isinstance(piece, ImageSegment)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Voir ![image](/uploads/figure-1.png) puis répondre.", [("/uploads/figure-1.png", None)]),
        (f"![schéma]({PNG})", [(PNG, "schéma")]),
        ("![](https://e.invalid/a.png)", [("https://e.invalid/a.png", None)]),
        ("![a](/1.png)![b](/2.png) ![c](/3.png)", [("/1.png", "a"), ("/2.png", "b"), ("/3.png", "c")]),
        ("![courbe [1] de f](/a.png)", [("/a.png", "courbe [1] de f")]),
        ("![sur ]0;1[](/a.png)", [("/a.png", "sur ]0;1[")]),
        ("![image](/uploads/ma figure (1).png)", [("/uploads/ma%20figure%20(1).png", None)]),
        ("![image](uploads/a.jpg?v=2)", [("uploads/a.jpg?v=2", None)]),
        ("![a](x ![b](/b.png)", [("/b.png", "b")]),
        ("![a](pas une adresse), ![b](/b.png)", [("/b.png", "b")]),
        ("![a]( /a.png )", [("/a.png", "a")]),
    ],
)
def test_pictures_are_found(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert pictures(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "![image]()",
        "![image](",
        "![image]",
        "! [image](/a.png)",
        "[image](/a.png)",
        "![image](/a.png",
        "![image] (/a.png)",
        "n![k](x)",
        "![a](javascript:alert.png)",
        "![a](file:///etc/passwd)",
        '![a](/a.png "titre")',
        "![a](C:\\a.png)",
        "![a\n](/a.png)",
        "!vrai[0](x)",
    ],
)
def test_what_only_looks_like_a_picture_is_text(text: str) -> None:
    assert list(split(text)) == [TextSegment(text=text)]


@given(
    st.lists(st.sampled_from(["![", "](", ")", "/a.png", "a", "\n", "[", "]", "(", " ", "$x$"]), max_size=30).map(
        "".join
    )
)
def test_the_pieces_are_the_text(text: str) -> None:
    rest = text
    for piece in split(text):
        if isinstance(piece, TextSegment):
            assert rest.startswith(piece.text)
            rest = rest.removeprefix(piece.text)
        else:
            assert rest.startswith("![")
            rest = rest[rest.index("/a.png") :]
            rest = (
                rest[rest.index(")") + 1 :] if piece.url.count("(") == 0 else rest[len(piece.url) :].partition(")")[2]
            )
    assert not any(piece.text == "" for piece in split(text) if isinstance(piece, TextSegment))


def test_a_text_has_only_so_many_pictures() -> None:
    text = "![image](/a.png)" * (MOST + 1)
    *found, rest = split(text)
    assert len(found) == MOST
    assert rest == TextSegment(text="![image](/a.png)")


@pytest.mark.parametrize("unit", ["![", "![a", "![a](", "![a](x", "![[a]", "![a](x(b)", "!", "![a](/b"])
def test_a_hostile_text_takes_time_in_proportion_to_its_length(unit: str) -> None:
    started = time.process_time()
    list(split(unit * (300_000 // len(unit))))
    assert time.process_time() - started < 3
