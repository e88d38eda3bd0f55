"""Whose turn it is: the key that was served least, as long as it was served little; else the one that waits longest."""

from collections import OrderedDict
from collections.abc import Iterable

LITTLE_SECONDS = 10.0
"""Of a worker, up to which an export counts as a short one. Beyond it all are alike."""

LONGEST_EVERY = 4
"""Each such turn is the longest waiting key's, so that a stream of short exports starves no long one."""

REMEMBERED = 1_000


class Turns:
    """Remembers how long each key was served."""

    def __init__(self) -> None:
        self._served: OrderedDict[object, float] = OrderedDict()
        self._number = 0

    def note(self, key: object, seconds: float) -> None:
        """A key was served for so long."""
        self._served[key] = self._served.pop(key, 0.0) + seconds
        if len(self._served) > REMEMBERED:
            self._served.popitem(last=False)

    def next(self, waiting: Iterable[object]) -> object:
        """Who is next of those that wait; the one that waits longest is given first.

        Raises:
            ValueError: none waits.
        """
        self._number += 1
        if self._number % LONGEST_EVERY == 0:
            return next(iter(waiting))
        return min(waiting, key=lambda key: min(self._served.get(key, 0.0), LITTLE_SECONDS))
