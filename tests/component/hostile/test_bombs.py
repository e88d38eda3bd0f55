"""What asks for too much gets a bounded part of it and a warning, and nobody else's pages change."""

import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts.states import FailureCode, Format, WarningCode
from dev.hostile import bombs, exams
from dev.hostile.canary import Canary
from dev.hostile.rendering import Renderer, running
from services.renderer.limits import Limits

SECONDS = Limits().shard_seconds
"""Processor time of a call: what a call may take by the clock where nothing else runs."""

QUICK: dict[str, WarningCode | None] = {
    "a megabyte of spaces": WarningCode.CONTENT_TRUNCATED,
    "a megabyte of line breaks": WarningCode.CONTENT_TRUNCATED,
    "combining marks": WarningCode.CHARACTER_REPLACED,
    "controls": WarningCode.CHARACTER_REPLACED,
    "tables in tables, 30 levels": WarningCode.TABLE_TRUNCATED,
    "a table of 200 rows of 50, each of 40 letters": WarningCode.CONTENT_TRUNCATED,
    "10,000 tiny pictures": WarningCode.CONTENT_TRUNCATED,
    "20,000 graphs": WarningCode.CONTENT_TRUNCATED,
    "a graph of 500 long formulas": WarningCode.GRAPH_INCOMPLETE,
    "a tower of powers": None,
    "a grid of 10^12 lines": None,
    "formula: 200 levels of fractions": WarningCode.FORMULA_TOO_LONG,
    "formula: macros in macros": WarningCode.FORMULA_NOT_DRAWN,
    "formula: an array of 60 by 60": None,
    "picture: a PNG that claims 65,535 by 65,535": WarningCode.IMAGE_REFUSED,
    "picture: a PNG with a gigabyte in its pixels": None,
    "picture: billion laughs": WarningCode.IMAGE_REFUSED,
    "picture: 2^30 squares by use": WarningCode.IMAGE_REFUSED,
    "picture: 10,000 elements in each other": WarningCode.IMAGE_REFUSED,
}
"""Bombs of each kind that are tried in every run, and the warning of each; `make soak` tries all."""


async def _archived(renderer: Renderer, content: exams.Json, folder: Path) -> tuple[dict[str, bytes], frozenset[str]]:
    """An archive's documents by name, of three copies of which the second holds the content; and its warnings."""
    blank = [""] * (exams.PER_COPY - 1)
    contents = ["Avant", *blank, "", content, *blank[:-1], "Après $x^2$", *blank]
    kept = folder / "archive.zip"
    outcome = await renderer.render(exams.of_answers(contents), Format.ZIP, keep=kept)
    assert (outcome.error, outcome.lost) == (None, ())
    with zipfile.ZipFile(kept) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.endswith(".pdf")}, outcome.warned


@pytest.fixture
async def strict(listening: Canary, tmp_path: Path) -> AsyncIterator[Renderer]:
    """A renderer with a lower limit for a content, which makes bombs as much quicker."""
    async with running(listening, tmp_path / "renderer", Limits(answer_characters=150_000, shard_seconds=600)) as made:
        yield made


@pytest.mark.timeout(900)
async def test_a_bomb_is_bounded_and_changes_no_other_copy(strict: Renderer, tmp_path: Path) -> None:
    plain, _ = await _archived(strict, "Bonjour", tmp_path)
    first, bombed, last = plain
    for name, warning in QUICK.items():
        documents, warned = await _archived(strict, bombs.CONTENTS[name](), tmp_path)
        assert (documents[first], documents[last]) == (plain[first], plain[last]), name
        assert documents[bombed] != plain[bombed], name
        assert warning in warned if warning else WarningCode.COPY_NOT_RENDERED not in warned, (name, warned)
    assert strict.misdeeds() == []
    assert strict.dearest < SECONDS


@pytest.mark.parametrize(
    "name",
    [
        "a title of a megabyte",
        "a label of a megabyte",
        "a course of a megabyte",
        "names of a megabyte",
        "classes in a circle",
        "10,000 classes in each other",
        "marks of 10^308",
    ],
)
async def test_a_bomb_in_what_all_share_is_bounded(renderer: Renderer, name: str) -> None:
    outcome = await renderer.render(bombs.EXAMS[name]())
    assert (outcome.error, outcome.lost, outcome.wrong) == (None, (), ())
    assert renderer.misdeeds() == []
    assert renderer.dearest < SECONDS


@pytest.mark.parametrize("name", bombs.FILES)
async def test_a_file_that_is_no_exam_is_invalid(renderer: Renderer, name: str) -> None:
    outcome = await renderer.render(bombs.FILES[name]())
    assert outcome.error is not None
    assert outcome.error.code is FailureCode.INVALID_EXAM
    assert renderer.misdeeds() == []
