"""How long exports will take: which place in the queue each has, and how many seconds are left, as far as can be told.

Pure. A renderer says how far it is; before that, an export takes what others of its kind took. Exports are begun in the
order in which they were asked for, as many at once as run now.
"""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from contracts.states import Format
from contracts.topology import PREFETCH

LOADED_PERCENT = 15
"""Below it an export's percentage says nothing of its pace: the exam is being read."""


@dataclass(frozen=True)
class RunningExport:
    """An export that has not ended. `seconds` is how long its attempt has run; None while it waits."""

    id: UUID
    format: Format
    percent: int
    seconds: float | None


@dataclass(frozen=True)
class Forecast:
    """`position` counts from 1, None once an export has begun; `seconds` are left to its end, None where unknown."""

    position: int | None
    seconds: int | None


class LatestForecasts:
    """What was last reckoned, of every export that ran then."""

    def __init__(self) -> None:
        self._found: Mapping[UUID, Forecast] = {}

    def take(self, found: Mapping[UUID, Forecast]) -> None:
        """Tell these from now on."""
        self._found = found

    def of(self, export_id: UUID) -> Forecast | None:
        """What is told of an export; None where nothing can be."""
        return self._found.get(export_id)


def forecasts(exports: Iterable[RunningExport], usual: Mapping[Format, float]) -> dict[UUID, Forecast]:
    """The forecast of each export; they are given in the order in which they were asked for.

    Args:
        usual: seconds that an export of each format took lately, from its beginning.
    """
    found: dict[UUID, Forecast] = {}
    waiting: list[RunningExport] = []
    places: list[float] = []
    """In how many seconds each place at a renderer is free."""

    for export in exports:
        if export.seconds is None:
            waiting.append(export)
            continue
        left = _left(export, export.seconds, usual)
        found[export.id] = Forecast(None, None if left is None else round(left))
        places.append(left if left is not None else usual.get(export.format, 0.0))
    places.extend([0.0] * (PREFETCH - len(places)))
    heapq.heapify(places)
    for position, export in enumerate(waiting, start=1):
        lasting = usual.get(export.format)
        begins = heapq.heappop(places)
        heapq.heappush(places, begins + (lasting or 0.0))
        found[export.id] = Forecast(position, None if lasting is None else max(1, round(begins + lasting)))
    return found


def _left(export: RunningExport, seconds: float, usual: Mapping[Format, float]) -> float | None:
    """Seconds to the end of an export that runs, by its own pace where it has one."""
    if export.percent >= LOADED_PERCENT:
        return max(1.0, seconds * (100 - export.percent) / export.percent)
    lasting = usual.get(export.format)
    return None if lasting is None else max(1.0, lasting - seconds)
