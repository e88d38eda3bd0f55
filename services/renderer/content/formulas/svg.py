"""A formula's layout as a self-contained SVG, for graphs, previews and `correcta-render formulas`."""

from collections.abc import Iterator
from typing import assert_never
from xml.sax.saxutils import escape

from services.renderer.content.formulas import glyphs
from services.renderer.content.formulas.colours import channels
from services.renderer.content.formulas.layout import Layout
from services.renderer.content.formulas.shapes import Bar, Glyph, Shape, Stroke


def svg(layout: Layout, speech: str) -> str:
    """The layout as SVG sized in em, its baseline in `vertical-align`, its speech as title; no ids, no scripts."""
    box = f"{_n(layout.left)} {_n(layout.depth - layout.height)} {_n(layout.width)} {_n(layout.height)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{layout.width / 1000:.3f}em" '
        f'height="{layout.height / 1000:.3f}em" style="vertical-align:{-layout.depth / 1000:.3f}em" role="img">'
        f"<title>{escape(speech)}</title>"
        f'<g fill="currentColor" transform="scale(1,-1)">{"".join(_elements(layout.shapes))}</g></svg>'
    )


def _elements(shapes: tuple[Shape, ...]) -> Iterator[str]:
    for shape in shapes:
        fill = _fill(shape.ink)
        match shape:
            case Glyph():
                place = f"translate({_n(shape.x)} {_n(shape.y)})" + (
                    f" scale({shape.scale:g})" if shape.scale != 1 else ""
                )
                yield f'<path transform="{place}" d="{glyphs.outline(shape.number).path}"{fill}/>'
            case Bar():
                width, height = _n(shape.width), _n(shape.height)
                yield f'<rect x="{_n(shape.x)}" y="{_n(shape.y)}" width="{width}" height="{height}"{fill}/>'
            case Stroke():
                ends = f'x1="{_n(shape.x1)}" y1="{_n(shape.y1)}" x2="{_n(shape.x2)}" y2="{_n(shape.y2)}"'
                ink = fill.replace("fill", "stroke") or ' stroke="currentColor"'
                yield f'<line {ends} stroke-width="{_n(shape.thickness)}"{ink}/>'
            case _:
                assert_never(shape)


def _fill(ink: str | None) -> str:
    colour = channels(ink) if ink else None
    if colour is None:
        return ""
    return ' fill="#' + "".join(f"{round(value * 255):02x}" for value in colour) + '"'


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
