"""Content as HTML: every character there once, formulas with their punctuation, pictures under our own addresses."""

import re
from html import unescape
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.graded_exam import ImageSegment, MathSegment, TableSegment, TextSegment
from contracts.states import WarningCode
from services.renderer.content.blocks import LineBreak, Math, Paragraph, Text
from services.renderer.content.formulas import FormulaBook
from services.renderer.images.problems import ImageProblem
from services.renderer.language.words import FR
from services.renderer.limits import Limits
from services.renderer.pages.fragments import CODE_COLUMNS, DEPTH_CLASSES, LINE, Fragments
from services.renderer.pages.resources import FORMULA_ALT, Resources
from tests.pdfs import a_png

BOOK = FormulaBook("fr", Limits())


def fragments(**pictures: bytes | ImageProblem) -> Fragments:
    return Fragments(BOOK, FR, Limits(), pictures, "att-1")


def html(content: object) -> str:
    return str(fragments().blocks(content))  # type: ignore[arg-type]


def read(markup: str) -> str:
    """The characters of some HTML, a formula as `§`."""
    return unescape(re.sub(r"<[^>]*>", "", re.sub(r"<img[^>]*>", "§", markup)))


def test_a_formula_is_an_image_of_ours() -> None:
    made = fragments()
    markup = str(made.blocks("Soit $x$ et $x$ et $y$"))
    assert markup.count('src="math:0"') == 2
    assert markup.count('src="math:1"') == 1
    assert list(made.resources.formulas) == ["0", "1"]
    assert FORMULA_ALT in markup


def test_punctuation_stays_with_its_formula() -> None:
    assert re.search(r'<span class="n">\(<img[^>]*/>\),</span> puis', html("Soit ($x$), puis"))


def test_depths_are_classes_of_the_sheet() -> None:
    depths = [int(found) for found in re.findall(r'class="d(\d+)"', html("$\\frac12$ et $x_1$"))]
    assert len(depths) == 2
    assert all(0 < depth <= DEPTH_CLASSES for depth in depths)


@given(
    st.lists(st.text(alphabet="ab 1.,;:!?()[]«»’'%°é", max_size=6), min_size=1, max_size=6),
    st.lists(st.sampled_from(["x", "y", "break"]), min_size=6, max_size=6),
)
def test_no_character_is_lost_or_doubled(texts: list[str], between: list[str]) -> None:
    inlines: list[Text | Math | LineBreak] = []
    expected = ""
    for text, kind in zip(texts, between, strict=False):
        inlines += [Text(text), LineBreak() if kind == "break" else Math(kind)]
        expected += text + ("" if kind == "break" else "§")
    made = fragments()
    assert read(str(made._blocks((Paragraph(tuple(inlines)),)))) == expected


@pytest.mark.parametrize(
    "content",
    [
        "<b>&amp;</b> \u202e \x00 \ufffe \ud800 'x' \"y\" $x<y$ $$a&b$$",
        (TableSegment(rows=(((TextSegment(text="<td>"),), ()), ((), ()))),),
        "a" * 3_000,
        "é\u0301\u0301\u0301\u0301\u0301\u0301",
    ],
)
def test_markup_is_well_formed(content: object) -> None:
    ElementTree.fromstring(f"<r>{html(content)}</r>")


def test_a_table_of_several_rows_has_a_head() -> None:
    rows = (((TextSegment(text="a"),),), ((TextSegment(text="b"),), (TextSegment(text="c"),)))
    markup = html((TableSegment(rows=rows, col_widths=(100.0, 300.0)),))
    assert '<thead><tr><th scope="col"><p>a</p></th><th scope="col"></th></tr></thead>' in markup
    assert '<col style="width:25.00%"/><col style="width:75.00%"/>' in markup


def test_an_image_stands_under_an_address_of_ours() -> None:
    markup = html((ImageSegment(url='https://x/"onload=', alt="Un schéma"),))
    assert "https://x" not in markup
    assert "Image non affichée" in markup
    assert "Un schéma" in markup


def test_a_problem_with_an_image_is_told() -> None:
    problem = ImageProblem(WarningCode.IMAGE_REFUSED, "elle est trop lourde.")
    made = fragments(u=problem)
    made.place = "Question 1.1"
    assert "elle est trop lourde." in str(made.blocks((ImageSegment(url="u"),)))
    (warning,) = made.resources.warnings.values()
    assert (warning.code, warning.submission_id) == (WarningCode.IMAGE_REFUSED, "att-1")
    assert warning.message == "Question 1.1\u00a0: elle est trop lourde."


