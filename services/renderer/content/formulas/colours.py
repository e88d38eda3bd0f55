"""Colours of formulas: CSS and xcolor values to RGB channels; a colour too faint to read on paper is not followed."""

import re
from dataclasses import replace
from functools import lru_cache

from tinycss2.color5 import parse_color

from services.renderer.content.contrast import WHITE, Rgb, contrast
from services.renderer.content.formulas.shapes import Bar, Glyph, Shape

_NUMBERS = re.compile(r"[\d.]+(?:,[\d.]+){0,3}")
_FAINT = 1.3
"""Contrast (WCAG 2.2, relative luminance) below which print on white paper cannot be read at all."""

_HIDDEN = 2.0
"""The same for print on a coloured background, which is then left out: black on blue has 2.4, on black 1."""

BLACK: Rgb = (0.0, 0.0, 0.0)


@lru_cache(maxsize=256)
def channels(colour: str) -> Rgb | None:
    """Red, green and blue from 0 to 1 of a CSS colour or of an xcolor model's numbers; None where it is neither."""
    try:
        if _NUMBERS.fullmatch(colour):
            return _of_model([float(number) for number in colour.split(",")])
        parsed = parse_color(colour)
        if parsed is None or parsed == "currentcolor" or parsed.alpha == 0:
            return None
        red, green, blue = (min(1.0, max(0.0, value or 0.0)) for value in parsed.to("srgb").coordinates)
    except (ValueError, AttributeError, NotImplementedError):
        return None
    return red, green, blue


def _of_model(numbers: list[float]) -> Rgb | None:
    """`gray` has one number, `RGB` three up to 255, `cmyk` four; `rgb` and `HTML` arrive as CSS colours already."""
    match numbers:
        case [grey] if grey <= 1:
            return grey, grey, grey
        case [red, green, blue] if max(numbers) <= 255:
            return red / 255, green / 255, blue / 255
        case [cyan, magenta, yellow, black] if max(numbers) <= 1:
            light = 1 - black
            return (1 - cyan) * light, (1 - magenta) * light, (1 - yellow) * light
    return None


def legible(shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """The shapes, in the text's own colour where theirs is unknown, or too faint and without a coloured background; and
    without a background that hides what is drawn upon it.
    """
    if all(shape.ink is None for shape in shapes):
        return shapes
    shapes = tuple(shape for place, shape in enumerate(shapes) if not _hides(shape, shapes[place + 1 :]))
    grounded = any(isinstance(shape, Bar) and shape.ink for shape in shapes)
    return tuple(shape if _is_legible(shape.ink, grounded) else replace(shape, ink=None) for shape in shapes)


def _hides(ground: Shape, later: tuple[Shape, ...]) -> bool:
    """Whether a shape is a background on which a sign that is drawn upon it can hardly be told."""
    if not isinstance(ground, Bar) or ground.ink is None or (colour := channels(ground.ink)) is None:
        return False
    return any(
        isinstance(shape, Glyph)
        and ground.x <= shape.x <= ground.x + ground.width
        and ground.y <= shape.y <= ground.y + ground.height
        and contrast(channels(shape.ink or "") or BLACK, colour) < _HIDDEN
        for shape in later
    )


def _is_legible(ink: str | None, grounded: bool) -> bool:
    if ink is None:
        return True
    colour = channels(ink)
    return colour is not None and (grounded or shows_on(colour))


def shows_on(colour: Rgb, ground: Rgb = WHITE) -> bool:
    """Whether a reader can tell this colour from the ground it is printed on."""
    return contrast(colour, ground) >= _FAINT
