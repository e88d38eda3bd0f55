"""The grid and the axes as SVG, with ticks and their labels; an axis outside the ranges runs along the edge."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.renderer.content.graphs.labels import text, text_width
from services.renderer.content.graphs.plane import Plane
from services.renderer.content.graphs.stored import bound
from services.renderer.content.graphs.ticks import number, stride, ticks

_GRID, _AXIS, _LABEL = "#e5e7eb", "#6b7280", "#4b5563"
_SIZE = 9.5


def steps(plane: Plane, axes: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    """The tick values of both axes."""
    common = bound(axes.get("gridStep"))
    x_step, y_step = (common if (own := bound(axes.get(name))) is None else own for name in ("xStep", "yStep"))
    return ticks(plane.x_min, plane.x_max, x_step)[0], ticks(plane.y_min, plane.y_max, y_step)[0]


def with_margins(plane: Plane, axes: Mapping[str, Any], decimal_sign: str) -> Plane:
    """The plane with margins wide enough for the tick labels of an axis along the left or the lower edge."""
    rows = steps(plane, axes)[1]
    widest = max((text_width(number(value, decimal_sign)) * _SIZE for value in rows), default=0.0)
    west = min(widest + 12, plane.width / 3) if plane.x_min >= 0 else plane.west
    return replace(plane, west=max(west, plane.west), south=22.0 if plane.y_min >= 0 else plane.south)


def draw_grid(plane: Plane, axes: Mapping[str, Any]) -> str:
    """The grid as an SVG path; empty where it is switched off."""
    if axes.get("showGrid") is False:
        return ""
    columns, rows = steps(plane, axes)
    lines = [f"M{plane.x(value):.2f} {plane.top:g}V{plane.bottom:g}" for value in columns]
    lines += [f"M{plane.left:g} {plane.y(value):.2f}H{plane.right:g}" for value in rows]
    return f'<path d="{"".join(lines)}" fill="none" stroke="{_GRID}" stroke-width="1"/>' if lines else ""


def draw_axes(plane: Plane, axes: Mapping[str, Any], decimal_sign: str) -> str:
    """Both axes as SVG, with arrow heads, ticks and tick labels."""
    columns, rows = steps(plane, axes)
    x0, y0 = plane.x(min(max(0.0, plane.x_min), plane.x_max)), plane.y(min(max(0.0, plane.y_min), plane.y_max))
    strokes = [f"M{plane.x(value):.2f} {y0 - 3:.2f}v6" for value in columns if value]
    strokes += [f"M{x0 - 3:.2f} {plane.y(value):.2f}h6" for value in rows if value]
    lines = f"M{plane.left - 6:g} {y0:.2f}H{plane.right + 6:g}M{x0:.2f} {plane.bottom + 6:g}V{plane.top - 6:g}"
    heads = f"M{plane.right + 10:g} {y0:.2f}l-7 -3.5v7ZM{x0:.2f} {plane.top - 10:g}l-3.5 7h7Z"
    origin = plane.x_min < 0 < plane.x_max and plane.y_min < 0 < plane.y_max
    return (
        f'<path d="{lines}{"".join(strokes)}" fill="none" stroke="{_AXIS}" stroke-width="1.25"/>'
        f'<path d="{heads}" fill="{_AXIS}"/>'
        + _labels_below(plane, columns, y0, decimal_sign)
        + _labels_beside(plane, rows, x0, decimal_sign)
        + (text("0", x0 - 5, y0 + 12, _SIZE, _LABEL, "end") if origin else "")
    )


def _labels_below(plane: Plane, columns: list[float], y0: float, decimal_sign: str) -> str:
    """The tick labels of the horizontal axis, below it, or above where there is no room."""
    shown = [(value, number(value, decimal_sign)) for value in columns if value or plane.x_min == 0]
    widest = max((text_width(label) * _SIZE for _, label in shown), default=0.0)
    every = stride(len(columns), plane.right - plane.left, widest + 8)
    baseline = y0 + 13 if y0 + 15 < plane.height else y0 - 6
    return "".join(
        text(label, plane.x(value), baseline, _SIZE, _LABEL, "middle")
        for value, label in shown
        if _whole(value, columns) % every == 0 and plane.x(value) < plane.right - 2
    )


def _labels_beside(plane: Plane, rows: list[float], x0: float, decimal_sign: str) -> str:
    """The tick labels of the vertical axis, left of it, or right where there is no room."""
    shown = [(value, number(value, decimal_sign)) for value in rows if value or plane.y_min == 0]
    widest = max((text_width(label) * _SIZE for _, label in shown), default=0.0)
    every = stride(len(rows), plane.bottom - plane.top, _SIZE + 5)
    left = x0 - 6 - widest > 0
    return "".join(
        text(label, x0 - 6 if left else x0 + 6, plane.y(value) + 3.3, _SIZE, _LABEL, "end" if left else "start")
        for value, label in shown
        if _whole(value, rows) % every == 0 and plane.y(value) > plane.top + 2
    )


def _whole(value: float, values: list[float]) -> int:
    """Which multiple of the step a tick is, so that the labelled ones are round whatever the range."""
    return round(value / (values[1] - values[0])) if len(values) > 1 else 0
