"""The dashboard and the report read one database and say the same: states, totals, absent students, statistics."""

import struct
from collections.abc import Sequence
from math import isfinite
from random import Random

import asyncpg
import pytest

from contracts.correcta import NoCopy
from contracts.numbers import Summary, decimal
from contracts.options import ReportOptions
from dev.sample.load import SAMPLE
from dev.sample.people import VAUCLAIR
from services.common.database import make_pool
from services.gateway.directory import Directory
from services.gateway.grading import EVERYONE, Grading
from services.renderer.exam.correcta import DatabaseSource
from services.renderer.grading.gradebook import Gradebook, build_gradebook
from services.renderer.grading.marks import mark_copy
from services.renderer.grading.statistics import summarise
from services.renderer.language.french import FRENCH
from tests.integration.gateway.requests import EXAM

pytestmark = pytest.mark.integration

VARIANT = (
    f"""INSERT INTO "Exam" ("id", "title", "courseId", "parentExamId", "status")
        SELECT 'variant', "title", "courseId", "id", "status" FROM "Exam" WHERE "id" = '{EXAM}'""",
    f"""INSERT INTO "ExamSection" ("id", "examId", "title", "order", "isDefault", "customLabel", "introContent")
        SELECT 'v-' || "id", 'variant', "title", "order", "isDefault", "customLabel", "introContent"
        FROM "ExamSection" WHERE "examId" = '{EXAM}'""",
    """INSERT INTO "Question" ("id", "sectionId", "content", "type", "order", "requireAllCorrect", "maxPoints")
        SELECT 'v-' || "id", 'v-' || "sectionId",
               replace("content", '{"type":', '{"id":"' || md5("id" || now()) || '","type":'), "type", "order",
               "requireAllCorrect", "maxPoints" FROM "Question"
        WHERE 'v-' || "sectionId" IN (SELECT "id" FROM "ExamSection" WHERE "examId" = 'variant')""",
    """INSERT INTO "QuestionSegment" ("id", "questionId", "instruction", "maxPoints", "order", "isCorrect")
        SELECT 'v-' || "id", 'v-' || "questionId", "instruction", "maxPoints", "order", "isCorrect"
        FROM "QuestionSegment" WHERE 'v-' || "questionId" IN (SELECT "id" FROM "Question")""",
    f"""UPDATE "Attempt" SET "examId" = 'variant' WHERE "examId" = '{EXAM}' AND "id" < '6'""",
    """UPDATE "Answer" SET "questionId" = 'v-' || "questionId"
        WHERE "attemptId" IN (SELECT "id" FROM "Attempt" WHERE "examId" = 'variant')""",
    """UPDATE "AnswerSegment" SET "segmentId" = 'v-' || "segmentId" WHERE "answerId" IN (
        SELECT w."id" FROM "Answer" w JOIN "Attempt" a ON a."id" = w."attemptId" WHERE a."examId" = 'variant')""",
)
"""A variant with the same words under other ids, and some of the exam's copies moved to it."""


def again(status: str, submitted: str) -> str:
    """Another attempt of half of the students, handed in a day after."""
    return f"""INSERT INTO "Attempt" ("id", "examId", "studentId", "startedAt", "submittedAt", "status")
        SELECT 'again-' || "id", "examId", "studentId", "startedAt", {submitted}, '{status}'
        FROM "Attempt" WHERE "examId" = '{EXAM}' AND "id" < '8'"""


LATER = """"submittedAt" + interval '1 day'"""

