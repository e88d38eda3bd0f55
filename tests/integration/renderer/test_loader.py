"""The loader on the sample school: what it reads of Correcta's tables is what the sample's JSON says."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from pydantic import BaseModel, TypeAdapter

from contracts.graded_exam import Content, ExamHeader, GradedExam, Submission
from contracts.states import WarningCode
from dev.sample.load import SAMPLE
from services.common import database
from services.renderer.errors import ClassNotFound, DatabaseUnavailable, ExamNotFound
from services.renderer.exam import correcta
from services.renderer.exam.correcta import SQL, DatabaseSource
from services.renderer.language.french import FRENCH

pytestmark = pytest.mark.integration

SUBJECTS = ("mathematiques", "physique-chimie", "informatique")
MATHS = "mathematiques"
CONTENT: TypeAdapter[Content] = TypeAdapter(Content)


def expected(subject: str) -> GradedExam:
    path: Path = SAMPLE / "exams" / f"{subject}.json"
    return GradedExam.model_validate(json.loads(path.read_text(encoding="utf-8")))


def told(value: BaseModel) -> Any:
    """A model as plain values, with stored segments parsed and in an order that does not matter."""
    return _segments_read(value.model_dump(mode="json"))


def _segments_read(value: Any) -> Any:
    if isinstance(value, str) and value.startswith('[{"type":'):
        return CONTENT.dump_python(CONTENT.validate_json(value), mode="json")
    if isinstance(value, list):
        return [_segments_read(item) for item in value]
    if isinstance(value, dict):
        read = {key: _segments_read(item) for key, item in value.items()}
        if read.get("rubric"):
            read["rubric"].sort(key=lambda criterion: criterion["criteria"])
        if "answers" in read:
            read["answers"].sort(key=lambda answer: answer["question_id"])
            read["student"]["class_ids"].sort()
        return read
    return value


@pytest_asyncio.fixture
async def pool(correcta_database_url: str) -> AsyncIterator[asyncpg.Pool]:
    opened = await database.make_pool(correcta_database_url, size=2)
    yield opened
    await opened.close()


async def read(
    pool: asyncpg.Pool, exam: GradedExam, class_ids: Sequence[str] = (), institution: str | None = None
) -> tuple[ExamHeader, list[Submission]]:
    source = DatabaseSource(pool, institution or exam.exam.institution.id, exam.exam.id, FRENCH.warnings)
    async with source.open(class_ids) as opened:
        return opened.header, [copy async for batch in opened.submissions() for copy in batch]


@pytest.mark.parametrize("subject", SUBJECTS)
async def test_the_tables_say_what_the_json_says(pool: asyncpg.Pool, subject: str) -> None:
    exam = expected(subject)
    header, copies = await read(pool, exam)
    assert told(header.exam) == told(exam.exam)
    assert {copy.id: told(copy) for copy in copies} == {copy.id: told(copy) for copy in exam.submissions}
    assert {person.email for person in header.absent} == {person.email for person in exam.absent}
    assert {person.email for person in header.not_handed_in} == {person.email for person in exam.not_handed_in}
    assert abs(header.as_of - datetime.now(UTC)) < timedelta(minutes=5)


async def test_another_institutions_exam_is_not_there(pool: asyncpg.Pool) -> None:
    exam = expected(MATHS)
    other = expected("informatique").exam.institution.id
    with pytest.raises(ExamNotFound):
        await read(pool, exam, institution=other if other != exam.exam.institution.id else "unknown")


async def test_an_unknown_class_is_an_error(pool: asyncpg.Pool) -> None:
    with pytest.raises(ClassNotFound):
        await read(pool, expected(MATHS), ["no-such-class"])


async def test_a_class_brings_its_subgroups(pool: asyncpg.Pool) -> None:
    exam = expected(MATHS)
    parents = {group.parent_id for group in exam.classes}
    child = next(group for group in exam.classes if group.parent_id is not None and group.id not in parents)
    assert child.parent_id is not None
    _, in_child = await read(pool, exam, [child.id])
    _, in_parent = await read(pool, exam, [child.parent_id])
    _, everyone = await read(pool, exam)
    assert {copy.id for copy in in_child} < {copy.id for copy in in_parent} <= {copy.id for copy in everyone}
    assert {copy.id for copy in in_child} == {
        copy.id for copy in exam.submissions if child.id in copy.student.class_ids
    }


async def test_the_hidden_class_means_everyone_and_is_never_told(pool: asyncpg.Pool) -> None:
    exam = expected(MATHS)
    await pool.execute(
        """INSERT INTO "Class" ("id", "name", "courseId")
           SELECT 'hidden', '__DEFAULT__', "courseId" FROM "Exam" WHERE "id" = $1""",
        exam.exam.id,
    )
    await pool.execute(
        """INSERT INTO "Enrollment" ("id", "userId", "classId", "role") VALUES ('hidden', $1, 'hidden', 'STUDENT')""",
        exam.submissions[0].student.id,
    )
    header, copies = await read(pool, exam, ["hidden"])
    assert len(copies) == len(exam.submissions)
    assert "hidden" not in {group.id for group in header.classes}
    assert not any("hidden" in copy.student.class_ids for copy in copies)


async def test_one_state_of_affairs(pool: asyncpg.Pool) -> None:
    """Grades that change while the exam is read are not seen, not even in part."""
    exam = expected(MATHS)
    source = DatabaseSource(pool, exam.exam.institution.id, exam.exam.id, FRENCH.warnings)
    async with source.open([]) as opened:
        await pool.execute('UPDATE "Grade" SET "score" = 0')
        copies = [copy async for batch in opened.submissions() for copy in batch]
    assert sum(answer.score or 0 for copy in copies for answer in copy.answers) > 0


async def test_nothing_can_be_written(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    exam = expected(MATHS)
    source = DatabaseSource(pool, exam.exam.institution.id, exam.exam.id, FRENCH.warnings)
    monkeypatch.setattr(correcta, "SQL", {**SQL, "exams": 'DELETE FROM "Grade" WHERE "id" IN ($1, $2) RETURNING *'})
    with pytest.raises(DatabaseUnavailable, match="25006"):
        async with source.open([]):
            pass


async def test_each_table_is_read_once_and_nothing_is_looked_up_row_by_row(pool: asyncpg.Pool) -> None:
    """Correcta has no index on foreign keys: one nested loop over 40,000 answers would take minutes."""
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        await connection.execute(SQL["tune"])
        rows = await connection.fetch(f"EXPLAIN {SQL['answers']}", [expected(MATHS).exam.id])
    plan = "\n".join(row[0] for row in rows)
    assert "Nested Loop" not in plan
    for table in ("Attempt", "Answer", "AnswerSegment", "Grade", "HarmonizationDetail"):
        assert len(re.findall(rf'Scan [^\n]*on "{table}"', plan)) == 1, table


async def test_a_variant_with_the_same_questions_belongs_to_the_common_exam(pool: asyncpg.Pool) -> None:
    exam = expected(MATHS)
    moved = exam.submissions[0]
    await pool.execute(
        """INSERT INTO "Exam" ("id", "title", "courseId", "parentExamId", "status")
           SELECT 'variant', 'Sujet B', "courseId", "id", "status" FROM "Exam" WHERE "id" = $1""",
        exam.exam.id,
    )
    await pool.execute("""UPDATE "Attempt" SET "examId" = 'variant' WHERE "id" = $1""", moved.id)
    _, copies = await read(pool, exam)
    assert {copy.id: told(copy) for copy in copies} == {copy.id: told(copy) for copy in exam.submissions}


async def move_to_variant(pool: asyncpg.Pool, exam: GradedExam, attempt_id: str) -> None:
    """Make a variant of the exam that asks another question, and a copy one of its."""
    for statement in (
        """INSERT INTO "Exam" ("id", "title", "courseId", "parentExamId", "status")
           SELECT 'variant', 'Sujet B', "courseId", "id", "status" FROM "Exam" WHERE "id" = $1""",
        """INSERT INTO "ExamSection" ("id", "examId", "title", "order")
           SELECT 'other', 'variant', 'B', 0 FROM "Exam" WHERE "id" = $1""",
        """INSERT INTO "Question" ("id", "sectionId", "content", "type", "order")
           SELECT 'other', 'other', 'Une autre question', 'TEXT', 0 FROM "Exam" WHERE "id" = $1""",
    ):
        await pool.execute(statement, exam.exam.id)
    await pool.execute("""UPDATE "Attempt" SET "examId" = 'variant' WHERE "id" = $1""", attempt_id)


async def test_a_copy_of_a_variant_with_other_questions_is_marked(pool: asyncpg.Pool) -> None:
    exam = expected(MATHS)
    await move_to_variant(pool, exam, exam.submissions[0].id)
    header, copies = await read(pool, exam)
    left_out = [copy for copy in copies if copy.variant is not None]
    assert [(copy.id, copy.variant, copy.status) for copy in left_out] == [
        (exam.submissions[0].id, "Sujet B", exam.submissions[0].status)
    ]
    assert exam.submissions[0].student.email not in {person.email for person in header.absent}
    assert len(copies) == len(exam.submissions)


async def test_a_copy_of_a_variant_is_read_for_its_own_classes_only(pool: asyncpg.Pool) -> None:
    exam = expected(MATHS)
    moved = next(copy for copy in exam.submissions if len(copy.student.class_ids) == 1)
    (own,) = moved.student.class_ids
    parents = {group.parent_id for group in exam.classes}
    other = next(group.id for group in exam.classes if group.id not in {own, *parents})
    await move_to_variant(pool, exam, moved.id)
    for class_id, read_ids in ((own, [moved.id]), (other, [])):
        _, copies = await read(pool, exam, [class_id])
        assert [copy.id for copy in copies if copy.variant is not None] == read_ids


@pytest.mark.parametrize("steps", [(1.0, 1.25, 1.5), (1.0, 2.0, 1.0), (1.0, 1.5, 0.5, 0.75)])
async def test_the_mark_before_all_harmonisations_is_told(pool: asyncpg.Pool, steps: tuple[float, ...]) -> None:
    """A third step after the second is a teacher's own change, between two harmonisations."""
    exam = expected(MATHS)
    grade = await pool.fetchval(
        """SELECT g."id" FROM "Grade" g JOIN "Answer" w ON w."id" = g."answerId" WHERE w."attemptId" = $1
           AND g."id" NOT IN (SELECT "gradeId" FROM "HarmonizationDetail") ORDER BY g."id" LIMIT 1""",
        exam.submissions[0].id,
    )
    await pool.execute("""UPDATE "Grade" SET "score" = $2 WHERE "id" = $1""", grade, steps[-1])
    pairs = [steps[:2], steps[2:]] if len(steps) == 4 else list(pairwise(steps))
    for number, (original, new) in enumerate(pairs):
        await pool.execute(
            """WITH history AS (INSERT INTO "HarmonizationHistory" ("id", "examId") VALUES ($1, $2) RETURNING "id")
               INSERT INTO "HarmonizationDetail" ("id", "historyId", "gradeId", "originalScore", "newScore")
               SELECT $3, "id", $4, $5, $6 FROM history""",
            f"h{9 - number}",
            exam.exam.id,
            f"d{9 - number}",
            grade,
            original,
            new,
        )
    _, copies = await read(pool, exam)
    answers = [answer for copy in copies if copy.id == exam.submissions[0].id for answer in copy.answers]
    before = {told.question_id: told.harmonized_from for told in exam.submissions[0].answers}
    (changed,) = (answer for answer in answers if answer.harmonized_from != before[answer.question_id])
    assert (changed.harmonized_from, changed.score) == (steps[0], steps[-1])


