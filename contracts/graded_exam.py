"""`graded-exam.v1`: a graded exam as the renderer takes it, from Correcta's tables or from a JSON file.

Content is kept as written: a string with TeX delimiters, or a list of segments. Nothing here alters an answer.
"""

from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, model_validator

from contracts.base import UtcTime, Wire

Points = Annotated[float, Field(allow_inf_nan=False)]


def _is_unreadable(value: object) -> bool:
    """Whether a value is a number, written as one or as text, and not a finite one."""
    try:
        return isinstance(value, float | int | str) and not isfinite(float(value))
    except OverflowError:
        return True
    except ValueError:
        return False


FinitePoints = Annotated[Points | None, BeforeValidator(lambda value: None if _is_unreadable(value) else value)]
"""Points beside a score; NaN and infinite ones are taken for unknown."""


class TextSegment(Wire):
    """A run of text; line breaks are the writer's."""

    type: Literal["text"] = "text"
    text: str


class MathSegment(Wire):
    """One formula, LaTeX without delimiters. `display` sets it on a line of its own."""

    type: Literal["math"] = "math"
    latex: str
    display: bool = False


class ImageSegment(Wire):
    """An image by absolute URL, URL relative to the application, or `data:`."""

    type: Literal["image"] = "image"
    url: str
    alt: str | None = None


class TableSegment(Wire):
    """Rows of cells of segments. Widths and heights are in CSS pixels, as the editor stores them."""

    type: Literal["table"] = "table"
    rows: tuple[tuple[tuple["Segment", ...], ...], ...]
    col_widths: tuple[float | None, ...] | None = None
    row_heights: tuple[float | None, ...] | None = None


class GraphSegment(Wire):
    """A drawing on axes. Its parts are kept as stored: the renderer reads what it knows and warns about the rest."""

    type: Literal["graph"] = "graph"
    axes: dict[str, Any] = Field(default_factory=dict)
    points: tuple[dict[str, Any], ...] = ()
    lines: tuple[dict[str, Any], ...] = ()
    curves: tuple[dict[str, Any], ...] = ()
    functions: tuple[dict[str, Any], ...] = ()
    areas: tuple[dict[str, Any], ...] = ()
    texts: tuple[dict[str, Any], ...] = ()
    width: float | None = None
    height: float | None = None
    background: str | None = None


Segment = Annotated[TextSegment | MathSegment | ImageSegment | TableSegment | GraphSegment, Field(discriminator="type")]
SEGMENTS: TypeAdapter[tuple[Segment, ...]] = TypeAdapter(tuple[Segment, ...])
"""Reads a JSON array of segments."""

Content = str | tuple[Segment, ...]
"""Text with `$..$`, `$$..$$`, `\\(..\\)`, `\\[..\\]` and `\\$`, or segments."""


class Option(Wire):
    """One choice of an MCQ."""

    id: str
    content: Content
    is_correct: bool = False


class Criterion(Wire):
    """One line of a rubric: what is judged and the levels it may reach."""

    criteria: str
    levels: tuple[dict[str, Any], ...] = ()


class Question(Wire):
    """A question as Correcta numbers it. `max_points` already follows Correcta's rule (question's own, else its
    segments'). `instruction` is that of a question with one part; parts have their own.
    """

    id: str
    label: str
    type: Literal["TEXT", "MCQ", "CODE"]
    content: Content = ""
    instruction: Content | None = None
    max_points: Points = 0.0
    require_all_correct: bool = False
    options: tuple[Option, ...] = ()
    rubric: tuple[Criterion, ...] | None = None


class Section(Wire):
    """A part of the exam. `label` is the custom label, if any. An empty `title` marks Correcta's hidden default
    section: no heading, no number.
    """

    id: str
    title: str
    label: str | None = None
    intro: Content | None = None
    questions: tuple[Question, ...] = ()


class Branding(Wire):
    """What the institution's settings say of its looks. `logo` is an image URL or `data:`; `color` is `#rrggbb`."""

    logo: str | None = None
    color: str | None = None


class Institution(Wire):
    """The school. `timezone` is the IANA name of the zone in which its documents state times; without it, or where it
    names no zone, the renderer's own.
    """

    id: str
    name: str
    branding: Branding | None = None
    timezone: str | None = None


class Course(Wire):
    """The course the exam belongs to."""

    code: str
    name: str


class Exam(Wire):
    """The exam's own part: what every copy answers."""

    id: str
    title: str
    description: Content | None = None
    institution: Institution
    course: Course
    sections: tuple[Section, ...] = ()


class ClassGroup(Wire):
    """A class or subgroup: a free tree of any depth."""

    id: str
    name: str
    parent_id: str | None = None


class Student(Wire):
    """Who wrote a copy. `qualifier` tells them from another student of that name; the renderer finds it by itself."""

    id: str
    name: str
    email: str
    class_ids: tuple[str, ...] = ()
    qualifier: str | None = None


class Scored(Wire):
    """What may have a `score`: None is "not graded", never zero. Where there is one that is NaN or infinite, as a float
    of PostgreSQL may be, it is None too, and `unreadable` is set.
    """

    @model_validator(mode="before")
    @classmethod
    def _set_apart(cls, value: Any) -> Any:
        if isinstance(value, dict) and _is_unreadable(value.get("score")):
            return {**value, "score": None, "unreadable": True}
        return value


class AnswerPart(Scored):
    """One part of an answer in several parts, each read on its own."""

    content: Content
    max_points: FinitePoints = None
    score: Points | None = None
    instruction: Content | None = None
    unreadable: bool = False


class Answer(Scored):
    """What a student answered and what it was given: its own score, else the parts' together."""

    question_id: str
    content: Content = ""
    parts: tuple[AnswerPart, ...] = ()
    selected_option_ids: tuple[str, ...] = ()
    score: Points | None = None
    feedback: Content | None = None
    origin: Literal["auto", "ai", "teacher"] | None = None
    harmonized_from: FinitePoints = None
    unreadable: bool = False


SubmissionStatus = Literal["SUBMITTED", "GRADING_IN_PROGRESS", "GRADED"]


class Submission(Wire):
    """One copy. `variant` is set where it answers other questions than the exam's: the title of the exam's variant that
    asks them. Such a copy is counted and named with its state, and not shown.
    """

    id: str
    student: Student
    submitted_at: UtcTime | None = None
    status: SubmissionStatus
    answers: tuple[Answer, ...] = ()
    variant: str | None = None


class Absent(Wire):
    """A student of the exam's classes who did not begin it. `qualifier` is a `Student`'s."""

    name: str
    email: str
    class_ids: tuple[str, ...] = ()
    qualifier: str | None = None


class NotHandedIn(Wire):
    """A student who began the exam and handed nothing in. `qualifier` is a `Student`'s."""

    name: str
    email: str
    class_ids: tuple[str, ...] = ()
    qualifier: str | None = None


class ExamHeader(Wire):
    """Everything of a graded exam but its copies: what is the same for each of them."""

    exam: Exam
    classes: tuple[ClassGroup, ...] = ()
    absent: tuple[Absent, ...] = ()
    not_handed_in: tuple[NotHandedIn, ...] = ()
    as_of: UtcTime


class GradedExam(ExamHeader):
    """A whole graded exam, `graded-exam.v1`."""

    submissions: tuple[Submission, ...] = ()
