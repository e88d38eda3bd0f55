"""The copies of a class: one a student, in order, and a head count that adds up."""

from datetime import timedelta
from decimal import Decimal
from math import nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.correcta import CopyState
from contracts.graded_exam import Absent, ExamHeader, NotHandedIn, Student, Submission
from contracts.options import Audience, Order, ReportOptions
from contracts.states import WarningCode
from services.renderer.grading.gradebook import Gradebook, alias, build_gradebook, warnings_of
from services.renderer.grading.marks import CopyMarks, mark_copy
from services.renderer.language.english import ENGLISH
from services.renderer.language.french import FRENCH
from tests.builders import (
    AS_OF,
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


def _named(name: str, score: float | None = 3.0, **student: Any) -> CopyMarks:
    answer = an_answer(score=score)
    status = "GRADED" if score is not None else "SUBMITTED"
    return _row(student=a_student(name=name, **student), answers=(answer,), status=status)


def _names(header: ExamHeader, rows: list[CopyMarks], **options: Any) -> list[str]:
    return [row.student.name for row in build_gradebook(header, rows, ReportOptions(**options)).rows]


def _book(*rows: CopyMarks, **options: Any) -> Gradebook:
    return build_gradebook(an_exam_header(absent=()), rows, ReportOptions(**options))


def test_of_several_copies_one_is_kept_and_said_to_be_one_of_several() -> None:
    student = a_student(name="Ève")
    first = _row(student=student, id="first", submitted_at=AS_OF)
    second = _row(student=student, id="second", submitted_at=AS_OF + timedelta(minutes=1))
    never = _row(student=student, id="never", submitted_at=None)
    other = _row(student=a_student(name="Zoé"))
    book = _book(second, first, other, never)
    assert [row.submission_id for row in book.rows] == ["second", other.submission_id]
    assert book.several == {"second": 3}
    (warning,) = warnings_of(book, FRENCH.warnings)
    assert (warning.code, warning.submission_id) == (WarningCode.DUPLICATE_COPY, "second")
    assert "Ève" not in warning.message
    assert "2 laissée(s)" in warning.message


@pytest.mark.parametrize("status", ["SUBMITTED", "GRADING_IN_PROGRESS"])
def test_a_graded_copy_is_kept_before_a_later_one_that_is_not(status: str) -> None:
    student = a_student()
    graded = _row(student=student, id="graded", submitted_at=AS_OF)
    later = _row(student=student, id="later", submitted_at=AS_OF + timedelta(days=1), status=status)
    assert [row.submission_id for row in _book(later, graded).rows] == ["graded"]


def test_a_copy_of_another_variant_counts_and_is_named_and_is_not_shown() -> None:
    left_out = _row(variant="Sujet B", student=a_student(name="Ève"))
    waiting = _row(variant="Sujet B", answers=(an_answer(score=None),), status="SUBMITTED")
    book = _book(_row(), left_out, waiting)
    assert (left_out.state, left_out.marks, left_out.total) == (CopyState.GRADED, (), None)
    assert [row.student.name for row in book.left_out] == ["Ève", "Zoé Lefèvre"]
    assert (len(book.rows), book.headcount.graded, book.headcount.ungraded, book.headcount.enrolled) == (1, 2, 1, 3)
    (warning,) = warnings_of(book, FRENCH.warnings)
    assert (warning.code, warning.submission_id) == (WarningCode.COPY_NOT_RENDERED, None)
    assert warning.message.startswith("2 copie(s) de la variante «\u00a0Sujet B\u00a0»")


def test_a_score_that_is_no_number_counts_nowhere_and_is_warned_of() -> None:
    row = _row(answers=(an_answer(score=nan), an_mcq_answer()))
    assert (row.marks[0].score, row.marks[0].unreadable) == (None, True)
    assert (row.total, row.state, row.partial) == (Decimal(1), CopyState.IN_GRADING, True)
    (warning,) = warnings_of(_book(row), FRENCH.warnings)
    assert (warning.code, warning.submission_id) == (WarningCode.MARK_UNREADABLE, row.submission_id)
    assert warning.message.startswith("Question 1.1\u00a0:")


def test_who_began_and_handed_nothing_in_is_not_absent() -> None:
    copy = _row(student=a_student(email="eve@lycee.example"))
    begun = tuple(NotHandedIn(name=name, email=f"{name}@lycee.example") for name in ("eve", "noe", "ali"))
    absent = tuple(Absent(name=name, email=f"{name}@lycee.example") for name in ("noe", "luc"))
    book = build_gradebook(an_exam_header(absent=absent, not_handed_in=begun), [copy], ReportOptions())
    assert [person.name for person in book.not_handed_in] == ["ali", "noe"]
    assert [person.name for person in book.absent] == ["luc"]
    assert (book.headcount.not_handed_in, book.headcount.absent, book.headcount.enrolled) == (2, 1, 4)


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
    scores = draw(st.lists(st.none() | st.floats(-5, 25) | st.just(nan), max_size=2))
    answers = tuple(an_answer(question_id=f"q{n + 1}", score=score) for n, score in enumerate(scores))
    student = a_student(id=draw(st.sampled_from("abcdefgh")), email=draw(st.sampled_from(["", "a@x.example"])))
    status = draw(st.sampled_from(["SUBMITTED", "GRADING_IN_PROGRESS", "GRADED"]))
    variant = draw(st.sampled_from([None, None, "Sujet B"]))
    return a_submission(answers=answers, student=student, status=status, variant=variant)


@given(
    st.lists(_submissions(), max_size=12),
    st.integers(0, 5),
    st.integers(0, 3),
    st.sampled_from(Order),
    st.sampled_from(Audience),
)
def test_the_head_count_adds_up(
    submissions: list[Submission], away: int, unfinished: int, order: Order, audience: Audience
) -> None:
    absent = tuple(Absent(name=f"A{n}", email=f"absent{n}@x.example") for n in range(away))
    begun = tuple(NotHandedIn(name=f"B{n}", email=f"begun{n}@x.example") for n in range(unfinished))
    header = an_exam_header(absent=absent, not_handed_in=begun)
    options = ReportOptions(order=order, audience=audience)
    book = build_gradebook(header, [mark_copy(EXAM, submission) for submission in submissions], options)
    students = {submission.student.id for submission in submissions}
    count = book.headcount
    parts = (count.graded, count.in_grading, count.ungraded, count.not_handed_in, count.absent)
    assert count.enrolled == sum(parts) == len(students) + away + unfinished
    assert {row.student.id for row in (*book.rows, *book.left_out)} == students
    assert len(book.rows) + len(book.left_out) == len(students)
    assert len(book.several) == len({s.student.id for s in submissions if _several(submissions, s)})
    assert all((row.total is None) <= (row.state is not CopyState.GRADED) for row in book.rows)


def _several(submissions: list[Submission], one: Submission) -> bool:
    return sum(other.student.id == one.student.id for other in submissions) > 1
