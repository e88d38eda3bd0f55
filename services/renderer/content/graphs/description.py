"""The alternative text of a graph: its axes, then its parts in drawing order. Never LaTeX source."""

import re
from collections.abc import Iterator
from itertools import islice

from services.renderer.content.formulas import FormulaBook
from services.renderer.content.graphs.expressions.functions import FUNCTION_NAMES
from services.renderer.content.graphs.geometry import Geometry, shifts
from services.renderer.content.graphs.labels import readable, spoken
from services.renderer.content.graphs.plane import Plane, Point
from services.renderer.content.graphs.stored import Element, Elements
from services.renderer.content.graphs.ticks import number
from services.renderer.language.document_words import AreaWords
from services.renderer.language.words import Words

MOST = 40
"""Parts that are described; the others are counted."""

LONGEST = 240
"""Characters of a part's name, text or expression."""

_NAMES = re.compile(r"(?<![\\A-Za-z])(" + "|".join(sorted(FUNCTION_NAMES - {"√", "∛"}, key=len, reverse=True)) + r")\b")
_KNOWN_TO_LATEX = frozenset("sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh exp ln log min max".split())  # noqa: SIM905


class Describer:
    """Describes one graph."""

    def __init__(self, plane: Plane, geometry: Geometry, book: FormulaBook, words: Words) -> None:
        self._plane = plane
        self._geometry = geometry
        self._book = book
        self._decimal_sign = words.decimal_sign
        self._words = words.graphs

    def describe(self, elements: Elements, axis_names: tuple[str, str]) -> str:
        """The description of the graph: a sentence for the axes and one for each part."""
        parts = list(islice(self._parts(elements), MOST))
        if elements.count > MOST:
            parts.append(self._words.more.format(count=elements.count - MOST))
        sentences = [self._axes(axis_names), *(parts or [self._words.nothing])]
        return ". ".join(sentence[0].upper() + sentence[1:] for sentence in sentences) + "."

    def _axes(self, names: tuple[str, str]) -> str:
        plane = self._plane
        ranges = {name: self._number(getattr(plane, name)) for name in ("x_min", "x_max", "y_min", "y_max")}
        text = self._words.axes.format(**ranges)
        if any(names):
            text += ", " + self._words.named_axes.format(x=_short(names[0]) or "x", y=_short(names[1]) or "y")
        return text

    def _parts(self, elements: Elements) -> Iterator[str]:
        said = self._words
        for element in filter(self._geometry.function, elements.functions):
            yield said.function.format(name=self._name(element), expression=self._expression(element))
        for element in elements.lines:
            kind = str(element.raw.get("kind"))
            template = {"line": said.line, "ray": said.ray}.get(kind, said.segment)
            yield self._between(template, element)
        for element in elements.curves:
            yield self._between(said.curve, element)
        for element in elements.points:
            yield said.point.format(name=self._name(element), at=self._at(self._geometry.point(element)))
        for element in elements.areas:
            yield said.area.format(name=self._name(element), mode=_bounds(element.raw.get("mode"), said.areas))
        for element in elements.texts:
            if element.label.runs:
                yield said.text.format(text=_short(spoken(element.label.runs, self._book)))

    def _between(self, template: str, element: Element) -> str:
        start, end = self._geometry.ends(element)
        return template.format(name=self._name(element), start=self._at(start), end=self._at(end))

    def _name(self, element: Element) -> str:
        name = _short(spoken(element.label.runs, self._book))
        return self._words.named.format(name=name) if name else ""

    def _at(self, point: Point) -> str:
        return self._words.pair.format(x=self._number(point[0]), y=self._number(point[1]))

    def _number(self, value: float) -> str:
        return number(value, self._decimal_sign)

    def _expression(self, element: Element) -> str:
        """A function's typed expression in words, read as LaTeX, with its offsets and scale."""
        typed = element.raw.get("expression")
        typed = typed if isinstance(typed, str) else ""
        formula = self._book.get(as_latex(typed), False)
        speech = _short(formula.speech if formula.drawn else readable(typed.replace("\\", "")))
        right, up, scale = shifts(element)
        if (right, up, scale) != (0.0, 0.0, 1.0):
            numbers = {"right": right, "up": up, "scale": scale}
            speech += self._words.shifted.format(**{name: self._number(value) for name, value in numbers.items()})
        return speech


def _bounds(mode: object, words: AreaWords) -> str:
    """What bounds an area; a mode that Correcta does not have is drawn as a polygon, and called so."""
    match mode:
        case "under-function":
            return words.under_function
        case "between-functions":
            return words.between_functions
        case "between-line-and-function":
            return words.between_line_and_function
        case "bounded-region":
            return words.bounded_region
        case _:
            return words.polygon


def _short(text: str) -> str:
    """The text, cut at a word where it is longer than `LONGEST`."""
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + "…"


def as_latex(typed: str) -> str:
    """A typed expression as LaTeX that reads the same: grouped exponents, roots and function names."""
    text = typed.strip()[:500].replace("**", "^")
    text = re.sub(r"(?<!\\)\bsqrt\s*\(|√\s*\(", "\0(", text)
    text = _grouped(_grouped(text, "\0", "\\sqrt"), "^", "^")
    text = re.sub(r"\^(-?\d+(?:[.,]\d+)?|-[A-Za-z])", r"^{\1}", text)
    text = re.sub(r"√\s*([A-Za-z0-9])", r"\\sqrt{\1}", text)
    text = _NAMES.sub(lambda found: f"\\{found[1]} " if found[1] in _KNOWN_TO_LATEX else found[1], text)
    return text.replace("*", "\\times ")


def _grouped(text: str, mark: str, command: str) -> str:
    """The text with `mark(...)` as `command{...}` wherever the bracket is closed."""
    position = text.find(mark + "(")
    while position >= 0:
        end = _closing(text, position + 1)
        if end < 0:
            break
        text = f"{text[:position]}{command}{{{text[position + 2 : end]}}}{text[end + 1 :]}"
        position = text.find(mark + "(", position + len(command))
    return text.replace("\0", "\\sqrt ") if mark == "\0" else text


def _closing(text: str, opening: int) -> int:
    depth = 0
    for index in range(opening, len(text)):
        depth += (text[index] == "(") - (text[index] == ")")
        if depth == 0:
            return index
    return -1
