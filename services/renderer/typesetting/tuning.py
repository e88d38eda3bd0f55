"""Caches and shortcuts patched into WeasyPrint, for the whole process; its output stays byte-identical.

WeasyPrint is made for one long document; here thousands of short ones are set in the same few styles. So a style's
lengths, line height and text layout are calculated once a style; a text's layout is kept from line breaking until it is
drawn; elements are read by a parser that only our own well-formed templates allow; and the user agent style sheet holds
only what the templates use. `tests/component/renderer/typesetting/test_tuning.py` compares the output byte by byte.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar
from xml.etree import ElementTree

import cssselect2
from weasyprint import CSS, HTML, css
from weasyprint.css.computed_values import PHYSICAL_FUNCTIONS
from weasyprint.css.counters import CounterStyle
from weasyprint.css.functions import check_math
from weasyprint.css.properties import INHERITED, INITIAL_NOT_COMPUTED, INITIAL_VALUES
from weasyprint.formatting_structure.boxes import Box, PageBox
from weasyprint.layout import absolute, block, column, grid, inline, page, percent, table
from weasyprint.layout import float as floats
from weasyprint.text import line_break
from weasyprint.text.ffi import ffi, gobject, pango
from weasyprint.urls import URLFetcher

LAYOUTS_KEPT = 3_000
"""Texts of one document whose layouts are kept until they are drawn: some forty pages. The rest are laid out again."""

_PARAGRAPH_ENDS = frozenset("\n\r\u2028\u2029")
_ACROSS = (
    *(f"{kind}_{side}" for kind in ("margin", "padding") for side in ("left", "right", "top", "bottom")),
    "width",
    "min_width",
    "max_width",
)
_UP = ("height", "min_height", "max_height")
_BORDERS = tuple(f"border_{side}_width" for side in ("top", "right", "bottom", "left"))

_LOGICAL = frozenset(
    logical(block="ttb", inline=inline) for logical in PHYSICAL_FUNCTIONS.values() for inline in ("ltr", "rtl")
)
_PLAIN = frozenset(
    name
    for name in INITIAL_VALUES
    if name not in ("position", "float", "display", "page") and not name.startswith(("text_decoration_", "__"))
)
"""Properties that, where no rule names them, are the parent's or the initial value and nothing else."""

ffi.cdef("PangoLayout * pango_layout_copy (PangoLayout *src);")


class Source(HTML):  # type: ignore[misc]  # the library ships no types
    """A document parsed as XML: well-formed, made of the elements that `elements.css` knows."""

    def __init__(self, markup: str, fetcher: URLFetcher) -> None:
        """Raises `ParseError` where the markup is not well-formed."""
        # Everything that someone wrote is escaped in it: there is no declaration but ours.
        root = ElementTree.fromstring(markup)  # noqa: S314
        self.base_url, self.url_fetcher, self.media_type = None, fetcher, "print"
        self.wrapper_element = cssselect2.ElementWrapper.from_html_root(root, content_language=None)
        self.etree_element = root

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:
        return [_elements()[0]]

    def _ua_counter_style(self) -> list[CounterStyle]:
        return [_elements()[1].copy()]


@cache
def _elements() -> tuple[CSS, CounterStyle]:
    source = files(__package__).joinpath("elements.css").read_text(encoding="utf-8")
    counters = CounterStyle()
    return CSS(string=source, counter_style=counters), counters