DAMAGE = {
    "as the sample has it": (),
    "graded, with an answer nobody gave points": (
        """WITH one AS (SELECT w."id" AS id FROM "Answer" w JOIN "Attempt" a ON a."id" = w."attemptId"
               JOIN "Question" q ON q."id" = w."questionId"
               WHERE a."status" = 'GRADED' AND q."type" = 'TEXT' ORDER BY w."id" LIMIT 1)
           DELETE FROM "Grade" WHERE "answerId" IN (SELECT id FROM one)
               OR "answerSegmentId" IN (SELECT s."id" FROM "AnswerSegment" s JOIN one ON one.id = s."answerId")""",
    ),
    "graded, with one answer, which nobody gave points": (
        """DELETE FROM "HarmonizationDetail\"""",
        """DELETE FROM "Grade" g USING "Answer" w, "Attempt" a WHERE a."id" = w."attemptId" AND a."status" = 'GRADED'
           AND (g."answerId" = w."id" OR EXISTS (SELECT FROM "AnswerSegment" s
                WHERE s."answerId" = w."id" AND s."id" = g."answerSegmentId"))""",
        """DELETE FROM "AnswerSegment" s USING "Answer" w WHERE w."id" = s."answerId" AND EXISTS (
           SELECT FROM "Answer" o WHERE o."attemptId" = w."attemptId" AND o."id" < w."id")""",
        """DELETE FROM "Answer" w WHERE EXISTS (
           SELECT FROM "Answer" o WHERE o."attemptId" = w."attemptId" AND o."id" < w."id")
           AND NOT EXISTS (SELECT FROM "Grade" g WHERE g."answerId" = w."id")""",
    ),
    "two students of one name": (
        """UPDATE "User" SET "name" = 'Élève Même-Nom' WHERE "role" = 'STUDENT' AND "id" < '4'""",
    ),
    "an archived class": (
        """UPDATE "Class" SET "archivedAt" = now() WHERE "id" = (
           SELECT n."classId" FROM "Enrollment" n JOIN "User" u ON u."id" = n."userId"
           WHERE n."role" = 'STUDENT' GROUP BY n."classId" ORDER BY count(*) DESC, n."classId" LIMIT 1)""",
    ),
    "archived students": ("""UPDATE "User" SET "archivedAt" = now() WHERE "role" = 'STUDENT' AND "id" < '8'""",),
    "answers without content": ("""UPDATE "AnswerSegment" SET "content" = E' \\n' WHERE "id" < '8'""",),
    "answers of empty segments": (
        """UPDATE "AnswerSegment" SET "content" = '[{"type":"text","text":" "},{"type":"math","latex":""}]'
           WHERE "content" NOT IN ('true', '1', '') AND "id" < '8'""",
        """DELETE FROM "HarmonizationDetail\"""",
        """DELETE FROM "Grade" WHERE "id" < 'c'""",
    ),
    "points of computed length": ("""UPDATE "Grade" SET "score" = "score" * 0.1 * 3""",),
    "points of long length": ("""UPDATE "Grade" SET "score" = "score" / 3""",),
    "points a program multiplied": ("""UPDATE "Grade" SET "score" = 0.75::float8 * 2.3""",),
    "copies begun and not handed in": (
        """UPDATE "Attempt" SET "status" = 'IN_PROGRESS', "submittedAt" = NULL WHERE "id" < '4'""",
    ),
    "begun by someone who is not enrolled": (
        """UPDATE "Attempt" SET "status" = 'IN_PROGRESS', "submittedAt" = NULL WHERE "id" < '4'""",
        """DELETE FROM "Enrollment" WHERE "userId" IN (
           SELECT "studentId" FROM "Attempt" WHERE "status" = 'IN_PROGRESS')""",
    ),
    "a later copy that is not graded": (again("SUBMITTED", LATER),),
    "a later copy that is graded": (again("GRADED", LATER),),
    "begun again after a copy": (again("IN_PROGRESS", "NULL"),),
    "points left over on questions that are no MCQ": (
        """UPDATE "Question" SET "maxPoints" = 40 WHERE "type" <> 'MCQ'""",
    ),
    "text questions whose parts have no points": (
        """UPDATE "Question" SET "maxPoints" = 4 WHERE "type" <> 'MCQ'""",
        """UPDATE "QuestionSegment" SET "maxPoints" = NULL WHERE "isCorrect" IS NULL""",
    ),
    "scores that are no number": (
        """UPDATE "Grade" SET "score" = 'NaN' WHERE "id" < '2'""",
        """UPDATE "Grade" SET "score" = 'Infinity' WHERE "id" BETWEEN '2' AND '21'""",
        """UPDATE "Grade" SET "score" = '-Infinity' WHERE "id" BETWEEN '21' AND '22'""",
    ),
    "points that are no number": (
        """UPDATE "Question" SET "maxPoints" = 'NaN' WHERE "type" = 'MCQ'""",
        """UPDATE "QuestionSegment" SET "maxPoints" = 'Infinity' WHERE "id" < '8'""",
    ),
    "an MCQ graded by its options": (
        """UPDATE "Grade" g SET "answerId" = NULL, "answerSegmentId" = (
               SELECT min(s."id") FROM "AnswerSegment" s WHERE s."answerId" = g."answerId")
           WHERE g."aiRationale" = 'AUTO_SCORED_MCQ'""",
        """UPDATE "AnswerSegment" SET "content" = 'false' WHERE "content" = '' AND "id" < '8'""",
    ),
    "a variant with the same words": VARIANT,
    "a variant with other words": (
        *VARIANT,
        """UPDATE "Question" SET "content" = "content" || ' (bis)' WHERE "id" LIKE 'v-%'""",
    ),
    "a copy of each variant": (
        *VARIANT,
        """UPDATE "ExamSection" SET "introContent" = 'Autre' WHERE "examId" = 'variant'""",
        again("GRADED", LATER),
        """UPDATE "Attempt" SET "examId" = 'variant' WHERE "id" LIKE 'again-%'""",
    ),
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
    return build_gradebook(header, rows, ReportOptions())


async def dashboard(pool: asyncpg.Pool) -> Grading:
    directory = Directory(pool)
    exam = await directory.exam(EXAM, VAUCLAIR.id)
    assert exam is not None
    return await directory.grading(exam)


def totals(book: Gradebook) -> Summary:
    found = summarise(book)
    return Summary(**{name: getattr(found, name) for name in Summary.__dataclass_fields__})


def mails(table: Grading, state: NoCopy) -> list[str]:
    return [line.email for line in table.lines if line.state == state]


@pytest.mark.parametrize("damage", DAMAGE)
async def test_dashboard_and_report_say_the_same(correcta_database_url: str, damage: str) -> None:
    async with await make_pool(correcta_database_url) as pool:
        for statement in DAMAGE[damage]:
            assert not (await pool.execute(statement)).endswith(" 0"), "the statement touches something"
        table, book = await dashboard(pool), await report(pool, ())
        assert {
            line.submission_id: (line.student_id, line.state, line.total, line.variant, line.copies)
            for line in table.lines
            if line.submission_id is not None
        } == {
            row.submission_id: (
                row.student.id,
                row.state,
                row.total,
                row.variant,
                book.several.get(row.submission_id, 1),
            )
            for row in (*book.rows, *book.left_out)
        }
        present = [line.email for line in table.lines if line.submission_id is not None and line.variant is None]
        assert present == [row.student.email for row in book.rows], "one order of names"
        assert table.maximum == book.maximum
        assert mails(table, NoCopy.ABSENT) == [person.email for person in book.absent]
        assert mails(table, NoCopy.NOT_HANDED_IN) == [person.email for person in book.not_handed_in]
        assert len(table.lines) == book.headcount.enrolled
        assert table.statistics[EVERYONE] == totals(book)
        for class_id in table.class_names:
            assert table.statistics[class_id] == totals(await report(pool, [class_id])), class_id


TOTALS = """
    SELECT w."attemptId" AS id, sum(g."score"::numeric) AS total FROM "Grade" g
    LEFT JOIN "AnswerSegment" s ON s."id" = g."answerSegmentId"
    JOIN "Answer" w ON w."id" = coalesce(g."answerId", s."answerId") GROUP BY w."attemptId"
"""


@pytest.mark.parametrize(
    "change", ['"score"', '"score" / 3', '"score" * 0.1 * 3', "0.75::float8 * 2.3", '"score" * 1e-9']
)
async def test_totals_are_the_databases_own_sums(correcta_database_url: str, change: str) -> None:
    async with await make_pool(correcta_database_url) as pool:
        await pool.execute(f'UPDATE "Grade" SET "score" = {change}')
        sums = {row["id"]: row["total"] for row in await pool.fetch(TOTALS)}
        book = await report(pool, ())
        totals = {row.submission_id: row.total for row in book.rows if row.total is not None and row.state == "graded"}
        assert len(totals) > 30
        assert totals == {submission_id: sums[submission_id] for submission_id in totals}


async def test_a_float_is_the_number_that_the_database_casts_it_to(correcta_database_url: str) -> None:
    chance = Random(11)
    values = [struct.unpack("d", chance.randbytes(8))[0] for _ in range(20_000)]
    values += [round(chance.uniform(-20, 20), chance.randrange(1, 17)) for _ in range(20_000)]
    values += [chance.randrange(100) / 4 * chance.randrange(100) / 7 for _ in range(20_000)]
    values += [step / 2**power for step in range(-33, 33) for power in range(60)]
    finite = [value for value in values if isfinite(value)]
    async with await make_pool(correcta_database_url) as pool:
        rows = await pool.fetch("SELECT value::numeric AS number FROM unnest($1::float8[]) AS value", finite)
    assert [decimal(value) for value in finite] == [row["number"] for row in rows]


def test_the_sample_has_what_makes_the_numbers_differ() -> None:
    text = (SAMPLE / "school.sql").read_text(encoding="utf-8")
    assert all(word in text for word in ("GRADING_IN_PROGRESS", "SUBMITTED", "__DEFAULT__"))