def test_the_same_warning_is_given_once_a_place() -> None:
    made = fragments()
    for _ in range(3):
        made.blocks("\u202e")
    made.place = "Question 2"
    made.blocks("\u202e")
    assert len(made.resources.warnings) == 2


def test_the_same_file_has_one_address() -> None:
    resources = Resources()
    assert resources.add_file("image/png", b"a") == resources.add_file("image/png", b"a")
    assert resources.add_file("image/png", b"b") != resources.add_file("image/png", b"a")


def test_a_formula_wider_than_the_page_is_printed_as_written_too() -> None:
    made = fragments()
    latex = r"\overline{" + "+".join(f"x_{{{index}}}" for index in range(100)) + "}"
    assert latex in read(str(made.blocks(f"${latex}$")))
    assert [warning.code for warning in made.resources.warnings.values()] == [WarningCode.FORMULA_TOO_LONG]


SUM = "+".join(f"x_{{{index}}}" for index in range(60))


def test_a_wide_formula_goes_on_to_more_lines() -> None:
    made = fragments()
    inline, display = str(made.blocks(f"Soit (${SUM}$).")), str(made.blocks(f"$${SUM}$$"))
    for markup in (inline, display):
        assert markup.count("<img") > 2
        assert "src" not in re.findall(r'class="(\w+)"', markup)
    assert display.count('<p class="math">') == display.count("<img")
    assert inline.startswith('<p>Soit <span class="n">(<img')
    assert inline.endswith("/>).</span></p>")
    assert all(formula.width <= LINE for formula in made.resources.formulas.values())
    assert not made.resources.warnings


def test_a_formula_takes_the_lines_of_its_cell() -> None:
    made = fragments()
    cells = tuple((TextSegment(text="x"),) for _ in range(3))
    made.blocks((TableSegment(rows=(cells, ((MathSegment(latex=SUM),), *cells[1:]))),))
    assert len(made.resources.formulas) > 5
    assert all(formula.width <= LINE / 3 for formula in made.resources.formulas.values())


def test_a_long_row_may_go_on_to_another_page() -> None:
    long = (TextSegment(text="mot " * 500),)
    markup = html((TableSegment(rows=((long, ()), ((), ()))),))
    assert markup.count('<tr class="tall">') == 1


def test_a_table_of_many_columns_is_set_smaller() -> None:
    row = tuple((TextSegment(text="x"),) for _ in range(9))
    assert '<table class="t many">' in html((TableSegment(rows=(row,)),))
    assert '<table class="t">' in html((TableSegment(rows=(row[:8],)),))


def test_code_is_whole_and_its_long_lines_are_marked() -> None:
    program = "x = 1\n" + "y" * (CODE_COLUMNS + 5)
    rows = re.findall(r"<p>(.*?)</p>", str(fragments().code(program)))
    assert [unescape(re.sub(r"<[^>]*>", "", row)) for row in rows] == [
        "  1 x = 1",
        f"  2 {'y' * CODE_COLUMNS}",
        "  ↪ yyyyy",
    ]


def test_code_over_the_limit_is_cut_and_says_so() -> None:
    made = Fragments(BOOK, FR, Limits(answer_characters=10), {}, "att-1")
    markup = str(made.code("x" * 25))
    assert "x" * 10 in markup
    assert "x" * 11 not in markup
    assert "10/25" in markup
    assert [warning.code for warning in made.resources.warnings.values()] == [WarningCode.CONTENT_TRUNCATED]


def test_an_alternative_is_never_another_tag() -> None:
    markup = str(fragments(u=a_png()).blocks((ImageSegment(url="u", alt=f"{FORMULA_ALT}0 \ue000 oui"),)))
    assert FORMULA_ALT not in markup
    assert "oui" in markup


def test_a_heading_draws_its_formulas() -> None:
    assert re.fullmatch(r"Où <img[^>]*/> règne &lt;b&gt;", str(fragments().heading("Où $x$ règne <b>")))
    assert str(fragments().heading("$$x$$")) == "$$x$$"
