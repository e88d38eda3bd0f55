"""What a segment refers to, under addresses of ours."""

from services.renderer.pages.resources import Resources
from tests.unit.renderer.pages.fragments import BOOK


def test_the_same_file_has_one_address() -> None:
    resources = Resources()
    assert resources.add_file("image/png", b"a") == resources.add_file("image/png", b"a")
    assert resources.add_file("image/png", b"b") != resources.add_file("image/png", b"a")


def test_the_same_formula_has_one_key_for_each_style() -> None:
    resources = Resources()
    keys = [resources.add_formula(BOOK.get("x", display)) for display in (False, True, False)]
    assert keys == ["0", "1", "0"]
    assert list(resources.formulas) == ["0", "1"]
    assert resources.has_formula("x", True)
    assert not resources.has_formula("y", True)
