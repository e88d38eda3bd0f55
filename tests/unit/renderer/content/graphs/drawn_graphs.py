"""Draws graphs for tests and reads the SVG: elements, polylines, texts."""

import re
from typing import Any
from xml.etree import ElementTree

from contracts.graded_exam import GraphSegment
from contracts.options import Language
from services.renderer.content.formulas import FormulaBook
from services.renderer.content.graphs import DrawnGraph, draw_graph
from services.renderer.language.languages import words_in
from services.renderer.limits import Limits

LIMITS = Limits()
AXES = {"xMin": -5, "xMax": 5, "yMin": -5, "yMax": 5}
SVG = "{http://www.w3.org/2000/svg}"
FUNCTIONS = [{"id": "f", "expression": "4-x^2"}, {"id": "g", "expression": "x+2"}]


def coordinates(x: float, y: float) -> dict[str, Any]:
    """A stored pair of coordinates."""
    return {"type": "coord", "x": x, "y": y}


DIAGONAL = {"id": "d", "start": coordinates(-2, 0), "end": coordinates(1, 3), "kind": "line"}


def drawn(language: Language = Language.FR, limits: Limits = LIMITS, **graph: Any) -> DrawnGraph:
    """A graph of these stored parts on axes from -5 to 5, drawn."""
    values = {"axes": AXES, "width": 480, "height": 280} | graph
    words = words_in(language)
    return draw_graph(GraphSegment.model_validate(values), FormulaBook(words, limits), words, limits)


def nodes(drawing: DrawnGraph, name: str) -> list[ElementTree.Element]:
    """The elements of the SVG by name."""
    return list(ElementTree.fromstring(drawing.svg).iter(SVG + name))


def strokes(drawing: DrawnGraph, color: str) -> list[list[tuple[float, float]]]:
    """The polylines drawn in a colour, in pixels."""
    paths = [node.get("d", "") for node in nodes(drawing, "path") if color in (node.get("stroke"), node.get("fill"))]
    return [_points(piece) for path in paths for piece in path.split("M") if piece.strip()]


def _points(path: str) -> list[tuple[float, float]]:
    numbers = [float(found) for found in re.findall(r"-?[\d.]+", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def grid_lines(drawing: DrawnGraph) -> int:
    """How many lines the grid has."""
    return sum(node.get("d", "").count("M") for node in nodes(drawing, "path") if node.get("stroke") == "#e5e7eb")


def texts_of(drawing: DrawnGraph) -> list[str]:
    """What the SVG's texts say."""
    return [node.text or "" for node in nodes(drawing, "text")]


def column(value: float) -> float:
    """The pixel column of an abscissa."""
    return 12 + (value + 5) / 10 * 456


def row(value: float) -> float:
    """The pixel row of an ordinate."""
    return 268 - (value + 5) / 10 * 256
