"""A slice of the random input of `make soak`, and every input that once did harm."""

import json
from itertools import islice
from random import Random

import pytest

from dev.hostile import contents, crashes, exams
from dev.hostile.addresses import addresses
from dev.hostile.canary import Canary
from dev.hostile.cases import KINDS
from dev.hostile.rendering import Renderer

SEED = 12
SLICE = {"expression": 3_000, "name": 3_000, "event": 3_000, "segment": 400}


@pytest.mark.parametrize("kind", SLICE)
def test_a_slice_of_each_kind(kind: str) -> None:
    random = Random(SEED)
    for _ in range(SLICE[kind]):
        KINDS[kind].check(KINDS[kind].make(random))


@pytest.mark.timeout(600)
async def test_a_slice_of_random_contents(renderer: Renderer, listening: Canary) -> None:
    random = Random(SEED)
    cases = [
        *islice(contents.contents(random, addresses(listening)), 160),
        *islice(contents.formulas(random), 32),
    ]
    outcome = await renderer.render(exams.of_answers(cases))
    assert (outcome.error, outcome.lost, outcome.wrong) == (None, (), ())
    assert renderer.misdeeds() == []


def test_what_once_did_harm_is_taken_or_refused() -> None:
    cases = [(KINDS[kind], case) for kind in KINDS for _, case in crashes.kept(kind)]
    assert cases
    for kind, case in cases:
        kind.check(case)


async def test_contents_that_once_did_harm_are_typeset(renderer: Renderer) -> None:
    cases = [json.loads(case) for _, case in crashes.kept("content")]
    outcome = await renderer.render(exams.of_answers(cases or ["Bonjour"]))
    assert (outcome.error, outcome.lost, outcome.wrong) == (None, (), ())
    assert renderer.misdeeds() == []


async def test_exams_that_once_did_harm_are_typeset_or_refused(renderer: Renderer) -> None:
    for name, case in crashes.kept("exam"):
        outcome = await renderer.render(json.loads(case))
        assert (outcome.lost, outcome.wrong) == ((), ()), name
        assert outcome.error is None or outcome.error.permanent, name
    assert renderer.misdeeds() == []
