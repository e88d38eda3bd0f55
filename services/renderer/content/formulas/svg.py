"""A formula as a picture that stands alone, for graphs, previews and `correcta-render formulas`."""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from services.renderer.content.formulas import glyphs
from services.renderer.content.formulas.colours import channels
from services.renderer.content.formulas.layout import Layout
from services.renderer.content.formulas.shapes import Bar, Glyph, Mark, Stroke


def svg(layout: Layout, speech: str) -> str:
    """The layout as SVG sized in em, its baseline in `vertical-align`, its speech as title; no ids, no scripts."""
    box = f"{_n(layout.left)} {_n(layout.depth - layout.height)} {_n(layout.width)} {_n(layout.height)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{layout.width / 1000:.3f}em" '
        f'height="{layout.height / 1000:.3f}em" style="vertical-align:{-layout.depth / 1000:.3f}em" role="img">'
        f"<title>{escape(speech)}</title>"
        f'<g fill="currentColor" transform="scale(1,-1)">{"".join(_elements(layout.marks))}</g></svg>'
    )


def _elements(marks: tuple[Mark, ...]) -> Iterator[str]:
    for mark in marks:
        fill = _fill(mark.ink)
        match mark:
            case Glyph():
                place = f"translate({_n(mark.x)} {_n(mark.y)})" + (f" scale({mark.scale:g})" if mark.scale != 1 else "")
                yield f'<path transform="{place}" d="{glyphs.outline(mark.number).path}"{fill}/>'
            case Bar():
                width, height = _n(mark.width), _n(mark.height)
                yield f'<rect x="{_n(mark.x)}" y="{_n(mark.y)}" width="{width}" height="{height}"{fill}/>'
            case Stroke():
                ends = f'x1="{_n(mark.x1)}" y1="{_n(mark.y1)}" x2="{_n(mark.x2)}" y2="{_n(mark.y2)}"'
                ink = fill.replace("fill", "stroke") or ' stroke="currentColor"'
                yield f'<line {ends} stroke-width="{_n(mark.thickness)}"{ink}/>'


def _fill(ink: str | None) -> str:
    colour = channels(ink) if ink else None
    if colour is None:
        return ""
    return ' fill="#' + "".join(f"{round(value * 255):02x}" for value in colour) + '"'


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
