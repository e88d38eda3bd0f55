"""Contrast as WCAG defines it."""

import pytest

from services.renderer.content.contrast import contrast


def test_known_contrasts() -> None:
    assert contrast((0, 0, 0)) == pytest.approx(21)
    assert contrast((1, 1, 1)) == pytest.approx(1)
    assert contrast((0.4, 0.4, 0.4), (0, 0, 0)) == contrast((0, 0, 0), (0.4, 0.4, 0.4))


def test_a_contrast_of_the_standard() -> None:
    """#767676 on white is the palest grey of small text (4.54:1)."""
    assert contrast((0x76 / 255,) * 3) == pytest.approx(4.54, abs=0.005)
