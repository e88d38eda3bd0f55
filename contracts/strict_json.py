"""Reads JSON of strangers so that it means one thing only."""

import json
import math
from typing import Any

from pydantic_core import from_json


class NotJson(ValueError):
    """A text that is no JSON: also NaN and infinities, lone surrogates, a byte order mark, more than 200 levels."""


class DuplicateName(NotJson):
    """An object has two members of one name: readers disagree about which of them counts (RFC 8259, 4)."""


def strict_json(text: bytes) -> Any:
    """The value of a JSON text in UTF-8.

    Raises:
        NotJson, DuplicateName: it has none, or more than one.
    """
    try:
        value = from_json(text, allow_inf_nan=False)
        # `from_json` keeps the last of two members of one name, and takes 1e999 for infinity.
        json.loads(text, object_pairs_hook=_distinct, parse_float=_finite)
    except NotJson:
        raise
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from error
    return value


def _finite(number: str) -> None:
    if not math.isfinite(float(number)):
        raise NotJson("a number is out of range")


def _distinct(members: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in members}) < len(members):
        raise DuplicateName("an object has two members of one name")
