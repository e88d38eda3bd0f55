"""The colours of a report from the school's own colour: always dark enough to be read on white (WCAG 2.2, 1.4.3)."""

import re
from dataclasses import dataclass

from services.renderer.content.contrast import Rgb, contrast

DEFAULT_ACCENT = "#1d3c63"
READABLE = 5.5
"""Contrast with white that the accent keeps: above the 4.5 asked of small text, because school printers are pale."""

_COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


@dataclass(frozen=True, slots=True)
class Palette:
    """The accent for rules, headings and labels, and two washes of it for grounds."""

    accent: str
    wash: str
    line: str


def palette(color: str | None) -> Palette:
    """The palette made from a school's colour; the default one where it has none, or none that can be read."""
    wanted = (color or "").strip()
    rgb = _readable(_parsed(wanted if _COLOR.fullmatch(wanted) else DEFAULT_ACCENT))
    return Palette(accent=_hex(rgb), wash=_hex(_mixed(rgb, 0.06)), line=_hex(_mixed(rgb, 0.35)))


def _parsed(color: str) -> Rgb:
    digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:])
    red, green, blue = (int(digits[index : index + 2], 16) / 255 for index in (0, 2, 4))
    return red, green, blue


def _readable(rgb: Rgb) -> Rgb:
    while contrast(rgb) < READABLE:
        rgb = (rgb[0] * 0.92, rgb[1] * 0.92, rgb[2] * 0.92)
    return rgb


def _mixed(rgb: Rgb, share: float) -> Rgb:
    red, green, blue = (1 - share * (1 - channel) for channel in rgb)
    return red, green, blue


def _hex(rgb: Rgb) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in rgb)
