"""What happened in a run, one JSON object a line, in the order it was learnt; written as it happens."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Fact = dict[str, Any]


class History:
    """The file of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8", buffering=1)

    def note(self, kind: str, at: float | None = None, /, **facts: Any) -> None:
        """Add a fact; `at` is when it happened, in seconds of the wall clock, now where it is not given."""
        moment = time.time() if at is None else at
        self._file.write(json.dumps({"at": round(moment, 3), "kind": kind, **facts}, default=str) + "\n")

    def close(self) -> None:
        """Nothing more will happen."""
        self._file.close()


def read(path: Path) -> Iterator[Fact]:
    """The facts of a run."""
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
