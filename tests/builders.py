"""Values for tests: each builder makes a valid one from nothing, and takes what a test cares about as keywords.

Overrides use the models' own field names. Ids of exports, submissions and students are new at each call.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from contracts.events import ExportCompleted, ExportFailed, ExportProgress, ExportRequested, StoredFile
from contracts.graded_exam import (
    Absent,
    Answer,
    ClassGroup,
    Course,
    Exam,
    ExamHeader,
    GradedExam,
    Institution,
    Option,
    Question,
    Section,
    Student,
    Submission,
)
from contracts.states import FailureCode, Format, Phase

AS_OF = datetime(2026, 1, 20, 10, 0, tzinfo=UTC)
"""The moment the built exams' grades are stated for, and the default time of every built event."""


def _unique(prefix: str) -> str:
    return f"{prefix}-{uuid4().hex[:12]}"


def a_question(**overrides: Any) -> Question:
    """A text question `q1` worth 4 points."""
    values: dict[str, Any] = {
        "id": "q1",
        "label": "1.1",
        "type": "TEXT",
        "content": "Calculer la dérivée de $f(x)=x^2$.",
        "max_points": 4.0,
    }
    return Question(**(values | overrides))


def an_mcq(**overrides: Any) -> Question:
    """A question `q2` worth 2 points, of three options: `o1` and `o2` are right."""
    options = (
        Option(id="o1", content="$2+2=4$", is_correct=True),
        Option(id="o2", content="$\\sqrt{2}$ est irrationnel", is_correct=True),
        Option(id="o3", content="$\\pi = 3{,}14$", is_correct=False),
    )
    values: dict[str, Any] = {
        "id": "q2",
        "label": "1.2",
        "type": "MCQ",
        "content": "Cocher les affirmations vraies.",
        "max_points": 2.0,
        "options": options,
    }
    return Question(**(values | overrides))


def a_section(*questions: Question, **overrides: Any) -> Section:
    """A titled section of the given questions; by default one text question and one MCQ."""
    values: dict[str, Any] = {
        "id": "s1",
        "title": "Analyse",
        "questions": questions or (a_question(), an_mcq()),
    }
    return Section(**(values | overrides))


def an_exam(**overrides: Any) -> Exam:
    """An exam of one section worth 6 points."""
    values: dict[str, Any] = {
        "id": "exam-1",
        "title": "Devoir surveillé n° 3 : dérivation",
        "institution": Institution(id="inst-1", name="Lycée d'essai"),
        "course": Course(code="MATH", name="Mathématiques"),
        "sections": (a_section(),),
    }
    return Exam(**(values | overrides))


def a_student(**overrides: Any) -> Student:
    """A student of class `c1`, with an id and an e-mail of their own."""
    identity = _unique("stu")
    values: dict[str, Any] = {
        "id": identity,
        "name": "Zoé Lefèvre",
        "email": f"{identity}@lycee.example",
        "class_ids": ("c1",),
    }
    return Student(**(values | overrides))


def an_answer(**overrides: Any) -> Answer:
    """An answer to `q1`, given 3 points of 4 by a teacher."""
    values: dict[str, Any] = {
        "question_id": "q1",
        "content": "On a $f'(x)=2x$.",
        "score": 3.0,
        "feedback": "Juste, mais il faut dire que $f$ est dérivable sur $\\mathbb{R}$.",
        "origin": "teacher",
    }
    return Answer(**(values | overrides))


def an_mcq_answer(**overrides: Any) -> Answer:
    """An answer to `q2`: `o1` ticked alone, scored 1 of 2 automatically."""
    values: dict[str, Any] = {
        "question_id": "q2",
        "selected_option_ids": ("o1",),
        "score": 1.0,
        "origin": "auto",
    }
    return Answer(**(values | overrides))


def a_submission(*answers: Answer, **overrides: Any) -> Submission:
    """A graded copy; by default 4 points of 6 over both questions. Pass `answers=()` for a blank one."""
    values: dict[str, Any] = {
        "id": _unique("att"),
        "student": a_student(),
        "submitted_at": AS_OF,
        "status": "GRADED",
        "answers": answers or (an_answer(), an_mcq_answer()),
    }
    return Submission(**(values | overrides))


def _header_values() -> dict[str, Any]:
    return {
        "exam": an_exam(),
        "classes": (ClassGroup(id="c1", name="Terminale A"), ClassGroup(id="c2", name="Groupe 1", parent_id="c1")),
        "absent": (Absent(name="Noé Absent", email="noe.absent@lycee.example", class_ids=("c1",)),),
        "as_of": AS_OF,
    }


def an_exam_header(**overrides: Any) -> ExamHeader:
    """What is the same for every copy: the exam, classes `c1` > `c2`, one absent student."""
    return ExamHeader(**(_header_values() | overrides))


def a_graded_exam(**overrides: Any) -> GradedExam:
    """A whole graded exam of two copies and one absent student."""
    copies = (a_submission(), a_submission(student=a_student(name="Ève Brûlé")))
    return GradedExam(**(_header_values() | {"submissions": copies} | overrides))


def an_identity() -> dict[str, Any]:
    """A new export of `exam-1`: the fields that its events share."""
    return {"export_id": uuid4(), "institution_id": "inst-1", "exam_id": "exam-1", "requested_by": "user-1"}


def an_export_requested(**overrides: Any) -> ExportRequested:
    """A request for a PDF of `exam-1`, with an export id of its own."""
    values: dict[str, Any] = {
        **an_identity(),
        "format": Format.PDF,
        "requested_at": AS_OF,
    }
    return ExportRequested(**(values | overrides))


def an_export_progress(**overrides: Any) -> ExportProgress:
    """Progress of a first attempt: 5 copies of 10."""
    values: dict[str, Any] = {
        "export_id": uuid4(),
        "attempt": 1,
        "sequence": 3,
        "phase": Phase.PROCESSING,
        "percent": 45,
        "processed": 5,
        "total": 10,
        "at": AS_OF,
    }
    return ExportProgress(**(values | overrides))


def a_stored_file(export_id: UUID | str | None = None, **overrides: Any) -> StoredFile:
    """A PDF of 1,000 bytes in storage, of this export."""
    sha256 = overrides.get("sha256", "ab" * 32)
    values: dict[str, Any] = {
        "key": f"{export_id or uuid4()}/{sha256}",
        "filename": "rapport.pdf",
        "size": 1_000,
        "sha256": sha256,
        "content_type": "application/pdf",
        "pages": 4,
    }
    return StoredFile(**(values | overrides))


def an_export_completed(**overrides: Any) -> ExportCompleted:
    """A PDF made at the first attempt from two copies."""
    identity = an_identity()
    values: dict[str, Any] = {
        **identity,
        "format": Format.PDF,
        "attempt": 1,
        "file": a_stored_file(overrides.get("export_id", identity["export_id"])),
        "attempt_count": 2,
        "started_at": AS_OF,
        "completed_at": AS_OF,
    }
    return ExportCompleted(**(values | overrides))


def an_export_failed(**overrides: Any) -> ExportFailed:
    """A permanent failure at the first attempt: no copies."""
    values: dict[str, Any] = {
        **an_identity(),
        "attempt": 1,
        "code": FailureCode.NO_COPIES,
        "message": "Aucune copie à exporter pour cet examen.",
        "failed_at": AS_OF,
    }
    return ExportFailed(**(values | overrides))
