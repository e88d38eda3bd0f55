"""500 formulas of real exams are drawn as they were: any other version of mathra, or a successor, has to pass this."""

import json
from typing import Any

from dev.golden import formulas

LARGEST_CHANGE = 0.02
"""Of a size, in em: less than a thin space, so that nobody sees it."""


def kept() -> list[list[Any]]:
    """The corpus as it is committed."""
    return [json.loads(line) for line in formulas.CORPUS.read_text(encoding="utf-8").splitlines()]


def test_every_formula_has_its_signs_its_size_and_its_warnings() -> None:
    before, now = kept(), list(formulas.drawings())
    assert len(before) == 500
    assert [line[:2] + line[5:] for line in now] == [line[:2] + line[5:] for line in before]
    changed = [
        (old, new)
        for old, new in zip(before, now, strict=True)
        if any(abs(new[place] - old[place]) > LARGEST_CHANGE for place in (2, 3, 4))
    ]
    assert changed == []


def test_nearly_all_of_it_is_drawn_without_a_warning() -> None:
    assert sum(line[1] is not None and not line[-1] for line in kept()) >= 495
