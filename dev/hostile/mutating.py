"""Mutations: from valid input to nearly valid input. Each choice comes from the given generator: a seed repeats it."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from random import Random
from typing import Any

EDITS = 4
"""At most so many for each mutation."""

LONGEST = 6_000
"""Characters of a mutated text: beyond the limit of a formula, and few enough for thousands of cases."""

SCALARS: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    0.1,
    -0.0,
    1e308,
    -1e308,
    5e-324,
    2**31,
    2**53 + 1,
    2**63,
    10**400,
    "",
    " ",
    "0",
    "NaN",
    "Infinity",
    "1e999",
    "null",
    "\u0000",
    "\ud800",
    "\u202e",
    "x" * 5_000,
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"type": "text"},
)
"""Values in the place of others."""


def mutated(random: Random, text: str, tokens: Sequence[str]) -> str:
    """A text with up to `EDITS` edits: something taken out, doubled, moved, wrapped, or put in."""
    for _ in range(random.randint(1, EDITS)):
        begin = random.randint(0, len(text))
        end = min(len(text), begin + random.choice((0, 1, 1, 2, 5, 20)))
        piece, token = text[begin:end], random.choice(tokens)
        match random.randrange(7):
            case 0:
                text = text[:begin] + text[end:]
            case 1:
                text = text[:end] + piece * random.choice((1, 2, 50)) + text[end:]
            case 2:
                text = text[:begin] + token + text[end:]
            case 3:
                text = text[:begin] + token * random.choice((1, 1, 2, 40)) + text[begin:]
            case 4:
                text = text[end:] + text[:begin] + piece
            case 5:
                text = text[:begin] + token + piece + "}" + text[end:]
            case _:
                text = text[:begin] + "".join(reversed(piece)) + text[end:]
    return text[:LONGEST]


def mutated_bytes(random: Random, data: bytes) -> bytes:
    """Bytes with up to `EDITS` of them changed, taken out, doubled, or cut off."""
    for _ in range(random.randint(1, EDITS)):
        begin = random.randint(0, len(data))
        end = min(len(data), begin + random.choice((1, 1, 2, 8, 64)))
        match random.randrange(4):
            case 0:
                data = data[:begin] + random.randbytes(end - begin) + data[end:]
            case 1:
                data = data[:begin] + data[end:]
            case 2:
                data = data[:end] + data[begin:end] + data[end:]
            case _:
                data = data[:begin]
    return data


def mutated_json(random: Random, value: Any) -> Any:
    """A JSON value with up to `EDITS` of its parts replaced, taken out, doubled or wrapped."""
    holder = [deepcopy(value)]
    for _ in range(random.randint(1, EDITS)):
        place, key = random.choice(list(_places(holder)))
        match random.randrange(5):
            case 0 if key != 0 or place is not holder:
                del place[key]
            case 1 if isinstance(place, list) and place is not holder:
                place.insert(key, deepcopy(place[key]))
            case 2:
                place[key] = [deepcopy(place[key]) for _ in range(random.choice((1, 2, 30)))]
            case 3:
                other, other_key = random.choice(list(_places(holder)))
                place[key] = deepcopy(other[other_key])
            case _:
                place[key] = deepcopy(random.choice(SCALARS))
    return holder[0]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a value: what it is in, and its key or index."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])
