"""The histogram of marks as SVG and in words: bars with their counts, lines at the mean and the median."""

from collections.abc import Sequence
from decimal import Decimal

from markupsafe import escape

from contracts.numbers import Bin
from services.renderer.grading.statistics import Statistics
from services.renderer.language.document_words import FrontWords
from services.renderer.language.words import Words
from services.renderer.pages.palette import Palette

WIDTH, HEIGHT = 640, 216
_LEFT, _RIGHT, _TOP, _BOTTOM = 8, 8, 30, 34
_INNER_WIDTH = WIDTH - _LEFT - _RIGHT
_INNER_HEIGHT = HEIGHT - _TOP - _BOTTOM
_NAME_WIDTH = 60
"""Pixels that a landmark's name needs beside its line."""

_COUNT_HEIGHT = 18
"""Pixels of height that a bar needs to hold its count."""

_FACE = "font-family: 'TeX Gyre Heros'"


def draw(statistics: Statistics, palette: Palette, words: Words) -> str:
    """The histogram as an SVG document. There must be bins."""
    bins = statistics.bins
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">',
        f'<line x1="{_LEFT}" y1="{_floor()}" x2="{WIDTH - _RIGHT}" y2="{_floor()}" stroke="#6b7280" stroke-width="1"/>',
        *_bars(bins, palette),
        *_edges(bins, words),
        *_landmarks(statistics, palette, words.front),
        *_counts(statistics, palette),
        "</svg>",
    ]
    return "".join(parts)


def describe(statistics: Statistics, words: Words) -> str:
    """The alternative text of the histogram."""
    bars = ", ".join(
        words.front.histogram_bar.format(words.points(each.lower), words.points(each.upper), each.count)
        for each in statistics.bins
        if each.count
    )
    return f"{words.front.histogram}{words.colon} {bars}."


def beyond(statistics: Statistics, words: Words) -> str:
    """How many marks are beyond the ends of the bars, which count them; empty where none is."""
    return words.front.beyond.of(statistics.beyond).format(statistics.beyond) if statistics.beyond else ""


def _floor() -> int:
    return HEIGHT - _BOTTOM


def _bars(bins: Sequence[Bin], palette: Palette) -> list[str]:
    return [
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{_floor() - y:.2f}" fill="{palette.line}"/>'
        for x, y, width, _ in _boxes(bins)
    ]


def _counts(statistics: Statistics, palette: Palette) -> list[str]:
    """The bars' counts beside the landmarks' lines, each on a ground of its own."""
    values = (statistics.mean, statistics.median)
    lines = [_x(value, statistics.bins[-1].upper) for value in values if value is not None]
    parts = []
    for x, y, width, count in _boxes(statistics.bins):
        inside = _floor() - y >= _COUNT_HEIGHT
        half = 3.5 * len(str(count)) + 2
        places = [x + width * share for share in (0.5, 0.25, 0.75)]
        middle = next((place for place in places if all(abs(place - line) > half for line in lines)), places[0])
        baseline = y + 14 if inside else y - 4
        parts.append(
            f'<line x1="{middle:.2f}" y1="{baseline - 10:.2f}" x2="{middle:.2f}" y2="{baseline + 2:.2f}" '
            f'stroke="{palette.line if inside else "#ffffff"}" stroke-width="{2 * half:g}"/>'
            f'<text x="{middle:.2f}" y="{baseline:.2f}" text-anchor="middle" '
            f'font-size="11.5" fill="{palette.accent}" style="{_FACE}; font-weight: bold">{count}</text>'
        )
    return parts


def _boxes(bins: Sequence[Bin]) -> list[tuple[float, float, float, int]]:
    """Left, top, width and count of each bar."""
    step = _INNER_WIDTH / len(bins)
    highest = max(each.count for each in bins) or 1
    return [
        (_LEFT + index * step + 3, _floor() - _INNER_HEIGHT * each.count / highest, step - 6, each.count)
        for index, each in enumerate(bins)
        if each.count
    ]


def _edges(bins: Sequence[Bin], words: Words) -> list[str]:
    step = _INNER_WIDTH / len(bins)
    edges = [each.lower for each in bins] + [bins[-1].upper]
    return [
        f'<text x="{_LEFT + index * step:.2f}" y="{_floor() + 15}" text-anchor="{_anchor(index, len(bins))}" '
        f'font-size="11.5" fill="#374151" style="{_FACE}">{words.points(edge)}</text>'
        for index, edge in enumerate(edges)
    ]


def _anchor(index: int, last: int) -> str:
    return "start" if index == 0 else "end" if index == last else "middle"


def _landmarks(statistics: Statistics, palette: Palette, words: FrontWords) -> list[str]:
    """The mean and the median, named on their outer sides, so that neither's line goes through the other's name."""
    top = statistics.bins[-1].upper
    named = ((statistics.mean, words.mean, palette.accent, ""), (statistics.median, words.median, "#4b5563", "4 3"))
    found = sorted(((*each[1:], _x(each[0], top)) for each in named if each[0] is not None and top > 0), key=_position)
    parts = []
    for index, (name, color, dashes, x) in enumerate(found):
        first, last = index == 0, index == len(found) - 1
        left = (first and not last and x > _LEFT + _NAME_WIDTH) or x > WIDTH - _RIGHT - _NAME_WIDTH
        upper = last if found[-1][3] > WIDTH - _RIGHT - _NAME_WIDTH else first
        parts += _landmark(x, name, color, dashes, 10 if upper else 22, left)
    return parts


def _position(landmark: tuple[str, str, str, float]) -> float:
    return landmark[3]


def _x(value: Decimal, top: Decimal) -> float:
    return _LEFT + _INNER_WIDTH * min(max(float(value / top), 0.0), 1.0)


def _landmark(x: float, name: str, color: str, dashes: str, baseline: int, left: bool) -> list[str]:
    style = f' stroke-dasharray="{dashes}"' if dashes else ""
    return [
        f'<line x1="{x:.2f}" y1="{baseline - 8}" x2="{x:.2f}" y2="{_floor()}" stroke="{color}" '
        f'stroke-width="1.4"{style}/>',
        f'<text x="{x - 5 if left else x + 5:.2f}" y="{baseline}" text-anchor="{"end" if left else "start"}" '
        f'font-size="11.5" fill="{color}" style="{_FACE}">{escape(name)}</text>',
    ]
