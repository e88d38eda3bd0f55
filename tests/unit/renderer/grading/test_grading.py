"""The marks: exact sums, one rounding, ungraded never zero, a head count that adds up."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.correcta import CopyState
from contracts.graded_exam import Absent, Answer, AnswerPart, ExamHeader, Student, Submission
from contracts.numbers import decimal, on_twenty, rounded
from contracts.options import Audience, Order, ReportOptions
from contracts.states import WarningCode
from services.renderer.grading.gradebook import alias, build_gradebook, latest_copies
from services.renderer.grading.marks import CopyMarks, mark_copy
from services.renderer.language.english import ENGLISH
from services.renderer.language.french import FRENCH
from tests.builders import (
    AS_OF,
    a_question,
    a_section,
    a_student,
    a_submission,
    an_answer,
    an_exam,
    an_exam_header,
    an_mcq_answer,
)

EXAM = an_exam()


def _row(**overrides: Any) -> CopyMarks:
    return mark_copy(EXAM, a_submission(**overrides))


def _blank(status: str) -> CopyMarks:
    return _row(answers=(), status=status)


def _named(name: str, score: float | None = 3.0, **student: Any) -> CopyMarks:
    answer = an_answer(score=score)
    status = "GRADED" if score is not None else "SUBMITTED"
    return _row(student=a_student(name=name, **student), answers=(answer,), status=status)


def _names(header: ExamHeader, rows: list[CopyMarks], **options: Any) -> list[str]:
    return [row.student.name for row in build_gradebook(header, rows, ReportOptions(**options)).rows]


def test_marks_follow_the_exam_whatever_the_order_of_the_answers() -> None:
    row = _row(answers=(an_mcq_answer(), an_answer()))
    assert [mark.question_id for mark in row.marks] == ["q1", "q2"]
    assert [mark.score for mark in row.marks] == [Decimal(3), Decimal(1)]
    assert (row.total, row.maximum, row.state) == (Decimal(4), Decimal(6), CopyState.GRADED)


def test_an_unanswered_question_of_a_graded_copy_is_worth_zero_and_says_so() -> None:
    row = _row(answers=(an_answer(),))
    assert (row.marks[1].score, row.marks[1].answered) == (Decimal(0), False)
    assert (row.total, row.state) == (Decimal(3), CopyState.GRADED)


def test_a_blank_graded_copy_is_worth_zero() -> None:
    assert (_blank("GRADED").total, _blank("GRADED").state) == (Decimal(0), CopyState.GRADED)


@pytest.mark.parametrize("empty", [an_answer(content="  \n", score=None), Answer(question_id="q1")])
def test_an_empty_answer_counts_as_unanswered(empty: Answer) -> None:
    row = _row(answers=(empty, an_mcq_answer()))
    assert (row.marks[0].score, row.marks[0].answered, row.state) == (Decimal(0), False, CopyState.GRADED)


def test_an_ungraded_copy_has_no_total_and_no_zero() -> None:
    row = _row(answers=(an_answer(score=None),), status="SUBMITTED")
    assert (row.total, row.state) == (None, CopyState.UNGRADED)
    assert [mark.score for mark in row.marks] == [None, None]
    assert not row.partial


def test_a_copy_being_graded_has_a_partial_total() -> None:
    row = _row(answers=(an_answer(score=None), an_mcq_answer()), status="GRADING_IN_PROGRESS")
    assert (row.total, row.state, row.partial) == (Decimal(1), CopyState.IN_GRADING, True)


def test_a_submitted_copy_with_an_automatic_mark_is_being_graded() -> None:
    row = _row(answers=(an_answer(score=None), an_mcq_answer()), status="SUBMITTED")
    assert row.state is CopyState.IN_GRADING


def test_a_graded_copy_with_an_answer_left_without_score_is_not_final() -> None:
    row = _row(answers=(an_answer(score=None), an_mcq_answer()))
    assert (row.state, row.partial, row.marks[0].score) == (CopyState.IN_GRADING, True, None)


@pytest.mark.parametrize(
    ("scores", "status", "expected"),
    [
        ((1.5, 0.5), "GRADED", Decimal(2)),
        ((1.5, None), "GRADED", Decimal("1.5")),
        ((1.5, None), "GRADING_IN_PROGRESS", None),
        ((None, None), "GRADED", None),
    ],
)
def test_parts_are_added_up(scores: tuple[float | None, ...], status: str, expected: Decimal | None) -> None:
    parts = tuple(AnswerPart(content="oui", score=score) for score in scores)
    row = _row(answers=(Answer(question_id="q1", parts=parts), an_mcq_answer()), status=status)
    assert row.marks[0].score == expected


def test_the_question_s_own_score_wins_over_its_parts() -> None:
    answer = an_answer(parts=(AnswerPart(content="oui", score=1.0),))
    assert _row(answers=(answer,)).marks[0].score == Decimal(3)


def test_provenance_and_harmonisation_are_kept() -> None:
    mark = _row(answers=(an_answer(score=4.5, harmonized_from=4.1, origin="ai"),)).marks[0]
    assert (mark.score, mark.maximum, mark.harmonized_from, mark.origin) == (
        Decimal("4.5"),
        Decimal(4),
        Decimal("4.1"),
        "ai",
    )


def test_thirds_and_tenths_are_added_without_noise() -> None:
    exam = an_exam(sections=(a_section(*(a_question(id=f"q{n}", max_points=0.7) for n in range(20))),))
    tenths = mark_copy(exam, a_submission(*(an_answer(question_id=f"q{n}", score=0.7) for n in range(20))))
    thirds = mark_copy(exam, a_submission(*(an_answer(question_id=f"q{n}", score=2 / 3) for n in range(3))))
    assert (tenths.total, tenths.maximum) == (Decimal(14), Decimal(14))
    assert thirds.total is not None
    assert FRENCH.points(thirds.total) == "2"


@pytest.mark.parametrize(
    ("value", "french"),
    [
        (12.5, "12,5"),
        (13.999999999999998, "14"),
        (2.345, "2,35"),
        (0.005, "0,01"),
        (-0.005, "-0,01"),
        (-0.001, "0"),
        (0.0, "0"),
        (100.0, "100"),
        (2 / 3, "0,67"),
        (1e22, "10000000000000000000000"),
    ],
)
def test_points_are_rounded_once_half_up(value: float, french: str) -> None:
    assert FRENCH.points(decimal(value)) == french
    assert ENGLISH.points(decimal(value)) == french.replace(",", ".")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_stored_number_can_be_written_and_is_off_by_half_a_cent_at_most(value: float) -> None:
    exact = decimal(value)
    assert abs(rounded(exact) - exact) <= Decimal("0.005")
    assert Decimal(ENGLISH.points(exact)) == rounded(exact)


@given(st.lists(st.floats(-1e300, 1e300)))
def test_sums_are_exact_whatever_the_order(scores: list[float]) -> None:
    from fractions import Fraction

    from contracts.numbers import total_of

    values = [decimal(score) for score in scores]
    assert Fraction(total_of(values)) == sum(Fraction(value) for value in values)


def test_a_mark_on_twenty() -> None:
    assert on_twenty(Decimal(3), Decimal(8)) == Decimal("7.5")
    assert FRENCH.points(on_twenty(Decimal(1), Decimal(3)) or Decimal(0)) == "6,67"
    assert on_twenty(Decimal(3), Decimal(0)) is None


def test_of_two_copies_the_one_handed_in_last_is_kept() -> None:
    student = a_student(name="Ève")
    first = _row(student=student, id="first", submitted_at=AS_OF)
    second = _row(student=student, id="second", submitted_at=AS_OF + timedelta(minutes=1))
    never = _row(student=student, id="never", submitted_at=None)
    other = _row()
    kept, warnings = latest_copies([second, first, other, never], FRENCH.warnings)
    assert [row.submission_id for row in kept] == ["second", other.submission_id]
    assert [(w.code, w.submission_id) for w in warnings] == [(WarningCode.DUPLICATE_COPY, "second")]
    assert "Ève" not in warnings[0].message
    assert "2 autre(s)" in warnings[0].message


def test_copies_in_order_of_name_then_class_then_score() -> None:
    header = an_exam_header()
    rows = [_named("Zoé", 2.0, class_ids=("c2",)), _named("Élise", None), _named("Abel", 2.0), _named("Émile", 0.0)]
    assert _names(header, rows) == ["Abel", "Élise", "Émile", "Zoé"]
    assert _names(header, rows, order=Order.CLASS) == ["Abel", "Élise", "Émile", "Zoé"]
    assert _names(header, rows, order=Order.SCORE) == ["Abel", "Zoé", "Émile", "Élise"]


def test_order_by_class_puts_a_subgroup_after_its_class_and_the_classless_last() -> None:
    rows = [_named("Abel", class_ids=()), _named("Bob", class_ids=("c1", "c2")), _named("Zoé", class_ids=("c1",))]
    assert _names(an_exam_header(), rows, order=Order.CLASS) == ["Zoé", "Bob", "Abel"]


def test_an_anonymous_order_says_nothing_of_names_or_classes() -> None:
    def order(names: list[str], **options: Any) -> list[str]:
        rows = [_row(id=f"s{n}", student=Student(id=f"u{n}", name=name, email="")) for n, name in enumerate(names)]
        book = build_gradebook(an_exam_header(), rows, ReportOptions(audience=Audience.ANONYMOUS, **options))
        return [row.submission_id for row in book.rows]

    names = [f"Nom {n:02d}" for n in range(12)]
    assert order(names) == order(names[::-1]) == order(names, order=Order.CLASS) != sorted(order(names))


def test_the_alias_of_a_copy() -> None:
    assert [alias(number, FRENCH.copies) for number in (7, 1234)] == ["Copie 007", "Copie 1234"]
    assert alias(7, ENGLISH.copies) == "Copy 007"


def test_a_student_with_a_copy_is_not_absent_and_nobody_is_absent_twice() -> None:
    copy = _row(student=a_student(email="eve@lycee.example"))
    absent = tuple(Absent(name=name, email=email) for name, email in (
        ("Ève", "Eve@lycee.example"), ("Noé", "noe@x.example"), ("Noé", "noe@x.example"), ("Ali", ""), ("Luc", ""),
    ))  # fmt: skip
    book = build_gradebook(an_exam_header(absent=absent), [copy], ReportOptions())
    assert [person.name for person in book.absent] == ["Ali", "Luc", "Noé"]
    assert (book.headcount.absent, book.headcount.enrolled) == (3, 4)


@st.composite
def _submissions(draw: st.DrawFn) -> Submission:
    scores = draw(st.lists(st.none() | st.floats(-5, 25), max_size=2))
    answers = tuple(an_answer(question_id=f"q{n + 1}", score=score) for n, score in enumerate(scores))
    student = a_student(id=draw(st.sampled_from("abcdefgh")), email=draw(st.sampled_from(["", "a@x.example"])))
    status = draw(st.sampled_from(["SUBMITTED", "GRADING_IN_PROGRESS", "GRADED"]))
    return a_submission(answers=answers, student=student, status=status)


@given(st.lists(_submissions(), max_size=12), st.integers(0, 5), st.sampled_from(Order), st.sampled_from(Audience))
def test_the_head_count_adds_up(submissions: list[Submission], away: int, order: Order, audience: Audience) -> None:
    absent = tuple(Absent(name=f"A{n}", email=f"absent{n}@x.example") for n in range(away))
    kept, warnings = latest_copies([mark_copy(EXAM, submission) for submission in submissions], FRENCH.warnings)
    options = ReportOptions(order=order, audience=audience)
    book = build_gradebook(an_exam_header(absent=absent), kept, options)
    students = {submission.student.id for submission in submissions}
    count = book.headcount
    assert count.enrolled == count.graded + count.in_grading + count.ungraded + count.absent == len(students) + away
    assert {row.student.id for row in book.rows} == students
    assert len(warnings) == len({s.student.id for s in submissions if _several(submissions, s)})
    assert all((row.total is None) <= (row.state is not CopyState.GRADED) for row in book.rows)


def _several(submissions: list[Submission], one: Submission) -> bool:
    return sum(other.student.id == one.student.id for other in submissions) > 1
