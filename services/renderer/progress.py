"""How far an export is, in copies really done, and never backwards.

Percents follow the phases of Correcta's client: loading 0, processing 10 to 80, generating 80 to 95, saving 95 to 100.
"""

from collections.abc import Callable
from dataclasses import dataclass

from contracts.states import Phase

LOADED, PROCESSED, GENERATED, SAVED = 10, 80, 95, 100


@dataclass(frozen=True)
class Step:
    """Where an export is. `processed` and `total` are copies."""

    phase: Phase
    percent: int
    processed: int
    total: int


Report = Callable[[Step], None]
"""Told of each step; must return at once."""


class PhaseClock:
    """Passes steps on, and tells how long each phase took once another one begins."""

    def __init__(self, report: Report, told: Callable[[Phase, float], None], clock: Callable[[], float]) -> None:
        self._report, self._told, self._clock = report, told, clock
        self._phase: Phase | None = None
        self._since = 0.0

    def report(self, step: Step) -> None:
        """Take a step."""
        if step.phase is not self._phase:
            self.end()
            self._phase, self._since = step.phase, self._clock()
        self._report(step)

    def end(self) -> None:
        """The attempt has ended."""
        if self._phase is not None:
            self._told(self._phase, self._clock() - self._since)
            self._phase = None


class Progress:
    """Counts the copies of one export."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._processed = 0
        self._total = 0

    def loading(self, copies: int) -> None:
        """So many copies were read."""
        self._total = copies
        self._tell(Phase.LOADING, 0)

    def start(self, total: int) -> None:
        """All are read: so many will be typeset."""
        self._total = total
        self._tell(Phase.PROCESSING, LOADED)

    def done(self, copies: int) -> None:
        """So many more copies are typeset."""
        self._processed = min(self._processed + copies, self._total)
        share = self._processed / max(self._total, 1)
        self._tell(Phase.PROCESSING, LOADED + int((PROCESSED - LOADED) * share))

    def generating(self, share: float) -> None:
        """The document is this far (0 to 1) after its copies."""
        self._processed = self._total
        self._tell(Phase.GENERATING, PROCESSED + int((GENERATED - PROCESSED) * share))

    def saving(self, share: float) -> None:
        """This much (0 to 1) of the file is where it is kept."""
        self._tell(Phase.SAVING, GENERATED + int((SAVED - GENERATED) * share))

    def _tell(self, phase: Phase, percent: int) -> None:
        self._report(Step(phase, percent, self._processed, self._total))