async def test_points_that_are_no_number_are_warned_of(pool: asyncpg.Pool) -> None:
    exam = expected(MATHS)
    question = exam.exam.sections[0].questions[0]
    await pool.execute(
        """UPDATE "QuestionSegment" SET "maxPoints" = 'Infinity' WHERE "questionId" = $1 AND "order" = 0""", question.id
    )
    source = DatabaseSource(pool, exam.exam.institution.id, exam.exam.id, FRENCH.warnings)
    async with source.open([]) as opened:
        assert [(each.code, each.message.split("\u00a0:")[0]) for each in opened.warnings] == [
            (WarningCode.MARK_UNREADABLE, f"Question {question.label}")
        ]


async def test_a_database_that_is_away_is_said_to_be_away() -> None:
    pool = await database.make_pool("postgresql://nobody@127.0.0.1:9/none", size=1)
    with pytest.raises(DatabaseUnavailable):
        await read(pool, expected(MATHS))
    await pool.close()


async def test_the_callers_own_errors_stay_its_own(pool: asyncpg.Pool) -> None:
    exam = expected(MATHS)
    source = DatabaseSource(pool, exam.exam.institution.id, exam.exam.id, FRENCH.warnings)
    with pytest.raises(OSError, match="disk"):
        async with source.open([]):
            raise OSError("the caller's disk")
