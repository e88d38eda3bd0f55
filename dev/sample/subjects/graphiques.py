"""Graphs that use, together, every part a graph may have."""

from typing import Any

Graph = dict[str, Any]


def _at(x: float, y: float) -> Graph:
    return {"type": "coord", "x": x, "y": y}


def _to(point: str) -> Graph:
    return {"type": "point", "pointId": point}


def _style(color: str, width: float = 2, *, dashed: bool = False, opacity: float = 1) -> Graph:
    return {"color": color, "width": width, "dashed": dashed, "opacity": opacity}


def _fill(color: str, opacity: float = 0.25) -> Graph:
    return {"color": color, "opacity": opacity}


def _function(name: str, expression: str, color: str, **more: Any) -> Graph:
    return {"id": name, "expression": expression, "style": _style(color)} | more


def _axes(x_min: float, x_max: float, y_min: float, y_max: float, **more: Any) -> Graph:
    bounds = {"xMin": x_min, "xMax": x_max, "yMin": y_min, "yMax": y_max}
    return bounds | {"xLabel": "$x$", "yLabel": "$y$", "showGrid": True, "xStep": 1, "yStep": 1} | more


GEOMETRIE: Graph = {
    "type": "graph",
    "axes": _axes(-5, 5, -4, 4),
    "points": [
        {"id": "A", "x": -3, "y": 2, "label": "$A$", "color": "#b03a2e", "size": 4, "filled": True, "showLabel": True},
        {"id": "B", "x": 3, "y": 1, "label": "$B$", "color": "#b03a2e", "size": 4, "filled": True, "showLabel": True},
        {"id": "C", "x": 0, "y": -3, "label": "$C$", "color": "#1f4e79", "size": 5, "filled": False, "showLabel": True},
        {
            "id": "D",
            "x": 4,
            "y": -2,
            "label": "caché",
            "color": "#1f4e79",
            "size": 3,
            "filled": True,
            "showLabel": False,
        },
    ],
    "lines": [
        {
            "id": "AB",
            "start": _to("A"),
            "end": _to("B"),
            "kind": "segment",
            "style": _style("#b03a2e"),
            "label": "$[AB]$",
        },
        {
            "id": "d",
            "start": _to("A"),
            "end": _to("C"),
            "kind": "line",
            "style": _style("#6b7280", 1.5),
            "label": "$(d)$",
        },
        {"id": "r", "start": _to("C"), "end": _at(4, 0), "kind": "ray", "style": _style("#1e8449", 1.5, dashed=True)},
    ],
    "curves": [
        {"id": "c1", "start": _to("A"), "end": _to("C"), "curvature": 1.5, "style": _style("#7d3c98", opacity=0.7)},
        {"id": "c2", "start": _at(-4, -3), "end": _at(-1, -3), "curvature": -1, "style": _style("#7d3c98", 1)},
    ],
    "functions": [],
    "areas": [{"id": "t", "mode": "polygon", "points": [_to("A"), _to("B"), _to("C")], "fill": _fill("#f1c40f")}],
    "texts": [
        {"x": 0, "y": 0.4, "text": "\\mathcal{A}=\\frac{27}{2}", "isMath": True},
        {"x": -3.6, "y": 3.5, "text": "repère orthonormé", "isMath": False},
    ],
    "width": 480,
    "height": 380,
    "background": "#ffffff",
}

FONCTIONS: Graph = {
    "type": "graph",
    "axes": _axes(-4, 6, -3, 6),
    "points": [],
    "lines": [
        {
            "id": "delta",
            "start": _at(0, 1),
            "end": _at(1, 2),
            "kind": "line",
            "style": _style("#7f8c8d", 1),
            "label": "$y=x+1$",
        }
    ],
    "functions": [
        _function("f", "2x^2-3x", "#1f4e79", domain={"min": -1, "max": 2.6}, label="$f$"),
        _function("g", "e^x", "#b03a2e", domain={"min": -4, "max": 1.8}, label="$\\exp$"),
        _function("h", "ln(x)", "#1e8449", domain={"min": 0.05, "max": 6}, label="$\\ln$"),
        _function("k", "|x|", "#7d3c98", domain={"min": -3, "max": -0.5}, offsetX=0, offsetY=2, scaleY=0.5),
        _function("s", "sqrt(x)", "#ca6f1e", domain={"min": 0, "max": 6}, offsetX=0, offsetY=-3, scaleY=1),
    ],
    "areas": [
        {
            "id": "a1",
            "mode": "under-function",
            "functionId": "h",
            "domain": {"min": 1, "max": 2.7183},
            "fill": _fill("#1e8449"),
        }
    ],
    "texts": [{"x": 2.2, "y": 0.3, "text": "\\int_1^{\\mathrm e}\\ln t\\,\\mathrm dt=1", "isMath": True}],
    "width": 520,
    "height": 400,
}

AIRES: Graph = {
    "type": "graph",
    "axes": _axes(-1, 7, -2, 4, xLabel="$t$ (s)", yLabel="$v$ (m/s)", xStep=0.5, yStep=0.5),
    "points": [
        {
            "id": "P",
            "x": 1.5708,
            "y": 2,
            "label": "sommet",
            "color": "#111827",
            "size": 4,
            "filled": True,
            "showLabel": True,
        }
    ],
    "lines": [{"id": "m", "start": _at(0, 0.5), "end": _at(6, 0.5), "kind": "segment", "style": _style("#6b7280", 1)}],
    "functions": [
        _function("u", "2sin(x)", "#1f4e79", domain={"min": 0, "max": 6.28}, label="$u$"),
        _function("w", "x^2/8", "#b03a2e", domain={"min": 0, "max": 5.5}, label="$w$"),
    ],
    "areas": [
        {
            "id": "b1",
            "mode": "between-functions",
            "functionId": "u",
            "functionId2": "w",
            "domain": {"min": 0, "max": 2.5},
            "fill": _fill("#5dade2"),
        },
        {
            "id": "b2",
            "mode": "between-line-and-function",
            "functionId": "w",
            "lineId": "m",
            "domain": {"min": 3.2, "max": 5},
            "fill": _fill("#f5b041"),
        },
        {
            "id": "b3",
            "mode": "bounded-region",
            "points": [_at(3.2, 0), _at(4.5, -1.9), _at(6.2, 0)],
            "fill": _fill("#a569bd"),
        },
    ],
    "texts": [],
    "width": 520,
    "height": 320,
    "background": "#fbfaf5",
}
