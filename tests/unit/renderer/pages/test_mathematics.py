"""Formulas as HTML: images under keys of ours, in the lines that a width asks for, or their source."""

import re

import pytest

from contracts.graded_exam import MathSegment, TableSegment, TextSegment
from contracts.states import WarningCode
from services.renderer.limits import Limits
from services.renderer.pages.fragments import LINE_WIDTH
from services.renderer.pages.mathematics import DEPTH_CLASSES
from services.renderer.pages.resources import FORMULA_ALT
from tests.unit.renderer.pages.fragments import fragments_of, html, read

SUM = "+".join(f"x_{{{index}}}" for index in range(60))


def test_a_formula_is_an_image_of_ours() -> None:
    fragments = fragments_of()
    markup = str(fragments.content("Soit $x$ et $x$ et $y$"))
    assert markup.count('src="math:0"') == 2
    assert markup.count('src="math:1"') == 1
    assert list(fragments.resources.formulas) == ["0", "1"]
    assert FORMULA_ALT in markup


def test_depths_are_classes_of_the_sheet() -> None:
    depths = [int(found) for found in re.findall(r'class="d(\d+)"', html("$\\frac12$ et $x_1$"))]
    assert len(depths) == 2
    assert all(0 < depth <= DEPTH_CLASSES for depth in depths)


def test_a_formula_wider_than_the_page_is_printed_as_written_too() -> None:
    fragments = fragments_of()
    latex = r"\overline{" + "+".join(f"x_{{{index}}}" for index in range(100)) + "}"
    assert latex in read(str(fragments.content(f"${latex}$")))
    assert [warning.code for warning in fragments.resources.warnings.values()] == [WarningCode.FORMULA_TOO_LONG]


def test_a_wide_formula_goes_on_to_more_lines() -> None:
    fragments = fragments_of()
    inline, display = str(fragments.content(f"Soit (${SUM}$).")), str(fragments.content(f"$${SUM}$$"))
    for markup in (inline, display):
        assert markup.count("<img") > 2
        assert "src" not in re.findall(r'class="(\w+)"', markup)
    assert display.count('<p class="math">') == display.count("<img")
    assert inline.startswith('<p>Soit <span class="n">(<img')
    assert inline.endswith("/>).</span></p>")
    assert all(formula.width <= LINE_WIDTH for formula in fragments.resources.formulas.values())
    assert not fragments.resources.warnings


def test_a_formula_takes_the_lines_of_its_cell() -> None:
    fragments = fragments_of()
    cells = tuple((TextSegment(text="x"),) for _ in range(3))
    fragments.content((TableSegment(rows=(cells, ((MathSegment(latex=SUM),), *cells[1:]))),))
    assert len(fragments.resources.formulas) > 5
    assert all(formula.width <= LINE_WIDTH / 3 for formula in fragments.resources.formulas.values())


@pytest.mark.parametrize("content", ["$x$ puis $y$, $z$ et $x$", "$$x$$ $$y$$ $$z$$ $$x$$"])
def test_beyond_the_limit_a_formula_is_printed_as_written_with_a_warning(content: str) -> None:
    fragments = fragments_of(Limits(formulas_per_copy=2))
    markup = str(fragments.at("Question 3").content(content))
    assert re.findall(r'src="math:(\d)"', markup) == ["0", "1", "0"]
    assert markup.count('<code class="src">z</code>') == 1
    (warning,) = fragments.resources.warnings.values()
    assert warning.code is WarningCode.FORMULA_NOT_DRAWN
    assert warning.message.startswith("Question 3\u00a0: trop de formules dans cette copie")


def rows(count: int) -> str:
    return r"\begin{array}{rcl}" + r" \\ ".join(f"x_{{{row}}} & = & {row}" for row in range(count)) + r"\end{array}"


def test_a_high_formula_stands_by_itself() -> None:
    """On a line between words it would reach over the foot of the page."""
    fragments = fragments_of()
    markup = str(fragments.content(f"Avant ${rows(30)}$ après $\\rule[-800pt]{{2pt}}{{10pt}}$."))
    assert re.findall(r'class="(tall|d\d+)"', markup) == ["tall", "tall"]
    assert not fragments.resources.warnings


def test_a_formula_higher_than_the_page_is_printed_as_written_too() -> None:
    fragments = fragments_of()
    markup = str(fragments.content(f"${rows(95)}$"))
    assert rows(95) in read(markup)
    assert "<img" in markup
    [warning] = fragments.resources.warnings.values()
    assert (warning.code, "haute" in warning.message) == (WarningCode.FORMULA_TOO_LONG, True)
