"""Random contents and exams through real workers, in batches; where a batch fails, the contents at fault are found."""

import json
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import Random

from dev.hostile import contents, exams
from dev.hostile.addresses import addresses, fetchable
from dev.hostile.canary import Canary
from dev.hostile.constructs import CONSTRUCTS, written
from dev.hostile.exams import Json
from dev.hostile.mutating import mutated_json
from dev.hostile.rendering import Outcome, Renderer
from dev.hostile.seeds import TEXTS

BATCH = 50 * exams.PER_COPY
"""Contents of one export: fifty copies."""


def product(canary: Canary) -> Iterator[Json]:
    """Every construct with every address."""
    known = (*addresses(canary), *fetchable(canary))
    return (written(construct, address.url) for construct in CONSTRUCTS for address in known)


def mixed(random: Random, canary: Canary) -> Iterator[Json]:
    """Random contents without end."""
    return contents.contents(random, (*addresses(canary), *fetchable(canary)))


async def try_contents(renderer: Renderer, cases: Iterator[Json], count: int, current: Path) -> list[Json]:
    """Render so many contents and return those at fault. The batch under way is in the file `current`, where it is
    found if this process dies.
    """
    guilty: list[Json] = []
    left = count
    begun = time.monotonic()
    while batch := list(islice(cases, min(BATCH, left))):
        exams.save(batch, current)
        guilty += await _at_fault(renderer, batch)
        left -= len(batch)
        print(f"  {count - left} of {count}, {len(guilty)} at fault, {time.monotonic() - begun:.0f} s", flush=True)
    return guilty


async def _at_fault(renderer: Renderer, batch: Sequence[Json]) -> list[Json]:
    exam = exams.of_answers(batch)
    outcome = await renderer.render(exam)
    if fine(outcome):
        return []
    if len(batch) == 1:
        print(f"  at fault: {described(outcome)}: {json.dumps(batch[0])[:300]}", flush=True)
        return list(batch)
    if outcome.lost and not outcome.wrong and not outcome.error:
        copies = [exams.contents_of(exam, lost) for lost in outcome.lost]
        if len(copies) > 1 or len(copies[0]) < len(batch):
            return [case for copy in copies for case in await _at_fault(renderer, copy)]
    middle = len(batch) // 2
    return [case for half in (batch[:middle], batch[middle:]) for case in await _at_fault(renderer, half)]


def fine(outcome: Outcome) -> bool:
    """Whether a file came of it, with every copy, and nothing in it that must not be."""
    return outcome.error is None and not outcome.lost and not outcome.wrong


def described(outcome: Outcome) -> str:
    """What went wrong."""
    if outcome.error is not None:
        return f"{outcome.error.code}: {outcome.error}"
    return "; ".join((*outcome.wrong, *(f"{copy} was lost" for copy in outcome.lost)))


async def try_exams(renderer: Renderer, random: Random, count: int) -> list[Json]:
    """Render so many exams with mistakes in their structure: each ends as a file or as an error of ours. Those that do
    neither are returned.
    """
    whole = exams.of_fields(TEXTS[:1])
    guilty: list[Json] = []
    for _ in range(count):
        exam = mutated_json(random, whole)
        try:
            outcome = await renderer.render(exam)
        except Exception as error:  # whatever it is, it is a mistake of ours
            print(f"  at fault: {error!r}", flush=True)
            guilty.append(exam)
            continue
        if outcome.lost or outcome.wrong or (outcome.error is not None and not outcome.error.permanent):
            print(f"  at fault: {described(outcome)}", flush=True)
            guilty.append(exam)
    return guilty
