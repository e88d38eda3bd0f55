"""Rows of Correcta's tables to a graded exam's models. Pure.

The rules are Correcta's: what a question is worth (`contracts.correcta.question_maximum`); a custom label wins over a
number; the hidden default section is not numbered; a tick is stored as `true` or `1`.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite, nan
from typing import Any, Literal

from contracts.correcta import GRADED, StoredPart, award, is_ticked, question_maximum
from contracts.graded_exam import (
    Answer,
    AnswerPart,
    Branding,
    ClassGroup,
    Course,
    Criterion,
    Exam,
    Institution,
    Option,
    Question,
    Section,
    Student,
    Submission,
)
from contracts.numbers import decimal, total_of
from contracts.residue import has_text
from services.renderer.exam.homonyms import Person

Row = Mapping[str, Any]

Origin = Literal["auto", "ai", "teacher"]
ORIGINS: tuple[Origin, ...] = ("teacher", "ai", "auto")
"""Where parts of one answer were graded in different ways, the first of these names the whole."""


@dataclass(frozen=True)
class Paper:
    """The questions of one exam with their segments, by id. `unreadable` are the labels of those some of whose points
    are not a number.
    """

    sections: tuple[Section, ...]
    segments: Mapping[str, Sequence[Row]] = field(repr=False)
    unreadable: tuple[str, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions in order."""
        return tuple(question for section in self.sections for question in section.questions)


def grouped(rows: Iterable[Row], column: str) -> dict[str, list[Row]]:
    """Rows by the value of a column, in their order."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups


def paper(sections: Sequence[Row], questions: Sequence[Row], segments: Sequence[Row], rubrics: Sequence[Row]) -> Paper:
    """The questions of one exam, numbered."""
    of_section, of_question, of_segment = (
        grouped(questions, "section_id"),
        grouped(segments, "question_id"),
        grouped(rubrics, "segment_id"),
    )
    made: list[Section] = []
    numbered = 0
    for row in sections:
        numbered += not row["is_default"]
        prefix = "" if row["is_default"] else f"{numbered}."
        made.append(
            Section(
                id=row["id"],
                title="" if row["is_default"] else row["title"],
                label=row["custom_label"] or None,
                intro=row["intro"] or None,
                questions=tuple(
                    _question(question, f"{prefix}{number}", of_question[question["id"]], of_segment)
                    for number, question in enumerate(of_section[row["id"]], start=1)
                ),
            )
        )
    rows = {question["id"]: question for question in questions}
    labels = (
        question.label
        for section in made
        for question in section.questions
        if _is_unreadable(rows[question.id], of_question[question.id])
    )
    return Paper(tuple(made), of_question, tuple(labels))


def _is_unreadable(question: Row, segments: Iterable[Row]) -> bool:
    return not all(isfinite(row["max_points"]) for row in (question, *segments) if row["max_points"] is not None)


def _question(row: Row, number: str, segments: Sequence[Row], rubrics: Mapping[str, Sequence[Row]]) -> Question:
    is_mcq = row["type"] == "MCQ"
    criteria = tuple(_criterion(rubric) for segment in segments for rubric in rubrics.get(segment["id"], ()))
    return Question(
        id=row["id"],
        label=row["custom_label"] or number,
        type=row["type"],
        content=row["content"],
        instruction=None if is_mcq or len(segments) != 1 else segments[0]["instruction"] or None,
        max_points=question_maximum(is_mcq, row["max_points"], [segment["max_points"] for segment in segments]),
        require_all_correct=row["require_all_correct"],
        options=tuple(_option(segment) for segment in segments) if is_mcq else (),
        rubric=criteria or None,
    )


def _option(segment: Row) -> Option:
    return Option(id=segment["id"], content=segment["instruction"], is_correct=bool(segment["is_correct"]))


def _criterion(row: Row) -> Criterion:
    levels = parsed(row["levels"])
    known = [level for level in levels if isinstance(level, dict)] if isinstance(levels, list) else []
    return Criterion(criteria=row["criteria"] or "", levels=tuple(known))


def parsed(value: object) -> Any:
    """A `jsonb` value, which the driver hands over as text; None where it is none."""
    return json.loads(value) if isinstance(value, str) else value


def exam(row: Row, sections: tuple[Section, ...]) -> Exam:
    """The exam with its school and course."""
    settings = parsed(row["settings"])
    return Exam(
        id=row["id"],
        title=row["title"],
        description=row["description"] or None,
        institution=Institution(
            id=row["institution_id"],
            name=row["institution_name"],
            branding=_branding(settings),
            timezone=_timezone(settings),
        ),
        course=Course(code=row["course_code"], name=row["course_name"]),
        sections=sections,
    )


def _branding(settings: Any) -> Branding | None:
    found = settings.get("branding") if isinstance(settings, dict) else None
    if not isinstance(found, dict):
        return None
    logo = found.get("logo") or found.get("logoUrl")
    color = found.get("color") or found.get("primaryColor")
    return Branding(logo=logo if isinstance(logo, str) else None, color=color if isinstance(color, str) else None)


def _timezone(settings: Any) -> str | None:
    found = settings.get("timezone") if isinstance(settings, dict) else None
    return found if isinstance(found, str) else None


def class_group(row: Row) -> ClassGroup:
    """A class."""
    return ClassGroup(id=row["id"], name=row["name"], parent_id=row["parent_id"])


def submission(
    attempt: Row,
    answers: Sequence[Row],
    questions: Mapping[str, Question],
    segments: Mapping[str, Sequence[Row]],
    class_ids: tuple[str, ...],
    variant: str | None = None,
) -> Submission:
    """A copy. `answers` are its rows of the `answers` query, by whose ids `questions` and `segments` go; `variant` is
    set where those are not the exam's.
    """
    by_question = grouped(answers, "question_id")
    graded = attempt["status"] == GRADED
    return Submission(
        id=attempt["id"],
        student=Student(
            id=attempt["student_id"],
            name=attempt["name"] or attempt["email"],
            email=attempt["email"],
            class_ids=class_ids,
        ),
        submitted_at=in_utc(attempt["submitted_at"]),
        status=attempt["status"],
        answers=tuple(
            _answer(question, by_question[question_id], segments[question_id], graded)
            for question_id, question in questions.items()
            if question_id in by_question
        ),
        variant=variant,
    )


def person(attempt: Row) -> Person:
    """Who an attempt is of."""
    return Person(attempt["name"] or attempt["email"], attempt["email"], attempt["student_id"])


def in_utc(moment: datetime | None) -> datetime | None:
    """Correcta's timestamps have no zone and are UTC."""
    return None if moment is None else moment.replace(tzinfo=UTC)


