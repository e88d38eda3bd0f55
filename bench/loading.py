"""How fast a large exam is read from Correcta's tables, which have no index on a foreign key."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg

from bench import exam_rows, exams
from dev.paths import RUN
from dev.stack.local import occupied, prepare
from dev.stack.postgresql import PrivatePostgres
from services.renderer.exam.correcta import DatabaseSource
from services.renderer.language.french import FRENCH

COPIES, QUESTIONS = 2_000, 20


@dataclass(frozen=True)
class Loading:
    """`seconds` from the first query to the last copy as an object."""

    copies: int
    questions: int
    seconds: float


def measure(say: Callable[[str], None]) -> Loading:
    """Load the exam into a private database and read it."""
    folder = RUN / "bench"
    with occupied(folder), PrivatePostgres(folder / "postgres") as postgres:
        seconds = asyncio.run(_load(postgres))
    say(f"{COPIES} copies x {QUESTIONS} questions read in {seconds:.2f} s")
    return Loading(COPIES, QUESTIONS, seconds)


async def _load(postgres: PrivatePostgres) -> float:
    servers = await prepare(postgres, "")
    database = servers.correcta_database_url.rpartition("/")[2]
    exam_id = await exam_rows.load(
        postgres.url_of(database), exams.exam(COPIES, questions=QUESTIONS), f"r{COPIES}x{QUESTIONS}"
    )
    school_id = exam_rows.TEACHER.school.id  # type: ignore[union-attr]
    async with asyncpg.create_pool(servers.correcta_database_url, min_size=1, max_size=2) as pool:
        start = time.perf_counter()
        async with DatabaseSource(pool, school_id, exam_id, FRENCH.warnings).open(()) as exam:
            count = 0
            async for batch in exam.submissions():
                count += len(batch)
        seconds = time.perf_counter() - start
    if count != COPIES:
        raise RuntimeError(f"{count} copies read")
    return seconds
