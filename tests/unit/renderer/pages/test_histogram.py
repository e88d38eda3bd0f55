"""The histogram says what the statistics say, in shapes and in words."""

import re
from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from contracts.numbers import Bin
from services.renderer.grading.statistics import Statistics
from services.renderer.language.english import ENGLISH
from services.renderer.language.french import FRENCH
from services.renderer.pages import histogram
from services.renderer.pages.palette import palette


def statistics(*counts: int) -> Statistics:
    step = Decimal(20) / len(counts)
    bins = tuple(Bin(step * place, step * (place + 1), count) for place, count in enumerate(counts))
    middle = Decimal(10)
    return Statistics(sum(counts), Decimal(20), middle, middle, middle, middle, middle, middle, middle, bins, 0, ())


def drawn(*counts: int) -> str:
    return histogram.draw(statistics(*counts), palette(None), FRENCH)


def test_one_bar_for_each_bin_that_holds_someone() -> None:
    picture = ElementTree.fromstring(drawn(0, 3, 6, 0, 12))
    bars = [element for element in picture if element.tag.endswith("rect")]
    heights = [float(bar.get("height", "")) for bar in bars]
    assert heights == [heights[-1] / 4, heights[-1] / 2, heights[-1]]


def test_counts_and_edges_are_written() -> None:
    texts = re.findall(r">([^<]+)</text>", drawn(1, 0, 0, 0, 0, 0, 0, 2))
    assert texts[-2:] == ["1", "2"]
    assert "2,5" in texts
    assert {"moyenne", "médiane"} <= set(texts)


@pytest.mark.parametrize(
    ("mean", "median"),
    [
        ("12.5", "12"),
        ("12", "12.25"),
        ("10", "10"),
        ("0.2", "0.4"),
        ("19.8", "19.6"),
        ("0", "20"),
        ("20", "0"),
        ("3", "17"),
    ],
)
def test_no_line_goes_through_a_name(mean: str, median: str) -> None:
    numbers = replace(statistics(1, 0, 2), mean=Decimal(mean), median=Decimal(median))
    picture = ElementTree.fromstring(histogram.draw(numbers, palette(None), FRENCH))
    texts = [each for each in picture if each.text in ("moyenne", "médiane")]
    lines = [each for each in picture if each.get("stroke-width") == "1.4"]
    for text in texts:
        x, y = float(text.get("x", "")), float(text.get("y", ""))
        left, right = (x - 50, x) if text.get("text-anchor") == "end" else (x, x + 50)
        assert 0 <= left < right <= histogram.WIDTH
        for line in lines:
            assert not (left < float(line.get("x1", "")) < right and float(line.get("y1", "")) < y), (mean, median)


def test_nothing_is_drawn_outside() -> None:
    for numbers in re.findall(r' (?:x|x1|x2|cx)="([-\d.]+)"', drawn(1, 0, 0, 0, 0, 0, 0, 0, 0, 50)):
        assert 0 <= float(numbers) <= histogram.WIDTH


def test_it_can_be_told() -> None:
    told = histogram.describe(statistics(0, 3, 0, 2), FRENCH)
    assert told == "Répartition des notes\u00a0: de 5 à 10, nombre de copies 3, de 15 à 20, nombre de copies 2."
    assert "from 5 to 10" in histogram.describe(statistics(0, 3, 0, 0), ENGLISH)
