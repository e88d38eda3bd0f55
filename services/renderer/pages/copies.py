"""A copy, or the placeholder in its stead, as HTML: which part stands where and in which words.

Pure: no clock, no files but templates.
"""

from dataclasses import dataclass
from typing import Any, assert_never

from markupsafe import Markup

from contracts.correcta import CopyState
from contracts.graded_exam import Answer, Section, Submission
from contracts.numbers import on_twenty
from services.renderer.grading.marks import CopyMarks, Mark, questions_of
from services.renderer.language.words import NBSP
from services.renderer.pages.context import NAME_CHARACTERS, TITLE_CHARACTERS, PageContext, readable, running, shortened
from services.renderer.pages.fragments import Fragments
from services.renderer.pages.questions import QuestionView, QuestionViews, Score, score_text
from services.renderer.pages.resources import NOTHING
from services.renderer.pages.text import at_most

Answers = dict[str, Answer]

WORD_JOINER = "\u2060"


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section of the exam; without a title it has no heading and its questions stand one level higher."""

    title: Markup
    intro: Markup
    questions: tuple[QuestionView, ...]


class CopyPages:
    """The HTML of the copies of one export. `number` is a copy's place in the chosen order, from 1."""

    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._header, self._options, self._words = context.header, context.options, context.words.copies

    def copy(self, submission: Submission, marks: CopyMarks, fragments: Fragments, number: int | None) -> str:
        """One copy."""
        answers = {answer.question_id: answer for answer in submission.answers}
        by_question = {mark.question_id: mark for mark in marks.marks}
        sections = tuple(
            self._section(section, answers, by_question, fragments) for section in self._header.exam.sections
        )
        return self._context.html("copy.html.j2", sections=sections, **self._head(marks, fragments, number))

    def placeholder(self, marks: CopyMarks, reason: str, fragments: Fragments, number: int | None) -> str:
        """The page in place of a copy that cannot be typeset: its head and why; nothing that the student wrote."""
        return self._context.html("placeholder.html.j2", reason=reason, **self._head(marks, fragments, number))

    def _head(self, marks: CopyMarks, fragments: Fragments, number: int | None) -> dict[str, Any]:
        exam_name = self._context.exam_name
        name = self._context.name(marks, number)
        group = self._context.class_name(marks.student.class_ids)
        return {
            "title": f"{readable(exam_name)} – {readable(name)}",
            "name": fragments.at(self._words.name_place).text(name),
            "running_top": running(name, group),
            "running_foot": shortened(exam_name),
            "school": fragments.text(self._context.school),
            "exam_title": fragments.heading(exam_name),
            "group": fragments.text(group),
            "email": at_most(marks.student.email, NAME_CHARACTERS) if self._options.audience.is_staff else "",
            "submitted": self._submitted(marks),
            "state": self._state(marks.state),
            "total": self._total(marks),
            "recap": self._recap(marks),
        }

    def _submitted(self, marks: CopyMarks) -> str:
        """When a copy was handed in; an anonymous one does not say, for the minute may tell who wrote it."""
        if self._context.anonymous:
            return ""
        if marks.submitted_at is None:
            return self._words.not_submitted
        return f"{self._words.submitted} {self._context.moment(marks.submitted_at)}"

    def _state(self, state: CopyState) -> str:
        match state:
            case CopyState.GRADED:
                return ""
            case CopyState.IN_GRADING:
                return self._words.in_grading
            case CopyState.UNGRADED:
                return self._words.ungraded
            case _:
                assert_never(state)

    def _total(self, marks: CopyMarks) -> Score:
        points = self._context.points
        maximum = points(marks.maximum)
        if marks.total is None:
            return Score("open", self._words.not_graded, maximum)
        twenty = None if marks.maximum == 20 else on_twenty(marks.total, marks.maximum)
        note = self._words.partial_total if marks.partial else ""
        if twenty is not None and not marks.partial:
            note = f"{self._words.on_twenty} {points(twenty)}{NBSP}/{NBSP}20"
        return Score("open" if marks.partial else "full", points(marks.total), maximum, note=note)

    def _recap(self, marks: CopyMarks) -> str:
        """Every mark at a glance, as one text: dozens of boxes here would cost a tenth of the copy."""
        labels = {question.id: at_most(question.label, NAME_CHARACTERS) for question in questions_of(self._header.exam)}
        each = (
            f"{readable(labels[mark.question_id])}{NBSP}: {score_text(mark, self._context)}" for mark in marks.marks
        )
        return " \u2003".join(_unbroken(text) for text in each)

    def _section(self, section: Section, answers: Answers, marks: dict[str, Mark], fragments: Fragments) -> SectionView:
        here = fragments.at(section.label or section.title)
        intro = here.content(section.intro) if self._options.statements else NOTHING
        questions = tuple(
            QuestionViews(self._context, fragments, question).view(answers.get(question.id), marks[question.id])
            for question in section.questions
        )
        return SectionView(here.heading(section_title(section)), intro, questions)


def _unbroken(text: str) -> str:
    """A text that stays on one line: WeasyPrint would break one after the point of `III.2`."""
    return text.replace(" ", NBSP).replace(".", f".{WORD_JOINER}")


def section_title(section: Section) -> str:
    """A section's heading: its label and title; empty for the hidden default section."""
    parts = (at_most(part, TITLE_CHARACTERS) for part in (section.label, section.title) if part)
    return " – ".join(parts) if section.title else ""
