"""The sample as rows of Correcta's tables, in an order that respects their foreign keys."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from dev.sample.identity import identifier
from dev.sample.model import Content, Copy, Course, Given, Group, Item, Paper, Person, School

Row = dict[str, Any]
Tables = dict[str, list[Row]]


class Json(str):
    """A text that is already JSON, for a `jsonb` column."""

    __slots__ = ()


def to_json(value: Any) -> Json:
    """`value` as compact JSON."""
    return Json(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def people_rows(
    schools: Iterable[School],
    people: Iterable[Person],
    courses: Iterable[Course],
    groups: Sequence[Group],
    teaching: Iterable[tuple[Person, Group]],
) -> Tables:
    """Institutions, users, courses, classes and enrolments."""
    members = [(person, group) for group in groups for person in group.members]
    return {
        "Institution": [
            {"id": s.id, "name": s.name, "domain": s.domain, "settings": to_json(s.settings)} for s in schools
        ],
        "User": [_user(person) for person in people],
        "Course": [{"id": c.id, "code": c.code, "name": c.name, "institutionId": c.school.id} for c in courses],
        "Class": [
            {
                "id": group.id,
                "name": group.name,
                "courseId": group.course.id,
                "parentId": group.parent.id if group.parent else None,
            }
            for group in groups
        ],
        "Enrollment": [
            {
                "id": identifier("enrollment", person.id, group.id),
                "userId": person.id,
                "classId": group.id,
                "role": "STUDENT" if person.role == "STUDENT" else "TEACHER",
            }
            for person, group in (*members, *teaching)
        ],
    }


def _user(person: Person) -> Row:
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "passwordHash": None,
        "role": person.role,
        "institutionId": person.school.id if person.school else None,
        "archivedAt": person.archived_at,
    }


def exam_rows(paper: Paper, copies: Sequence[Copy]) -> Tables:
    """One exam with its statement, its attempts and their grades."""
    tables: Tables = defaultdict(list)
    tables["Exam"].append(_exam(paper))
    for order, chapter in enumerate(paper.chapters):
        tables["ExamSection"].append(
            {
                "id": chapter.id,
                "examId": paper.id,
                "title": chapter.title,
                "order": order,
                "isDefault": chapter.default,
                "customLabel": chapter.label,
                "introContent": _stored(chapter.intro) if chapter.intro is not None else None,
            }
        )
        for position, item in enumerate(chapter.items):
            _statement(tables, item, chapter.id, position)
    for copy in copies:
        _attempt(tables, paper, copy)
    _harmonisation(tables, paper, copies)
    return tables


def _exam(paper: Paper) -> Row:
    return {
        "id": paper.id,
        "title": paper.title,
        "description": paper.description,
        "courseId": paper.course.id,
        "classIds": [group.id for group in paper.groups],
        "classId": paper.group.id if paper.group else None,
        "parentExamId": paper.parent.id if paper.parent else None,
        "startAt": paper.starts,
        "endAt": paper.starts + timedelta(minutes=paper.minutes),
        "durationMinutes": paper.minutes,
        "authorId": paper.author.id,
        "status": "PUBLISHED",
        "gradingConfig": to_json({"scale": 20}),
    }


def _statement(tables: Tables, item: Item, section_id: str, order: int) -> None:
    tables["Question"].append(
        {
            "id": item.id,
            "sectionId": section_id,
            "content": _stored(item.content),
            "type": item.type,
            "order": order,
            "customLabel": item.label,
            "requireAllCorrect": item.all_or_nothing,
            "maxPoints": item.points if item.type == "MCQ" else item.left_over,
            "answerTemplate": item.template,
        }
    )
    for position, part in enumerate(item.parts):
        tables["QuestionSegment"].append(
            {
                "id": part.id,
                "questionId": item.id,
                "order": position,
                "instruction": _stored(part.instruction),
                "maxPoints": part.points,
                "isCorrect": part.right,
            }
        )
        for line, criterion in enumerate(part.rubric):
            tables["Rubric"].append(
                {
                    "id": identifier("rubric", part.id)[:-2] + f"{line:02x}",  # a rubric has no order but its id's
                    "segmentId": part.id,
                    "criteria": criterion.criteria,
                    "levels": to_json(list(criterion.levels)),
                }
            )


def _attempt(tables: Tables, paper: Paper, copy: Copy) -> None:
    tables["Attempt"].append(
        {
            "id": copy.id,
            "examId": paper.id,
            "studentId": copy.student.id,
            "startedAt": copy.started,
            "submittedAt": copy.submitted,
            "status": copy.status,
        }
    )
    for given in copy.given:
        answer = identifier("answer", copy.id, given.item.id)
        tables["Answer"].append({"id": answer, "attemptId": copy.id, "questionId": given.item.id})
        tables["AnswerSegment"].extend(_segments(given, answer, copy))
        tables["Grade"].extend(_grades(given, answer, paper))


def _segment_id(answer: str, part: str) -> str:
    return identifier("answer-segment", answer, part)


def _segments(given: Given, answer: str, copy: Copy) -> Iterator[Row]:
    tick = "1" if copy.id[0] in "02468" else "true"  # both forms are found in Correcta
    for n, part in enumerate(given.item.parts):
        written = given.texts[n] if given.texts else (tick if part.id in given.ticked else "")
        yield {"id": _segment_id(answer, part.id), "answerId": answer, "segmentId": part.id, "content": written}


def _grades(given: Given, answer: str, paper: Paper) -> Iterator[Row]:
    """One grade for the question; one a part where it has several, or where the grade is kept with its only part."""
    if given.score is None:
        return
    shared = {
        "aiRationale": given.rationale,
        "isOverridden": given.overridden,
        "gradedByUserId": given.grader.id if given.grader else None,
        "createdAt": paper.starts + timedelta(days=6),
    }
    if given.texts and given.item.by_parts and not given.scores:
        yield _part_grade(given, answer, 0, given.score) | {"feedback": given.feedback} | shared
        return
    for n, score in enumerate(given.scores):
        feedback = given.feedback if n == len(given.scores) - 1 else None
        yield _part_grade(given, answer, n, score) | {"feedback": feedback} | shared
    if not given.scores:
        yield {
            "id": _grade_id(answer),
            "answerId": answer,
            "answerSegmentId": None,
            "score": given.score,
            "feedback": given.feedback,
        } | shared


def _grade_id(answer: str) -> str:
    return identifier("grade", answer)


def _part_grade(given: Given, answer: str, n: int, score: float) -> Row:
    segment = _segment_id(answer, given.item.parts[n].id)
    return {"id": identifier("grade", segment), "answerId": None, "answerSegmentId": segment, "score": score}


def _harmonisation(tables: Tables, paper: Paper, copies: Iterable[Copy]) -> None:
    adjusted = [
        (identifier("answer", copy.id, given.item.id), given)
        for copy in copies
        for given in copy.given
        if given.before is not None
    ]
    if not adjusted:
        return
    history = identifier("harmonization", paper.id)
    when: datetime = paper.starts + timedelta(days=10)
    tables["HarmonizationHistory"].append(
        {"id": history, "examId": paper.id, "appliedById": paper.author.id, "method": "ratio", "createdAt": when}
    )
    tables["HarmonizationDetail"].extend(
        {
            "id": identifier("harmonization-detail", answer),
            "historyId": history,
            "gradeId": _grade_id(answer),
            "originalScore": given.before,
            "newScore": given.score,
        }
        for answer, given in adjusted
    )


def _stored(content: Content) -> str:
    """As Correcta stores content: text as it is, segments as a JSON array."""
    return content if isinstance(content, str) else str(to_json(content))
