"""Draws SVG files in worker processes, before the pages that show them: each in a call of its own.

A drawing that costs too much, or that crashes what draws it, is a problem of that image, never of a copy.
"""

import hashlib
from pathlib import Path

from services.renderer.images.collecting import DrawnFile, Found
from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.workers.pool import CallFailed, Fault, WorkerPool
from services.renderer.workers.tasks import draw_file

SECONDS = 60.0
"""For one drawing that hangs; one that works too long is ended by its processor time long before."""

ATTEMPTS = 2
"""For a drawing whose worker is killed: it may have been for others' sake."""


def _named(drawing: Path) -> Path:
    """The file under the name of its content, like every image's."""
    return drawing.rename(drawing.with_name(hashlib.sha256(drawing.read_bytes()).hexdigest()))


class Drawings:
    """Draws the drawings of one export, in its turn."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    async def draw(self, path: Path) -> Found:
        """The drawing in an SVG file, as a file beside it; or why there is none."""
        target = path.with_suffix(".png")
        for _ in range(ATTEMPTS):
            try:
                drawn = await self._pool.call(self, SECONDS, draw_file, path, target)
            except CallFailed as error:
                if error.fault is not Fault.CRASH:
                    too_much = error.fault in (Fault.TIMEOUT, Fault.MEMORY)
                    return ImageProblem(Reason.TOO_COMPLEX if too_much else Reason.DAMAGED)
            else:
                return ImageProblem(drawn) if isinstance(drawn, Reason) else DrawnFile(_named(target), drawn)
        return ImageProblem(Reason.DAMAGED)
