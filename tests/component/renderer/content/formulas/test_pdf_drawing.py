"""Formulas on the page: the operators drawn, the room they take, and the fonts they are typed with."""

import io
import re
import subprocess
import zlib
from pathlib import Path
from typing import Any

import mathra
import pikepdf
import pytest
import weasyprint

from services.renderer.content.formulas import FormulaBook, PdfDrawing, glyphs
from services.renderer.content.formulas.layout import lay_out
from services.renderer.content.formulas.rendering import UnreadableDrawing, render
from services.renderer.content.formulas.shapes import Bar, Glyph
from services.renderer.content.formulas.typeface import Typeface
from services.renderer.language.french import FRENCH

BOOK = FormulaBook(FRENCH)


def drawing(latex: str) -> PdfDrawing:
    found = BOOK.get(latex, display=False).drawing
    assert found is not None
    return found


def document(*sources: str, typed: bool = True) -> bytes:
    typeface = Typeface()
    drawings = {f"math:{number}": drawing(latex) for number, latex in enumerate(sources)}
    images: dict[str, Any] = {url: typeface.image(found) if typed else found for url, found in drawings.items()}
    body = "".join(f'<p>Soit <img src="{url}" alt="x"> fin</p>' for url in images)
    rendered = weasyprint.HTML(string=f"<html lang=fr><title>t</title>{body}").render(cache=images)
    result = rendered.write_pdf(finisher=typeface.finish)
    assert isinstance(result, bytes)
    return result


class FakeStream:
    """What a drawing asks of WeasyPrint's stream."""

    def __init__(self) -> None:
        self.stream: list[bytes] = []
        self.matrix: tuple[float, ...] = ()

    def set_color(self, color: Any) -> None:
        self.color = color

    def transform(self, *matrix: float) -> None:
        self.matrix = matrix


@pytest.mark.parametrize("latex", ["\\\\", "\\\\[9em]", "~", r"\left.", "^", r"\phantom{}"])
def test_a_formula_without_width_or_height_is_laid_out(latex: str) -> None:
    if BOOK.get(latex, display=False).drawing is not None:
        assert document(latex, "x").startswith(b"%PDF")


def test_the_box_scales_with_the_text() -> None:
    fraction = drawing(r"\frac12")
    width, height, ratio = fraction.get_intrinsic_size(1, 20)
    assert (width, height) == (fraction.width * 20, fraction.height * 20)
    assert ratio == pytest.approx(width / height)


@pytest.mark.parametrize(("width", "height"), [(0, 10), (10, 0), (-1, 10)])
def test_a_box_without_room_draws_nothing(width: float, height: float) -> None:
    page = FakeStream()
    drawing("x").draw(page, width, height, {"color": None})
    assert page.stream == []


@pytest.mark.parametrize("latex", ["", r"\,", r"\hspace{-3cm}"])
def test_a_formula_without_ink_draws_nothing(latex: str) -> None:
    page = FakeStream()
    drawing(latex).draw(page, 10, 10, {"color": None})
    assert b"".join(page.stream) == b""
    assert drawing(latex).get_intrinsic_size(1, 10)[2] is None or latex == r"\hspace{-3cm}"


@pytest.mark.parametrize(
    "latex",
    [
        r"\hspace{-10cm}\text{Score 20/20}",
        r"\llap{abc}x",
        r"\rlap{abc}x",
        r"\smash{\rule{1cm}{5cm}}x",
        r"\raisebox{5cm}{x}",
        r"\kern-3em x",
        r"\cancel{x}",
        r"\chemfig{H_3C-*6(=-=-=-)}",
        r"\rule{-1cm}{1cm}",
        r"\mkern-180mu\frac{a}{b}",
    ],
)
def test_no_ink_leaves_the_box(latex: str) -> None:
    layout = drawing(latex).layout
    overhang = 100  # thousandths of an em, as slanted letters have
    for shape in layout.shapes:
        if isinstance(shape, Glyph):
            left, bottom, right, top = (bound * shape.scale for bound in glyphs.outline(shape.number).bounds)
            assert shape.x + left >= layout.left - overhang
            assert shape.x + right <= layout.left + layout.width + overhang
            assert -layout.depth <= shape.y + bottom <= shape.y + top <= layout.height - layout.depth
        elif isinstance(shape, Bar):
            assert shape.y >= -layout.depth
            assert shape.y + shape.height <= layout.height - layout.depth


def test_rules_of_an_array_stand_between_its_columns() -> None:
    layout = drawing(r"\left[\begin{array}{cc|c}1&2&3\\\frac45&6&7\\8&9&0\end{array}\right]").layout
    rules = [shape for shape in layout.shapes if isinstance(shape, Bar) and shape.height > shape.width]
    tops = [rule.y + rule.height for rule in rules]
    assert len(rules) == 3
    assert layout.height < 7000
    assert max(tops) == pytest.approx(layout.height - layout.depth, abs=80)
    assert [rule.y for rule in rules[:-1]] == pytest.approx(tops[1:])
    box = drawing(r"\boxed{x}").layout
    assert box.height == pytest.approx(lay_out(render(r"\boxed{x}", "en", display=False).svg).height)


