"""The copies of a class: one a student, in order, and a head count that adds up."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.correcta import CopyState
from contracts.graded_exam import Absent, ExamHeader, Student, Submission
from contracts.options import Audience, Order, ReportOptions
from contracts.states import WarningCode
from services.renderer.grading.gradebook import alias, build_gradebook, latest_copies
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
