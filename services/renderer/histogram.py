"""The distribution of marks as SVG: bars with their counts, the mean and the median where they stand."""

from collections.abc import Sequence
from decimal import Decimal

from markupsafe import escape

from contracts.options import Language
from services.renderer.grades import points
from services.renderer.palette import Palette
from services.renderer.statistics import Bin, Statistics
from services.renderer.words import Words

WIDTH, HEIGHT = 640, 216
_LEFT, _RIGHT, _TOP, _BOTTOM = 8, 8, 30, 34
_INNER_WIDTH = WIDTH - _LEFT - _RIGHT
_INNER_HEIGHT = HEIGHT - _TOP - _BOTTOM
_FACE = "font-family: 'TeX Gyre Heros'"


def draw(statistics: Statistics, palette: Palette, language: Language, words: Words) -> str:
    """The histogram; meaningless without bins."""
    bins = statistics.bins
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">',
        f'<line x1="{_LEFT}" y1="{_floor()}" x2="{WIDTH - _RIGHT}" y2="{_floor()}" stroke="#6b7280" stroke-width="1"/>',
        *_bars(bins, palette),
        *_edges(bins, language),
        *_landmark(statistics.mean, statistics.maximum_possible, words.mean, palette.accent, "", 10),
        *_landmark(statistics.median, statistics.maximum_possible, words.median, "#4b5563", "4 3", 22),
        "</svg>",
    ]
    return "".join(parts)


def describe(statistics: Statistics, language: Language, words: Words) -> str:
    """The histogram in words, for whoever does not see it."""
    bars = ", ".join(
        words.histogram_bar.format(points(each.lower, language), points(each.upper, language), each.count)
        for each in statistics.bins
        if each.count
    )
    return f"{words.histogram}{words.colon} {bars}."


def _floor() -> int:
    return HEIGHT - _BOTTOM


def _bars(bins: Sequence[Bin], palette: Palette) -> list[str]:
    step = _INNER_WIDTH / len(bins)
    highest = max(each.count for each in bins) or 1
    parts = []
    for index, each in enumerate(bins):
        height = _INNER_HEIGHT * each.count / highest
        x, y = _LEFT + index * step + 3, _floor() - height
        if each.count:
            parts.append(
                f'<rect x="{x:.2f}" y="{y:.2f}" width="{step - 6:.2f}" height="{height:.2f}" fill="{palette.line}"/>'
                f'<text x="{x + step / 2 - 3:.2f}" y="{_count_baseline(y, height):.2f}" text-anchor="middle" '
                f'font-size="11" fill="{palette.accent}" style="{_FACE}; font-weight: bold">{each.count}</text>'
            )
    return parts


def _count_baseline(top: float, height: float) -> float:
    """Inside the bar, below the landmarks' names, unless the bar is too low to hold a figure."""
    return top + 14 if height >= 18 else top - 4


def _edges(bins: Sequence[Bin], language: Language) -> list[str]:
    step = _INNER_WIDTH / len(bins)
    edges = [each.lower for each in bins] + [bins[-1].upper]
    return [
        f'<text x="{_LEFT + index * step:.2f}" y="{_floor() + 15}" text-anchor="{_anchor(index, len(bins))}" '
        f'font-size="10.5" fill="#374151" style="{_FACE}">{points(edge, language)}</text>'
        for index, edge in enumerate(edges)
    ]


def _anchor(index: int, last: int) -> str:
    return "start" if index == 0 else "end" if index == last else "middle"


def _landmark(value: Decimal | None, top: Decimal, name: str, color: str, dashes: str, baseline: int) -> list[str]:
    if value is None or top <= 0:
        return []
    share = min(max(float(value / top), 0.0), 1.0)
    x = _LEFT + _INNER_WIDTH * share
    end = share > 0.8
    style = f' stroke-dasharray="{dashes}"' if dashes else ""
    return [
        f'<line x1="{x:.2f}" y1="{baseline - 8}" x2="{x:.2f}" y2="{_floor()}" stroke="{color}" '
        f'stroke-width="1.4"{style}/>',
        f'<text x="{x - 5 if end else x + 5:.2f}" y="{baseline}" text-anchor="{"end" if end else "start"}" '
        f'font-size="10.5" fill="{color}" style="{_FACE}">{escape(name)}</text>',
    ]
