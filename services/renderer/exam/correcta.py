"""A graded exam from Correcta's database, read only, in one REPEATABLE READ snapshot.

Each table is read once an export. The exam must belong to the institution that asked: another's exam and an absent one
look the same. The copies of an exam's variants belong to it; where the questions differ, they are marked.
"""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

import asyncpg
import structlog
from pydantic import ValidationError

from contracts import validation
from contracts.correcta import IN_PROGRESS, WHOLE_COURSE
from contracts.events import Warning as ExportWarning
from contracts.graded_exam import ExamHeader, Submission
from contracts.variants import differing, variant_title
from services.common import database
from services.common.error_text import describe
from services.renderer.errors import DatabaseUnavailable, ExamNotFound, InvalidExam
from services.renderer.exam import correcta_rows
from services.renderer.exam.classes import selection
from services.renderer.exam.correcta_rows import Row
from services.renderer.exam.homonyms import Homonyms
from services.renderer.exam.sitting import Roster, Sitting
from services.renderer.exam.source import BATCH, is_chosen, narrow
from services.renderer.language.document_words import WarningWords

log = structlog.get_logger()

SQL = database.queries(Path(__file__).parent / "sql" / "correcta.sql")

FETCH = 4_000
"""Rows asked of the server at a time."""

CURSOR_SECONDS = 60.0
"""The first rows come once all are joined and sorted."""


class DatabaseSource:
    """One exam of one institution."""

    def __init__(self, pool: asyncpg.Pool, institution_id: str, exam_id: str, words: WarningWords) -> None:
        self._pool = pool
        self._words = words
        self._institution_id = institution_id
        self._exam_id = exam_id

    @asynccontextmanager
    async def open(self, class_ids: Collection[str]) -> AsyncIterator["OpenSnapshot"]:
        """Take the snapshot and read everything but the answers."""
        async with AsyncExitStack() as stack:
            # Only what is read here is wrapped: what the caller does with the exam may fail in its own words.
            with _failures():
                connection = await stack.enter_async_context(_acquired(self._pool))
                await stack.enter_async_context(_snapshot(connection))
                await connection.execute(SQL["tune"])
                opened = await _read(connection, self._institution_id, self._exam_id, class_ids, self._words)
            yield opened


