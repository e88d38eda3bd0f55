"""The school's colour, always readable."""

import re
from pathlib import Path

import pytest

from services.renderer.content.contrast import contrast
from services.renderer.pages import palette as palette_module
from services.renderer.pages.palette import DEFAULT_ACCENT, READABLE, palette


def rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[index : index + 2], 16) / 255 for index in (1, 3, 5))
    return red, green, blue


def test_a_dark_colour_is_kept() -> None:
    assert palette("#1d5c4a").accent == "#1d5c4a"


@pytest.mark.parametrize("color", ["#ffffff", "#ffff00", "#f0f", "#9fd3c7"])
def test_a_pale_colour_is_darkened(color: str) -> None:
    assert contrast(rgb(palette(color).accent)) >= READABLE - 0.1


@pytest.mark.parametrize("color", [None, "", "red", "#12345", "url(x)", "#123456;}"])
def test_anything_else_is_the_default(color: str | None) -> None:
    assert palette(color).accent == DEFAULT_ACCENT


def test_every_ink_of_the_pages_can_be_read_on_every_ground() -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1. White print stands on the dark grounds only, marks on grounds of their own."""
    sheets = "".join(path.read_text() for path in Path(str(palette_module.__file__)).parent.glob("templates/*.css.j2"))
    inks = set(re.findall(r"[;{ ]color: (#[0-9a-f]{6})", sheets))
    assert len(inks) > 10
    for ink in inks:
        for ground in ("#ffffff", "#f4f5f8"):
            assert contrast(rgb(ink), rgb(ground)) >= 4.5, (ink, ground)
    for ink, ground in re.findall(r"background: (#[0-9a-f]{6}); color: (#[0-9a-f]{6})", sheets):
        assert contrast(rgb(ink), rgb(ground)) >= 4.5, (ink, ground)
