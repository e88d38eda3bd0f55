"""When a delivery is tried again. Pure."""

import random
from collections.abc import Sequence
from datetime import timedelta

JITTER = 0.2
"""Which share of a delay is random, so that endpoints that failed together are not tried together."""


def parse(text: str) -> tuple[timedelta, ...]:
    """Delays such as `5s 5m 2h`, one after each failed attempt.

    Raises:
        ValueError: one is not a number of s, m, h or d.
    """
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    delays = []
    for part in text.replace(",", " ").split():
        if not part[:-1].isascii() or not part[:-1].isdigit() or part[-1] not in units:
            raise ValueError(f"{part!r} is no delay such as 5s, 5m, 2h or 1d")
        delays.append(timedelta(**{units[part[-1]]: int(part[:-1])}))
    if not delays:
        raise ValueError("no delays")
    return tuple(delays)


def delay(schedule: Sequence[timedelta], attempts: int) -> timedelta | None:
    """How long to wait after so many failed attempts; None where it is given up."""
    if attempts > len(schedule):
        return None
    return schedule[attempts - 1] * (1 + random.uniform(-JITTER, JITTER))  # noqa: S311 - spreads load, guards nothing
