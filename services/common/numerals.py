"""Reads numbers as protocols write them: `int` and `isdigit` also take the digits of every other script."""

import re

_DIGITS = re.compile(r"[0-9]+")


def natural(text: str, digits: int = 18) -> int | None:
    """The number that ASCII digits alone write; None where there are others, none, or more than `digits`."""
    return int(text) if len(text) <= digits and _DIGITS.fullmatch(text) else None
