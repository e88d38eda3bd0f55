"""The school's colour, always readable."""

import pytest

from services.renderer.content.contrast import contrast
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
