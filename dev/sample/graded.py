"""The sample as `graded-exam.v1`: what a loader finds in Correcta's tables, said the other way."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from contracts.graded_exam import (
    Absent,
    Answer,
    AnswerPart,
    Branding,
    ClassGroup,
    Course,
    Criterion,
    Exam,
    GradedExam,
    Institution,
    NotHandedIn,
    Option,
    Question,
    Section,
    Student,
    Submission,
)
from dev.sample.model import Chapter, Copy, Given, Group, Item, Paper, Person, School

AS_OF = datetime(2025, 12, 10, 17, 0, tzinfo=UTC)


def graded_exam(
    paper: Paper, copies: Sequence[Copy], students: Iterable[Person], groups: Sequence[Group]
) -> GradedExam:
    """The exam with its copies. `groups` are the classes it may be filtered by; whoever began nothing is absent."""
    shown = [group for group in groups if not group.hidden]
    handed_in = [copy for copy in copies if copy.status != "IN_PROGRESS"]
    present = {copy.student.id for copy in handed_in}
    return GradedExam(
        exam=_exam(paper),
        classes=tuple(
            ClassGroup(id=group.id, name=group.name, parent_id=group.parent.id if group.parent else None)
            for group in shown
        ),
        submissions=tuple(_submission(copy, shown) for copy in handed_in),
        absent=tuple(
            Absent(name=person.name, email=person.email, class_ids=_class_ids(person, shown))
            for person in students
            if person.id not in {copy.student.id for copy in copies}
        ),
        not_handed_in=tuple(
            NotHandedIn(name=copy.student.name, email=copy.student.email, class_ids=_class_ids(copy.student, shown))
            for copy in copies
            if copy.student.id not in present
        ),
        as_of=AS_OF,
    )


def _class_ids(person: Person, groups: Sequence[Group]) -> tuple[str, ...]:
    return tuple(group.id for group in groups if any(member.id == person.id for member in group.members))


def _exam(paper: Paper) -> Exam:
    visible = [chapter for chapter in paper.chapters if not chapter.default]
    return Exam(
        id=paper.id,
        title=paper.title,
        description=paper.description,
        institution=_institution(paper.course.school),
        course=Course(code=paper.course.code, name=paper.course.name),
        sections=tuple(_section(chapter, visible) for chapter in paper.chapters),
    )


def _institution(school: School) -> Institution:
    branding = school.settings.get("branding")
    return Institution(id=school.id, name=school.name, branding=Branding(**branding) if branding else None)


def _section(chapter: Chapter, visible: Sequence[Chapter]) -> Section:
    prefix = "" if chapter.default else f"{visible.index(chapter) + 1}."
    return Section(
        id=chapter.id,
        title="" if chapter.default else chapter.title,
        label=chapter.label,
        intro=_content(chapter.intro) if chapter.intro is not None else None,
        questions=tuple(
            _question(item, item.label or f"{prefix}{number}") for number, item in enumerate(chapter.items, start=1)
        ),
    )


def _question(item: Item, label: str) -> Question:
    criteria = tuple(
        Criterion(criteria=line.criteria, levels=line.levels) for part in item.parts for line in part.rubric
    )
    options = item.parts if item.type == "MCQ" else ()
    return Question(
        id=item.id,
        label=label,
        type=item.type,
        content=_content(item.content),
        instruction=None if options or len(item.parts) != 1 else _content(item.parts[0].instruction) or None,
        max_points=item.maximum,
        require_all_correct=item.all_or_nothing,
        options=tuple(
            Option(id=part.id, content=_content(part.instruction), is_correct=bool(part.right)) for part in options
        ),
        rubric=criteria or None,
    )


def _submission(copy: Copy, groups: Sequence[Group]) -> Submission:
    assert copy.status != "IN_PROGRESS"
    student = copy.student
    return Submission(
        id=copy.id,
        student=Student(id=student.id, name=student.name, email=student.email, class_ids=_class_ids(student, groups)),
        submitted_at=copy.submitted.replace(tzinfo=UTC) if copy.submitted else None,
        status=copy.status,
        answers=tuple(_answer(given) for given in copy.given),
    )


def _answer(given: Given) -> Answer:
    several = len(given.texts) > 1
    return Answer(
        question_id=given.item.id,
        content=_content(given.texts[0]) if given.texts and not several else "",
        parts=_parts(given) if several else (),
        selected_option_ids=given.ticked,
        score=given.score,
        feedback=given.feedback,
        origin=given.origin,
        harmonized_from=given.before,
    )


def _parts(given: Given) -> tuple[AnswerPart, ...]:
    scores: tuple[float | None, ...] = given.scores or (None,) * len(given.texts)
    return tuple(
        AnswerPart(content=_content(text), max_points=part.points, score=score, instruction=_content(part.instruction))
        for text, part, score in zip(given.texts, given.item.parts, scores, strict=True)
    )


def _content(written: str | list[dict[str, Any]]) -> Any:
    """Segments where segments were stored, else the text itself."""
    if isinstance(written, str) and written.startswith('[{"type":'):
        return json.loads(written)
    return written
