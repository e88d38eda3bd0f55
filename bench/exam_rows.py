"""A generated exam as rows of Correcta's tables, in the sample school, for measuring the services as they run."""

from datetime import datetime
from typing import Any

import asyncpg

from dev.sample import inserts, people, tables
from dev.sample.identity import identifier
from dev.sample.model import Chapter, Copy, Course, Given, Group, Item, Paper, Part, Person

STARTS = datetime(2026, 1, 12, 8, 0)
TEACHER = people.OKONKWO

MARK_AGAIN = """
WITH copies AS (
    SELECT a."id", row_number() OVER (ORDER BY a."id") AS place, count(*) OVER () AS total
    FROM "Attempt" a WHERE a."examId" = $1
), chosen AS (
    SELECT min(s."id") AS part FROM copies
    JOIN "Answer" w ON w."attemptId" = copies."id" JOIN "AnswerSegment" s ON s."answerId" = w."id"
    WHERE copies.place % (total / $2::int) = 1 AND copies.place / (total / $2::int) < $2::int GROUP BY copies."id"
)
UPDATE "Grade" SET "score" = "score" + 0.5 FROM chosen
WHERE coalesce("answerSegmentId", "answerId") = chosen.part
"""


def paper(graded: dict[str, Any], key: str) -> tuple[Paper, list[Copy]]:
    """The exam and its copies, as the sample's own are described."""
    items = tuple(_item(question, key) for section in graded["exam"]["sections"] for question in section["questions"])
    students = [_student(submission, key) for submission in graded["submissions"]]
    school = people.VAUCLAIR
    course = Course(identifier("course", "bench", key), key, "Analyse", school)
    group = Group(identifier("class", "bench", key), f"Groupe {key}", course, None, tuple(students))
    chapter = Chapter(identifier("section", "bench", key), "", items, default=True)
    exam = Paper(
        identifier("exam", "bench", key),
        key,
        f"Partiel {key}",
        None,
        course,
        (chapter,),
        TEACHER,
        STARTS,
        120,
        (group,),
    )
    by_id = {question["id"]: item for question, item in zip(_questions(graded), items, strict=True)}
    copies = [
        _copy(submission, student, by_id, key)
        for submission, student in zip(graded["submissions"], students, strict=True)
    ]
    return exam, copies


async def load(url: str, graded: dict[str, Any], key: str) -> str:
    """Add the exam to Correcta's tables, unless it is there; its id."""
    exam, copies = paper(graded, key)
    group = exam.groups[0]
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval('select 1 from "Exam" where "id" = $1', exam.id):
            enrolled = tables.people_rows([], group.members, [exam.course], [group], [(TEACHER, group)])
            async with connection.transaction():
                await connection.execute(inserts.script([enrolled, tables.exam_rows(exam, copies)]))
    finally:
        await connection.close()
    return exam.id


async def mark_again(url: str, exam_id: str, count: int) -> None:
    """One grade of each of that many copies, spread over the class, is half a point more."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(MARK_AGAIN, exam_id, count)
    finally:
        await connection.close()


def _questions(graded: dict[str, Any]) -> list[dict[str, Any]]:
    return [question for section in graded["exam"]["sections"] for question in section["questions"]]


def _item(question: dict[str, Any], key: str) -> Item:
    part = Part(identifier("part", "bench", key, question["id"]))
    identity = identifier("question", "bench", key, question["id"])
    return Item(identity, question["id"], "TEXT", question["content"], (part,), points=question["maxPoints"])


def _student(submission: dict[str, Any], key: str) -> Person:
    student = submission["student"]
    identity = identifier("user", "bench", key, student["id"])
    return Person(identity, student["id"], student["name"], f"{key}.{student['email']}", "STUDENT", people.VAUCLAIR)


def _copy(submission: dict[str, Any], student: Person, items: dict[str, Item], key: str) -> Copy:
    given = tuple(
        Given(
            items[answer["questionId"]],
            texts=(answer["content"],),
            score=answer["score"],
            feedback=answer["feedback"],
            grader=TEACHER,
        )
        for answer in submission["answers"]
    )
    return Copy(identifier("attempt", "bench", key, submission["id"]), student, "GRADED", STARTS, STARTS, given)
