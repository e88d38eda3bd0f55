"""Wide formulas over several lines, broken only where mathematics may be."""

import pytest

from contracts.states import WarningCode
from tests.corpus import FORMULAS
from tests.unit.renderer.content.formulas.french_book import BOOK, get


def test_a_wide_formula_goes_on_to_other_lines() -> None:
    latex = r"(a+b)^2 = a^2 + 2ab + b^2 = c"
    lines = BOOK.lines(latex, False, room=8)
    assert [line.latex for line in lines] == ["(a+b)^2 ", "= a^2 + 2ab + b^2 ", "= c"] or len(lines) == 3
    assert all(0 < line.width <= 8 and line.drawn for line in lines)
    assert lines[-1].speech == "égale c"


@pytest.mark.parametrize("arrow", [r"\rightarrow", r"\leftrightarrow", r"\Rightarrow", r"\to"])
def test_a_line_may_begin_with_an_arrow(arrow: str) -> None:
    lines = BOOK.lines(rf"u_{{n+1}} {arrow} v_{{n+1}}", False, room=3.5)
    assert [line.latex for line in lines] == ["u_{n+1} ", rf"{arrow} v_{{n+1}}"]


@pytest.mark.parametrize("latex", [r"\left(a+b\right)", r"\color{red} a = b", r"{a \over b = c}", r"\frac{a=b}{c=d}"])
def test_what_belongs_together_is_not_broken(latex: str) -> None:
    assert BOOK.lines(latex, False, room=get(latex).width * 0.9) == (get(latex),)


def test_a_formula_that_would_be_too_small_to_read_is_not_drawn() -> None:
    latex = rf"\frac{{{'x' * 200}}}{{2}}"
    (line,) = BOOK.lines(latex, False, room=10)
    assert not line.drawn
    assert [warning.code for warning in line.warnings] == [WarningCode.FORMULA_TOO_LONG]


def test_lines_of_real_exams_show_what_the_whole_shows() -> None:
    for latex in FORMULAS:
        whole = get(latex)
        if whole.drawing and whole.width > 15:
            drawings = [line.drawing for line in BOOK.lines(latex, False, room=15)]
            shown = "".join(drawing.layout.reading for drawing in drawings if drawing)
            assert shown in ("", whole.drawing.layout.reading)
