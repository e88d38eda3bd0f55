"""Where a graded exam comes from. A source is opened once an export, and everything read while it is open is one state
of affairs: the header first, then the copies in batches, so that memory does not grow with the class.

An exam that breaks the rules of `graded-exam.v1` is refused as a whole, with the place of the first mistake.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import ExamHeader, Student, Submission
from services.renderer.exam.classes import belongs

BATCH = 20
"""Copies validated between two looks at the event loop."""


class OpenExam(Protocol):
    """A graded exam in one state, limited to the asked classes."""

    @property
    def header(self) -> ExamHeader:
        """Everything but the copies; `absent` and `not_handed_in` are limited to the asked classes."""

    @property
    def warnings(self) -> tuple[ExportWarning, ...]:
        """What could not be taken as it is."""

    def submissions(self) -> AsyncIterator[Sequence[Submission]]:
        """The copies of the asked classes, each once, in no particular order."""


class ExamSource(Protocol):
    """A graded exam that can be opened, as often as needed."""

    def open(self, class_ids: Collection[str]) -> AbstractAsyncContextManager[OpenExam]:
        """Open it for some classes with their subgroups; no class at all means everyone.

        Raises:
            ExamNotFound, ClassNotFound, InvalidExam, DatabaseUnavailable: on entering or while reading.
        """


def narrow(header: ExamHeader, chosen: frozenset[str]) -> ExamHeader:
    """A header with the absent of the chosen classes only, and those of them who handed nothing in."""
    absent = tuple(person for person in header.absent if belongs(person.class_ids, chosen))
    begun = tuple(person for person in header.not_handed_in if belongs(person.class_ids, chosen))
    return header.model_copy(update={"absent": absent, "not_handed_in": begun})


def is_chosen(student: Student, chosen: frozenset[str]) -> bool:
    """Whether a student's copy belongs in the export."""
    return belongs(student.class_ids, chosen)