@asynccontextmanager
async def _acquired(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """A connection. One that is lost when it is given back is closed by the pool, and nobody else's concern."""
    connection = await pool.acquire(timeout=database.CONNECT_SECONDS)
    try:
        yield connection
    finally:
        with suppress(Exception):
            await pool.release(connection)


@asynccontextmanager
async def _snapshot(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """One state of affairs. How it ends on a lost connection is nobody's concern: nothing was written."""
    transaction = connection.transaction(isolation="repeatable_read", readonly=True)
    await transaction.start()
    try:
        yield
    finally:
        with suppress(Exception):
            await transaction.rollback()


@contextmanager
def _failures() -> Iterator[None]:
    """What can go wrong while reading, in the renderer's words."""
    try:
        with database.database_errors():
            yield
    except database.DatabaseUnavailable as error:
        raise DatabaseUnavailable(str(error)) from error
    except (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError) as error:
        raise DatabaseUnavailable(f"too slow: {describe(error)}") from error
    except ValidationError as error:
        raise InvalidExam(validation.summary(error)) from error


async def _read(
    connection: asyncpg.Connection, institution_id: str, exam_id: str, class_ids: Collection[str], words: WarningWords
) -> "OpenSnapshot":
    exams = await connection.fetch(SQL["exams"], exam_id, institution_id)
    if not exams or exams[0]["id"] != exam_id:
        raise ExamNotFound(f"exam {exam_id} of institution {institution_id}")
    exam = exams[0]
    ids = [row["id"] for row in exams]
    groups = [correcta_rows.class_group(row) for row in await connection.fetch(SQL["classes"], exam["course_id"])]
    chosen = selection(groups, class_ids)
    sitting = await _sitting(connection, exams, {group.id: group.name for group in groups})
    begun = await connection.fetch(SQL["attempts"], ids)
    attempts = [row for row in begun if row["status"] != IN_PROGRESS]
    handed_in, started = ({row["student_id"] for row in rows} for rows in (attempts, begun))
    shown = [group for group in groups if group.name != WHOLE_COURSE]
    roster = Roster(await connection.fetch(SQL["enrolled"], exam["course_id"]), {group.id for group in shown})
    aimed_at = {class_id for row in exams for class_id in row["class_ids"]}
    within = selection(groups, aimed_at & {group.id for group in groups})
    header = ExamHeader(
        exam=correcta_rows.exam(exam, sitting.paper.sections),
        classes=tuple(shown),
        absent=roster.absent(within, started),
        not_handed_in=roster.not_handed_in(begun, handed_in),
        as_of=exam["as_of"],
    )
    warnings = tuple(sitting.warnings(words))
    homonyms = Homonyms([*roster.people(), *map(correcta_rows.person, begun)])
    header = homonyms.header_told_apart(narrow(header, chosen))
    return OpenSnapshot(connection, header, chosen, attempts, sitting, roster, homonyms, warnings)


async def _sitting(connection: asyncpg.Connection, exams: Sequence[Row], class_names: Mapping[str, str]) -> "Sitting":
    """The questions of the exam, the first of `exams`, and of its variants."""
    ids = [row["id"] for row in exams]
    tables = {name: await connection.fetch(SQL[name], ids) for name in ("sections", "questions", "segments", "rubrics")}
    sections = correcta_rows.grouped(tables["sections"], "exam_id")
    papers = {
        exam_id: correcta_rows.paper(sections[exam_id], tables["questions"], tables["segments"], tables["rubrics"])
        for exam_id in ids
    }
    names = {row["id"]: variant_title(row, exams[0], class_names) for row in exams}
    others = differing(ids, tables["sections"], tables["questions"], tables["segments"])
    return Sitting(papers, {exam_id: names[exam_id] for exam_id in others})


class OpenSnapshot:
    """The exam as of one moment, while the transaction is open."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        header: ExamHeader,
        chosen: frozenset[str],
        attempts: Sequence[Row],
        sitting: Sitting,
        roster: Roster,
        homonyms: Homonyms,
        warnings: tuple[ExportWarning, ...],
    ) -> None:
        self.header = header
        self.warnings = warnings
        self._connection = connection
        self._chosen = chosen
        self._attempts = attempts
        self._sitting = sitting
        self._roster = roster
        self._homonyms = homonyms

    async def submissions(self) -> AsyncIterator[Sequence[Submission]]:
        """The copies by id. The rows of the answers come in the same order, so both are walked together."""
        groups = _grouped(self._connection, sorted({row["exam_id"] for row in self._attempts}))
        attempt_id, answers = await anext(groups)
        for attempts in _batches(self._attempts):
            batch: list[Submission | None] = []
            with _failures():
                for attempt in attempts:
                    is_next = attempt_id == attempt["id"]
                    batch.append(self._copy(attempt, answers if is_next else ()))
                    if is_next:
                        attempt_id, answers = await anext(groups)
            yield [copy for copy in batch if copy is not None]

    def _copy(self, attempt: Row, answers: Sequence[Row]) -> Submission | None:
        """A copy, where it is one of the asked classes'."""
        questions, segments = self._sitting.questions(attempt["exam_id"])
        class_ids = self._roster.class_ids(attempt["student_id"])
        variant = self._sitting.variant(attempt["exam_id"])
        copy = correcta_rows.submission(attempt, answers, questions, segments, class_ids, variant)
        if not is_chosen(copy.student, self._chosen):
            return None
        return copy.model_copy(update={"student": self._homonyms.told_apart(copy.student)})


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[begin : begin + BATCH] for begin in range(0, len(rows), BATCH))


async def _grouped(connection: asyncpg.Connection, exam_ids: Sequence[str]) -> AsyncIterator[tuple[str, list[Row]]]:
    """The rows of each attempt's answers, read through a cursor, and at the end those of no attempt."""
    current = ""
    group: list[Row] = []
    async for rows in _answers(connection, exam_ids):
        for row in rows:
            if row["attempt_id"] != current:
                if group:
                    yield current, group
                current, group = row["attempt_id"], []
            group.append(row)
    if group:
        yield current, group
    yield "", []


async def _answers(connection: asyncpg.Connection, exam_ids: Sequence[str]) -> AsyncIterator[Sequence[Row]]:
    """The rows of all answers, so many at a time."""
    with _failures():
        cursor = await connection.cursor(SQL["answers"], exam_ids)
    while True:
        with _failures():
            rows = await cursor.fetch(FETCH, timeout=CURSOR_SECONDS)
        if not rows:
            return
        yield rows