def _answer(question: Question, rows: Sequence[Row], segments: Sequence[Row], copy_graded: bool) -> Answer:
    whole = next((row for row in rows if row["segment_id"] is None), None)
    written: dict[str, Row] = {}
    for row in rows:
        if row["segment_id"] is not None:
            written.setdefault(row["segment_id"], row)
    graded = [whole] if whole is not None and whole["score"] is not None else list(_graded(written.values()))
    feedback = [row["feedback"] for row in (whole, *written.values()) if row is not None and row["feedback"]]
    several = question.type != "MCQ" and len(segments) > 1
    return Answer(
        question_id=question.id,
        content="" if question.type == "MCQ" or several else "\n".join(row["content"] for row in written.values()),
        parts=tuple(_part(segment, written.get(segment["id"])) for segment in segments) if several else (),
        selected_option_ids=tuple(_ticked(question, segments, written)) if question.type == "MCQ" else (),
        score=_score(question, whole, written.values(), copy_graded),
        feedback="\n\n".join(dict.fromkeys(feedback)) or None,
        origin=next((origin for origin in ORIGINS if any(row["origin"] == origin for row in graded)), None),
        harmonized_from=_before(graded),
    )


def _score(question: Question, whole: Row | None, parts: Collection[Row], copy_graded: bool) -> float | None:
    """The question's own score, else its parts' together; NaN where it is no number."""
    if whole is not None and whole["score"] is not None:
        return float(whole["score"])
    if all(part["score"] is None for part in parts):
        return None
    is_written = is_ticked if question.type == "MCQ" else has_text
    stored = [StoredPart(part["score"], is_written(part["content"])) for part in parts]
    score, unreadable = award(None, stored, graded=copy_graded and question.type == "MCQ")
    return nan if unreadable else None if score is None else float(score)


def _graded(rows: Iterable[Row]) -> Iterator[Row]:
    return (row for row in rows if row["score"] is not None)


def _part(segment: Row, row: Row | None) -> AnswerPart:
    return AnswerPart(
        content="" if row is None else row["content"],
        max_points=segment["max_points"],
        score=None if row is None else row["score"],
        instruction=segment["instruction"] or None,
    )


def _ticked(question: Question, segments: Sequence[Row], written: Mapping[str, Row]) -> Iterator[str]:
    """The options ticked, by the exam's own ids: those of a variant stand in the same order."""
    for option, segment in zip(question.options, segments, strict=True):
        row = written.get(segment["id"])
        if row is not None and is_ticked(row["content"]):
            yield option.id


def _before(graded: Sequence[Row]) -> float | None:
    """What the score was before harmonisation; None where none of it was changed, or part of it is not a number."""
    values = [row["score"] if row["harmonised_from"] is None else row["harmonised_from"] for row in graded]
    if all(row["harmonised_from"] is None for row in graded) or not all(map(isfinite, values)):
        return None
    return float(total_of(map(decimal, values)))
