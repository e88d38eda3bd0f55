"""Random hostile contents, without end, from a seeded generator: constructs with addresses, mutated formulas, texts,
signs, segments, tables, graphs and pictures, and any of these beside each other.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from random import Random

from pydantic import ValidationError

from contracts.graded_exam import SEGMENTS
from dev.hostile import exams
from dev.hostile.addresses import Address
from dev.hostile.constructs import CONSTRUCTS, written
from dev.hostile.exams import Json
from dev.hostile.mutating import mutated, mutated_bytes, mutated_json
from dev.hostile.pictures import data_url, dot, svg
from dev.hostile.seeds import FORMULAS, FUNCTIONS, SIGNS, TEXTS, TOKENS

FORMULAS_TOGETHER = 40
"""Formulas in one content of `formulas`."""


def contents(random: Random, addresses: Sequence[Address]) -> Iterator[Json]:
    """Contents without end; strings and lists of segments."""
    makers: tuple[tuple[int, Callable[[], Json]], ...] = (
        (6, lambda: written(random.choice(CONSTRUCTS), random.choice(addresses).url)),
        (4, lambda: mutated(random, random.choice(TEXTS), (*TOKENS, *SIGNS))),
        (4, lambda: f"${formula(random)}$ et \\({formula(random)}\\)"),
        (3, lambda: "".join(random.choices(SIGNS, k=random.randint(1, 60)))),
        (3, lambda: _segments(random, addresses)),
        (2, lambda: json.dumps(_segments(random, addresses))),
        (2, lambda: "\n".join(mutated(random, random.choice(TEXTS), SIGNS) for _ in range(random.randint(2, 6)))),
    )
    weights, makes = zip(*makers, strict=True)
    while True:
        yield random.choices(makes, weights)[0]()


def formula(random: Random) -> str:
    """A formula of a real exam with a few mistakes."""
    return mutated(random, random.choice(FORMULAS), TOKENS)


def formulas(random: Random) -> Iterator[Json]:
    """Contents of `FORMULAS_TOGETHER` mutated formulas each, without end."""
    while True:
        yield [exams.formula(formula(random), display=random.random() < 0.2) for _ in range(FORMULAS_TOGETHER)]


def _segments(random: Random, addresses: Sequence[Address]) -> list[Json]:
    makers: tuple[Callable[[], Json], ...] = (
        lambda: exams.words(mutated(random, random.choice(TEXTS), SIGNS)),
        lambda: exams.formula(formula(random), display=random.random() < 0.5),
        lambda: exams.picture(random.choice(addresses).url),
        lambda: exams.picture(data_url(_picture(random))),
        lambda: _graph(random),
        lambda: mutated_json(random, exams.table(random.choice(TEXTS))),
    )
    made = [random.choice(makers)() for _ in range(random.randint(1, 4))]
    return [each for each in made if _is_segment(each)] or [exams.words("x")]


def _is_segment(value: Json) -> bool:
    """Whether the exam's model takes it: a content that it refuses fails the whole file, which is another test."""
    try:
        SEGMENTS.validate_python([value])
    except ValidationError:
        return False
    return True


def _graph(random: Random) -> Json:
    made = exams.graph(mutated(random, random.choice(FUNCTIONS), SIGNS))
    made["functions"] += [{"id": f"f{n}", "expression": expression(random)} for n in range(random.randint(0, 3))]
    made["axes"] = {"xMin": random.choice((-5, 0, -1e9, "x")), "xMax": random.choice((5, 1e9, 0, None))}
    return mutated_json(random, made)


def expression(random: Random) -> str:
    """A function with a few mistakes."""
    return mutated(random, random.choice(FUNCTIONS), (*SIGNS, *FUNCTIONS, "^", "(", ")", "|", "9", "x", "sin", "e"))


def _picture(random: Random) -> bytes:
    files = (
        dot(random.randrange(256)),
        svg('<rect width="9" height="9" fill="url(#a)"/>'),
        b"GIF89a",
        b"\xff\xd8\xff\xe0",
    )
    return mutated_bytes(random, random.choice(files))
