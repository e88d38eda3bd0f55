"""Rows of Correcta's tables as a graded exam: points, labels, ticks, scores and what harmonisation changed."""

from datetime import UTC, datetime
from math import inf, nan
from typing import Any

import pytest

from contracts.graded_exam import Question
from services.renderer.exam.correcta_rows import Row, class_group, exam, in_utc, paper, parsed, submission


def a_section_row(**overrides: Any) -> Row:
    return {"id": "s1", "title": "Analyse", "is_default": False, "custom_label": None, "intro": None} | overrides


def a_question_row(**overrides: Any) -> Row:
    defaults = {"id": "q1", "section_id": "s1", "content": "Dériver", "type": "TEXT", "custom_label": None}
    return defaults | {"require_all_correct": False, "max_points": None} | overrides


def a_segment_row(**overrides: Any) -> Row:
    return {"id": "p1", "question_id": "q1", "instruction": "", "max_points": 2.0, "is_correct": None} | overrides


def an_answer_row(**overrides: Any) -> Row:
    defaults = {"question_id": "q1", "segment_id": "p1", "content": "2x", "score": 1.0, "feedback": None}
    return defaults | {"origin": "teacher", "harmonised_from": None} | overrides


ATTEMPT: Row = {
    "id": "a1",
    "student_id": "u1",
    "name": None,
    "email": "u1@ecole.example",
    "submitted_at": datetime(2026, 1, 20, 10),
    "status": "GRADED",
}


def the_question(question: Row, *segments: Row) -> Question:
    (only,) = paper([a_section_row()], [question], segments, []).questions
    return only


def the_answer(question: Row, segments: list[Row], answers: list[Row]) -> Any:
    read = paper([a_section_row()], [question], segments, [])
    copy = submission(ATTEMPT, answers, {"q1": read.questions[0]}, read.segments, ())
    (answer,) = copy.answers
    return answer


@pytest.mark.parametrize(
    ("question", "points", "maximum"),
    [
        ({"max_points": 3.0}, [1.0, 1.0], 2.0),
        ({"type": "MCQ", "max_points": 3.0}, [1.0, 1.0], 3.0),
        ({}, [0.1, 0.2], 0.3),
        ({"type": "MCQ"}, [2.0, -1.0, None], 2.0),
        ({}, [2.0, -1.0], 1.0),
        ({}, [], 0.0),
    ],
)
def test_the_points_of_a_question(question: dict[str, Any], points: list[float | None], maximum: float) -> None:
    segments = [a_segment_row(id=f"p{index}", max_points=value) for index, value in enumerate(points)]
    assert the_question(a_question_row(**question), *segments).max_points == maximum


def test_questions_are_numbered_within_their_section_and_the_hidden_section_is_not() -> None:
    sections = [a_section_row(id="s0", is_default=True), a_section_row(), a_section_row(id="s2")]
    questions = [a_question_row(id=f"q-{section['id']}", section_id=section["id"]) for section in sections]
    questions.append(a_question_row(id="own", section_id="s2", custom_label="Bonus"))
    read = paper(sections, questions, [], [])
    assert [question.label for question in read.questions] == ["1", "1.1", "2.1", "Bonus"]
    assert [section.title for section in read.sections] == ["", "Analyse", "Analyse"]


def test_a_rubric_keeps_the_levels_that_are_objects() -> None:
    rubrics = [{"segment_id": "p1", "criteria": None, "levels": '[{"points": 1}, "loose", 3]'}]
    (question,) = paper([a_section_row()], [a_question_row()], [a_segment_row()], rubrics).questions
    assert question.rubric is not None
    assert (question.rubric[0].criteria, question.rubric[0].levels) == ("", ({"points": 1},))


@pytest.mark.parametrize(
    ("stored", "ticked"), [("true", True), ("1", True), (" TRUE ", True), ("", False), ("false", False), ("0", False)]
)
def test_a_tick_is_stored_as_true_or_1(stored: str, ticked: bool) -> None:
    answer = the_answer(a_question_row(type="MCQ"), [a_segment_row()], [an_answer_row(content=stored)])
    assert (answer.selected_option_ids, answer.content) == (("p1",) if ticked else (), "")


def test_the_instruction_of_a_question_with_one_part_is_kept() -> None:
    one = a_segment_row(instruction="Justifier.")
    assert the_question(a_question_row(), one).instruction == "Justifier."
    assert the_question(a_question_row(), a_segment_row()).instruction is None
    assert the_question(a_question_row(), one, a_segment_row(id="p2")).instruction is None
    assert the_question(a_question_row(type="MCQ"), one).instruction is None


def test_an_answer_in_several_parts_keeps_each_with_its_score() -> None:
    segments = [a_segment_row(), a_segment_row(id="p2", instruction="Et la suite ?")]
    answer = the_answer(a_question_row(), segments, [an_answer_row(), an_answer_row(segment_id="p2", score=None)])
    assert [(part.content, part.score, part.instruction) for part in answer.parts] == [
        ("2x", 1.0, None),
        ("2x", None, "Et la suite ?"),
    ]
    assert (answer.content, answer.score) == ("", None)


