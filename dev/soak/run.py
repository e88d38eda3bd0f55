"""One run: counts and a seed in, the number of inputs at fault out. Each of them is kept (`dev.hostile.crashes`)."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from random import Random

from dev.hostile import bombs, contents, crashes
from dev.hostile.canary import canary
from dev.hostile.cases import KINDS, Kind
from dev.hostile.exams import Json, of_answers
from dev.hostile.rendering import Renderer, running
from dev.soak import exams
from services.renderer.limits import Limits

BY_THE_CLOCK = Limits(shard_seconds=300.0)
"""A shard that a busy machine takes long for is no fault."""


@dataclass(frozen=True)
class Parameters:
    """How much of each kind is tried."""

    seed: int
    contents: int
    formulas: int
    exams: int
    cases: int
    segments: int


async def run(folder: Path, parameters: Parameters) -> Counter[str]:
    """Try everything; the number of inputs at fault by kind, and of what was done that must not be."""
    faults: Counter[str] = Counter()
    with canary(folder) as listening:
        async with running(listening, folder / "renderer", BY_THE_CLOCK) as renderer:
            mixed = exams.mixed(_random("contents", parameters), listening)
            formulas = contents.formulas(_random("formulas", parameters))
            everything = chain(exams.product(listening), mixed)
            faults["contents"] = await _contents(renderer, everything, parameters.contents, folder)
            batches = -(-parameters.formulas // contents.FORMULAS_TOGETHER)
            faults["formulas"] = await _contents(renderer, formulas, batches, folder)
            faults["exams"] = await _exams(renderer, parameters)
            faults["misdeeds"] = _told(renderer)
        async with running(listening, folder / "bombed") as renderer:
            faults["bombs"] = await _bombs(renderer)
            faults["misdeeds"] += _told(renderer)
    for kind in KINDS.values():
        count = parameters.segments if kind.name == "segment" else parameters.cases
        faults[kind.name] = _cases(kind, _random(kind.name, parameters), count)
    return faults


def _random(kind: str, parameters: Parameters) -> Random:
    """A generator of its own for each kind: the number of one changes no other."""
    return Random(f"{parameters.seed} {kind}")


async def _contents(renderer: Renderer, cases: Iterator[Json], count: int, folder: Path) -> int:
    print(f"{count} contents, laid out in worker processes", flush=True)
    guilty = await exams.try_contents(renderer, cases, count, folder / "current.json")
    return sum(_keep("content", json.dumps(case).encode()) for case in guilty)


async def _exams(renderer: Renderer, parameters: Parameters) -> int:
    print(f"{parameters.exams} exams with mistakes in their structure", flush=True)
    guilty = await exams.try_exams(renderer, _random("exams", parameters), parameters.exams)
    return sum(_keep("exam", json.dumps(case).encode()) for case in guilty)


async def _bombs(renderer: Renderer) -> int:
    """Every resource bomb: a content is cut or refused, and no copy is lost by it."""
    made = [(name, make()) for name, make in bombs.EXAMS.items()]
    made += [(f"comment: {name}", of_answers(["", make()])) for name, make in bombs.CONTENTS.items()]
    made += [(f"program: {name}", of_answers([make()])) for name, make in bombs.CONTENTS.items() if "megabyte" in name]
    print(f"{len(made)} resource bombs", flush=True)
    guilty = 0
    for name, exam in made:
        outcome = await renderer.render(exam)
        if not exams.fine(outcome):
            print(f"  at fault: {name}: {exams.described(outcome)}", flush=True)
            guilty += 1
    print(f"{guilty} bombs at fault; the dearest call took {renderer.dearest:.1f} s of processor time", flush=True)
    return guilty


def _told(renderer: Renderer) -> int:
    misdeeds = renderer.misdeeds()
    print(f"{renderer.watched} worker processes watched: {len(misdeeds)} misdeeds")
    print("".join(f"  {each}\n" for each in misdeeds), end="", flush=True)
    return len(misdeeds)


def _cases(kind: Kind, random: Random, count: int) -> int:
    begun, guilty = time.monotonic(), 0
    for _ in range(count):
        case = kind.make(random)
        try:
            kind.check(case)
        except Exception as error:  # whatever it is, it is a mistake of ours
            guilty += _keep(kind.name, case)
            print(f"  at fault: {error!r:.300}", flush=True)
    print(f"{count} of kind {kind.name}: {guilty} at fault, {time.monotonic() - begun:.0f} s", flush=True)
    return guilty


def _keep(kind: str, case: bytes) -> int:
    print(f"  kept as {crashes.keep(kind, case)}", flush=True)
    return 1