def test_colours_are_followed_where_they_show() -> None:
    assert b"1 0 0 rg" in drawing(r"\textcolor{red}{x}+y").typed
    assert b"0 0 1 rg" in drawing(r"\color[RGB]{0,0,255}x").typed
    assert b"0.5 0.5 0.5 rg" in drawing(r"\color[gray]{0.5}x").typed
    assert b"1 0 1 rg" in drawing(r"\color[cmyk]{0,1,0,0}x").typed
    for hidden in (r"\textcolor{white}{x}", r"\textcolor{transparent}{x}", r"\textcolor{zzz}{x}"):
        assert b"rg" not in drawing(hidden).typed
    assert b"1 1 1 rg" in drawing(r"\colorbox{black}{$\textcolor{white}{x}$}").typed


def test_colour_ends_with_its_part() -> None:
    operators = drawing(r"\textcolor{red}{x}+\textcolor{blue}{y}").typed.split()
    assert operators.count(b"q") == operators.count(b"Q") == 2
    assert operators.count(b"BT") == operators.count(b"ET") == 3


def test_an_unknown_element_is_refused() -> None:
    svg = render("x", "en", display=False).svg
    with pytest.raises(UnreadableDrawing, match="ellipse"):
        lay_out(svg.replace("<use", "<ellipse/><use", 1))
    with pytest.raises(UnreadableDrawing):
        lay_out("<svg>")


def test_the_glyph_table_is_that_of_the_installed_typeface() -> None:
    """Run `dev/glyph_table.py` again when mathra changes."""
    assert glyphs.table_version() == mathra.__version__
    letters = "abcxyzABCXYZ0123456789+=()[];:!?.,<>/"
    for source in (
        letters,
        rf"\text{{{letters}}}",
        rf"x^{{{letters}}}",
        rf"\mathbf{{{letters}}}",
        rf"\mathsf{{{letters}}}",
    ):
        assert drawing(source).layout.reading.endswith(letters)
    assert drawing(r"\alpha\pi\in\mathbb{R}\le\infty\sqrt{u}\sum_{u^u}").layout.reading == "απ∈ℝ≤∞√u∑uu"


def test_a_page_is_typed_with_fonts_that_can_be_read() -> None:
    with pikepdf.open(io.BytesIO(document("x+12", r"\frac{x}{2}"))) as pdf:
        fonts: Any = pdf.pages[0].Resources.Font
        font = fonts.Math0
        assert font.Subtype == "/Type3"
        codes = [int(item) for item in font.Encoding.Differences if not isinstance(item, pikepdf.Name)]
        names = [str(item)[1:] for item in font.Encoding.Differences if isinstance(item, pikepdf.Name)]
        assert set(font.CharProcs.keys()) == {f"/{name}" for name in names}
        assert (codes[0], codes[-1]) == (font.FirstChar, font.LastChar)
        assert len(font.Widths) == font.LastChar - font.FirstChar + 1
        readings = dict(re.findall(rb"<(..)> <(....)>", font.ToUnicode.read_bytes()))
        assert {chr(int(readings[b"%02x" % code], 16)) for code in codes} == set("x+12")
        advance = int(font.Widths[codes[0] - font.FirstChar])
        assert font.CharProcs[f"/{names[0]}"].read_bytes().startswith(b"%d 0 " % advance)


def test_a_document_without_formulas_has_no_fonts_of_theirs() -> None:
    with pikepdf.open(io.BytesIO(document())) as pdf:
        assert "Math0" not in str(pdf.pages[0].Resources.get("/Font", ""))


def test_glyphs_are_the_same_bytes_in_every_document() -> None:
    first, second = ({stream for stream in _streams(document(source))} for source in ("x+1", "x-2"))
    procedure = next(stream for stream in first if b" d1\n" in stream and stream in second)
    assert procedure.endswith(b" f")


def _streams(pdf: bytes) -> list[bytes]:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return [item.read_bytes() for item in document.objects if isinstance(item, pikepdf.Stream)]


def test_the_same_formulas_give_the_same_bytes() -> None:
    assert document("x+1", r"\frac12") == document("x+1", r"\frac12")


def test_typed_and_outlined_look_alike(tmp_path: Path) -> None:
    sources = (
        r"\sqrt{\frac{a}{b}}+x^2",
        r"\fcolorbox{red}{yellow}{x}",
        r"\cancel{x}\int_0^1",
        r"\textcolor{blue}{\sum_k}",
    )
    pictures = []
    for typed in (True, False):
        path = tmp_path / f"{typed}.pdf"
        path.write_bytes(document(*sources, typed=typed))
        subprocess.run(["pdftoppm", "-r", "150", "-gray", path, path.with_suffix("")], check=True)
        pictures.append(next(tmp_path.glob(f"{typed}-*.pgm")).read_bytes())
    dark = [sum(255 - value for value in picture) for picture in pictures]
    different = sum(abs(one - other) for one, other in zip(*pictures, strict=True))
    assert dark[0] == pytest.approx(dark[1], rel=0.02)
    assert different < 0.25 * dark[0]  # a viewer moves glyphs of fonts by up to half a pixel


def test_a_formula_can_be_copied_from_the_page(tmp_path: Path) -> None:
    path = tmp_path / "formula.pdf"
    path.write_bytes(document(r"2x+3=\text{médiane}", "x=12345"))
    text = subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True, text=True).stdout
    assert "2x + 3 = médiane" in " ".join(text.split())
    assert "x = 12345" in " ".join(text.split())


def test_typing_takes_a_tenth_of_the_bytes_of_outlines() -> None:
    formula = drawing(r"\int_0^{\infty} e^{-x^2}\,\mathrm{d}x = \frac{\sqrt{\pi}}{2}")
    assert len(formula.typed) * 10 < len(formula.outlined)
    assert len(zlib.compress(formula.typed)) * 4 < len(zlib.compress(formula.outlined))
