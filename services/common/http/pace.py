"""How long a connection may be waited for: what was waited so far, and whether that is enough."""

from dataclasses import dataclass
from typing import Protocol


class Patience(Protocol):
    """Decides whether a connection was waited for long enough."""

    def moved(self, size: int) -> None:
        """So many bytes came or went."""

    def exhausted(self, seconds: float) -> bool:
        """Whether, after so many further seconds of waiting, the connection is to be cut."""


@dataclass
class Deadline:
    """A total: nothing that is sent extends it."""

    seconds: float

    def moved(self, size: int) -> None:
        """Bytes make no difference."""

    def exhausted(self, seconds: float) -> bool:
        """Whether the time is over."""
        self.seconds -= seconds
        return self.seconds <= 0


@dataclass
class MinimumRate:
    """Bytes a second, on average over each period of `seconds`: as curl's `--speed-limit` and `--speed-time`."""

    seconds: float
    rate: float
    _waited: float = 0.0
    _moved: int = 0

    def moved(self, size: int) -> None:
        """Count bytes."""
        self._moved += size

    def exhausted(self, seconds: float) -> bool:
        """Whether a period ends with too few bytes."""
        self._waited += seconds
        if self._waited < self.seconds:
            return False
        slow = self._moved < self._waited * self.rate
        self._waited, self._moved = 0.0, 0
        return slow