class Layout(line_break.Layout):  # type: ignore[misc]
    """A Pango layout that is kept until its text is drawn, copied from the layout that all texts of a style share."""

    _may_keep: ClassVar[int] = 0

    @classmethod
    @contextmanager
    def kept(cls) -> Iterator[None]:
        """Keep up to `LAYOUTS_KEPT` layouts of the one document that is laid out and drawn in the block."""
        cls._may_keep = LAYOUTS_KEPT
        try:
            yield
        finally:
            cls._may_keep = 0

    def setup(self, style: Any) -> None:
        """Copy the layout that this style's texts share; the first text of a style makes it."""
        shared = style.__dict__.get("text_layout")
        if shared is None:
            super().setup(style)
            shared = style.text_layout = dict(self.__dict__)
        else:
            self.__dict__.update(shared)
        self.layout = ffi.gc(pango.pango_layout_copy(shared["layout"]), gobject.g_object_unref)
        self.style = style
        self.first_line_direction = 0

    def set_text(self, text: str, justify: bool = False) -> None:
        """Set the text, in single paragraph mode where it is one: the engine asks for that when it draws."""
        pango.pango_layout_set_single_paragraph_mode(self.layout, _PARAGRAPH_ENDS.isdisjoint(text))
        super().set_text(text, justify)

    def deactivate(self) -> None:
        """Keep the layout instead of freeing it, unless very many are kept or it must be spaced again."""
        if Layout._may_keep > 0 and not self.justification_spacing:
            Layout._may_keep -= 1
        else:
            super().deactivate()

    def reactivate(self, style: Any) -> None:
        """Make the layout again where it was not kept."""
        if "layout" not in self.__dict__:
            super().reactivate(style)


def _missing(style: Any, key: str) -> Any:
    """`ComputedStyle.__missing__`: a property's computed value, taken at once where no rule names the property."""
    if key in _PLAIN and key not in style.cascaded and not _logical(style):
        if key not in INHERITED:
            if key not in INITIAL_NOT_COMPUTED:
                value = style[key] = INITIAL_VALUES[key]
                return value
        elif style.parent_style is not None and not check_math(style.parent_style[key]):
            value = style[key] = style.parent_style[key]
            return value
    return _original["missing"](style, key)


def _logical(style: Any) -> bool:
    """Whether a rule names a side by the direction of the text, such as `margin-inline-start`."""
    known = style.__dict__.get("logical")
    if known is None:
        known = style.logical = not _LOGICAL.isdisjoint(style.cascaded)
    return bool(known)


def _strut(style: Any) -> tuple[float, float]:
    """`strut`, the height and baseline of a style's lines, calculated once a style."""
    known = style.__dict__.get("line_strut")
    if known is None:
        known = style.line_strut = _original["strut"](style)
    result: tuple[float, float] = known
    return result


def _resolve_percentages(box: Any, containing_block: Any) -> None:
    """`resolve_percentages`: set a box's lengths, from what was calculated once for its style."""
    style = box.style
    known = style.__dict__.get("lengths")
    if known is None:
        known = style.lengths = _lengths(style)
    if not known or isinstance(box, PageBox):
        _original["resolve_percentages"](box, containing_block)
        return
    fixed, relative = known
    box.__dict__.update(fixed)
    if relative:
        width = containing_block.width if isinstance(containing_block, Box) else containing_block[0]
        for name, share in relative:
            setattr(box, name, width * share / 100)


def _lengths(style: Any) -> tuple[dict[str, Any], tuple[tuple[str, float], ...]] | tuple[()]:
    """A style's lengths in pixels and its percentages of the containing width; empty where there is anything else."""
    if style["box_sizing"] != "content-box" or style["border_collapse"] == "collapse":
        return ()
    fixed: dict[str, Any] = {name: style[name] for name in _BORDERS}
    relative = []
    for name in (*_ACROSS, *_UP):
        value = style[name]
        if value == "auto":
            fixed[name] = 0 if name in ("min_width", "min_height") else "auto"
        elif getattr(value, "unit", None) == "px":
            fixed[name] = value.value
        elif getattr(value, "unit", None) == "%" and name in _ACROSS:
            relative.append((name, value.value))
        else:
            return ()
    return fixed, tuple(relative)


_original: dict[str, Callable[..., Any]] = {}


@cache
def install() -> None:
    """Patch WeasyPrint, once a process."""
    _original["strut"] = line_break.strut
    _original["resolve_percentages"] = percent.resolve_percentages
    _original["missing"] = css.ComputedStyle.__missing__
    css.ComputedStyle.__missing__ = _missing
    line_break.Layout = Layout
    for module in (line_break, inline):
        module.strut = _strut
    for module in (absolute, block, column, floats, grid, inline, page, percent, table):
        module.resolve_percentages = _resolve_percentages
