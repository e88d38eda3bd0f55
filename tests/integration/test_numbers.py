"""The dashboard and the report read one database and say the same: states, totals, absent students, statistics."""

from collections.abc import Sequence

import asyncpg
import pytest

from contracts.numbers import Summary
from contracts.options import ReportOptions
from dev.sample.load import SAMPLE
from dev.sample.people import VAUCLAIR
from services.common.database import make_pool
from services.gateway.directory import Directory
from services.gateway.grading import ABSENT, EVERYONE, Grading
from services.renderer.exam.correcta import DatabaseSource
from services.renderer.grading.gradebook import Gradebook, build_gradebook, latest_copies
from services.renderer.grading.marks import mark_copy
from services.renderer.grading.statistics import summarise
from services.renderer.language.french import FRENCH
from tests.integration.gateway.requests import EXAM

pytestmark = pytest.mark.integration

DAMAGE = {
    "as the sample has it": (),
    "graded, with an answer nobody gave points": (
        """WITH one AS (SELECT w."id" AS id FROM "Answer" w JOIN "Attempt" a ON a."id" = w."attemptId"
               JOIN "Question" q ON q."id" = w."questionId"
               WHERE a."status" = 'GRADED' AND q."type" = 'TEXT' ORDER BY w."id" LIMIT 1)
           DELETE FROM "Grade" WHERE "answerId" IN (SELECT id FROM one)
               OR "answerSegmentId" IN (SELECT s."id" FROM "AnswerSegment" s JOIN one ON one.id = s."answerId")""",
    ),
    "an archived class": (
        """UPDATE "Class" SET "archivedAt" = now() WHERE "id" = (
           SELECT n."classId" FROM "Enrollment" n JOIN "User" u ON u."id" = n."userId"
           WHERE n."role" = 'STUDENT' GROUP BY n."classId" ORDER BY count(*) DESC, n."classId" LIMIT 1)""",
    ),
    "archived students": ("""UPDATE "User" SET "archivedAt" = now() WHERE "role" = 'STUDENT' AND "id" < '8'""",),
    "answers without content": ("""UPDATE "AnswerSegment" SET "content" = E' \\n' WHERE "id" < '8'""",),
    "points of computed length": ("""UPDATE "Grade" SET "score" = "score" * 0.1 * 3""",),
    "half of the grades": (
        """DELETE FROM "HarmonizationDetail\"""",
        """DELETE FROM "Grade" WHERE "id" < '8'""",
    ),
    "nothing graded": (
        """DELETE FROM "HarmonizationDetail\"""",
        """DELETE FROM "Grade\"""",
        """UPDATE "Attempt" SET "status" = 'SUBMITTED'""",
    ),
    "an answer of what an editor leaves": (
        """DELETE FROM "HarmonizationDetail\"""",
        """DELETE FROM "Grade\"""",
        """UPDATE "AnswerSegment" s SET "content" = U&'\\200B\\000A\\00A0' FROM "QuestionSegment" p, "Question" q
           WHERE p."id" = s."segmentId" AND q."id" = p."questionId" AND q."type" = 'TEXT' AND p."order" = 0""",
    ),
    "a class that is gone": ("""UPDATE "Exam" SET "classIds" = '{gone}', "classId" = NULL""",),
}


async def report(pool: asyncpg.Pool, class_ids: Sequence[str]) -> Gradebook:
    rows = []
    async with DatabaseSource(pool, VAUCLAIR.id, EXAM, FRENCH.warnings).open(class_ids) as opened:
        header = opened.header
        async for batch in opened.submissions():
            rows += [mark_copy(header.exam, copy) for copy in batch]
    return build_gradebook(header, latest_copies(rows, FRENCH.warnings)[0], ReportOptions())


async def dashboard(pool: asyncpg.Pool) -> Grading:
    directory = Directory(pool)
    exam = await directory.exam(EXAM, VAUCLAIR.id)
    assert exam is not None
    return await directory.grading(exam)


def totals(book: Gradebook) -> Summary:
    found = summarise(book)
    return Summary(**{name: getattr(found, name) for name in Summary.__dataclass_fields__})


@pytest.mark.parametrize("damage", DAMAGE)
async def test_dashboard_and_report_say_the_same(correcta_database_url: str, damage: str) -> None:
    async with await make_pool(correcta_database_url) as pool:
        for statement in DAMAGE[damage]:
            assert not (await pool.execute(statement)).endswith(" 0"), "the statement touches something"
        table, book = await dashboard(pool), await report(pool, ())
        said = {line.student_id: (line.state, line.total) for line in table.lines if line.state != ABSENT}
        assert said == {row.student.id: (row.state, row.total) for row in book.rows}
        assert table.maximum == book.maximum
        absent = sorted(line.email for line in table.lines if line.state == ABSENT)
        assert absent == sorted(person.email for person in book.absent)
        assert table.statistics[EVERYONE] == totals(book)
        for class_id in table.class_names:
            assert table.statistics[class_id] == totals(await report(pool, [class_id])), class_id


def test_the_sample_has_what_makes_the_numbers_differ() -> None:
    text = (SAMPLE / "school.sql").read_text(encoding="utf-8")
    assert all(word in text for word in ("GRADING_IN_PROGRESS", "SUBMITTED", "__DEFAULT__"))