def test_the_questions_own_grade_wins_over_its_parts() -> None:
    whole = an_answer_row(segment_id=None, content=None, score=2.0, origin="ai", feedback="Bien.")
    answer = the_answer(a_question_row(), [a_segment_row()], [whole, an_answer_row(feedback="Bien.")])
    assert (answer.score, answer.origin, answer.feedback) == (2.0, "ai", "Bien.")


def test_parts_graded_in_different_ways_are_named_by_the_teacher_first() -> None:
    segments = [a_segment_row(), a_segment_row(id="p2")]
    rows = [an_answer_row(origin="auto"), an_answer_row(segment_id="p2", origin="teacher", harmonised_from=0.5)]
    answer = the_answer(a_question_row(), segments, rows)
    assert (answer.score, answer.origin, answer.harmonized_from) == (2.0, "teacher", 1.5)


@pytest.mark.parametrize("stored", [nan, inf, -inf])
def test_a_score_that_is_no_number_is_unreadable(stored: float) -> None:
    one_part = the_answer(a_question_row(), [a_segment_row()], [an_answer_row(score=stored)])
    assert (one_part.score, one_part.unreadable) == (None, True)
    segments = [a_segment_row(), a_segment_row(id="p2", max_points=stored)]
    answer = the_answer(a_question_row(), segments, [an_answer_row(), an_answer_row(segment_id="p2", score=stored)])
    assert [(part.score, part.unreadable, part.max_points) for part in answer.parts] == [
        (1.0, False, 2.0),
        (None, True, None),
    ]
    assert (answer.score, answer.unreadable) == (None, True)
    before = the_answer(a_question_row(), [a_segment_row()], [an_answer_row(harmonised_from=stored)])
    assert (before.score, before.harmonized_from) == (1.0, None)


def test_points_that_are_no_number_are_not_counted_and_named() -> None:
    segments = [a_segment_row(max_points=nan), a_segment_row(id="p2"), a_segment_row(id="p3", question_id="q2")]
    read = paper([a_section_row()], [a_question_row(), a_question_row(id="q2")], segments, [])
    assert [question.max_points for question in read.questions] == [2.0, 2.0]
    assert read.unreadable == ("1.1",)


@pytest.mark.parametrize(("status", "score"), [("GRADED", 0.75), ("SUBMITTED", None)])
def test_an_mcq_graded_by_its_options_is_their_sum(status: str, score: float | None) -> None:
    segments = [a_segment_row(), a_segment_row(id="p2"), a_segment_row(id="p3")]
    rows = [an_answer_row(segment_id=f"p{n}", content="true", score=score) for n, score in ((2, 0.75), (3, None))]
    rows.append(an_answer_row(content="", score=None))
    question = a_question_row(type="MCQ")
    read = paper([a_section_row()], [question], segments, [])
    copy = submission({**ATTEMPT, "status": status}, rows, {"q1": read.questions[0]}, read.segments, ())
    assert copy.answers[0].score == score


def test_a_copy_names_its_student_by_mail_where_there_is_no_name() -> None:
    copy = submission(ATTEMPT, [], {}, {}, ("c1",))
    assert (copy.student.name, copy.student.class_ids) == ("u1@ecole.example", ("c1",))
    assert copy.submitted_at == datetime(2026, 1, 20, 10, tzinfo=UTC)
    assert in_utc(None) is None


@pytest.mark.parametrize(
    ("settings", "logo", "colour"),
    [
        ('{"branding": {"logo": "/logo.png", "color": "#123456"}}', "/logo.png", "#123456"),
        ('{"branding": {"logoUrl": "/l.png", "primaryColor": "red"}}', "/l.png", "red"),
        ('{"branding": {"logo": 3}}', None, None),
    ],
)
def test_the_schools_colours_are_read_from_its_settings(settings: str, logo: str | None, colour: str | None) -> None:
    row = {"id": "e1", "title": "Partiel", "description": "", "course_code": "M1", "course_name": "Maths"}
    read = exam(row | {"institution_id": "i1", "institution_name": "École", "settings": settings}, ())
    assert read.description is None
    assert read.institution.branding is not None
    assert (read.institution.branding.logo, read.institution.branding.color) == (logo, colour)


@pytest.mark.parametrize("settings", [None, "[]", '{"branding": "blue"}', {}])
def test_settings_without_branding_have_none(settings: Any) -> None:
    row = {"id": "e1", "title": "P", "description": None, "course_code": "M1", "course_name": "M"}
    read = exam(row | {"institution_id": "i1", "institution_name": "É", "settings": settings}, ())
    assert read.institution.branding is None
    assert parsed(None) is None


@pytest.mark.parametrize(
    ("settings", "timezone"),
    [('{"timezone": "Indian/Reunion"}', "Indian/Reunion"), ('{"timezone": 3}', None), ("[]", None), (None, None)],
)
def test_the_schools_time_zone_is_read_from_its_settings(settings: str | None, timezone: str | None) -> None:
    row = {"id": "e1", "title": "P", "description": None, "course_code": "M1", "course_name": "M"}
    read = exam(row | {"institution_id": "i1", "institution_name": "É", "settings": settings}, ())
    assert read.institution.timezone == timezone


def test_a_class_knows_the_class_above_it() -> None:
    assert class_group({"id": "c2", "name": "Groupe A", "parent_id": "c1"}).parent_id == "c1"
