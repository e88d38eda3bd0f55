"""A copy, and the pages before the copies, as HTML: what stands where and in which words. Pure: no clock, no files
but templates.

The templates escape everything; what arrives as markup was made by `fragments`. Anonymous documents are given no
identity to begin with, so that none can leak.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from contracts.correcta import CopyState
from contracts.graded_exam import Answer, ExamHeader, Section, Submission
from contracts.numbers import on_twenty
from contracts.options import Audience, ReportOptions
from services.renderer.content.characters import plain
from services.renderer.exam import classes
from services.renderer.grading import gradebook
from services.renderer.grading.marks import CopyMarks, Mark, questions_of
from services.renderer.language import numbers
from services.renderer.language.words import NBSP, Words, words
from services.renderer.pages.fragments import Fragments
from services.renderer.pages.questions import NOTHING, QuestionView, Score, Sheet, written

Answers = dict[str, Answer]

TITLE_CHARACTERS = 400
WORD_JOINER = "\u2060"

NAME_CHARACTERS = 200
"""A name longer than this is nobody's, and would push the copy off its first page."""

RUNNING_CHARACTERS = 60
RUNNING_WORDS = 6
"""What of a name or a title stands in a running line: not so much that a checker takes it for lost prose."""


@dataclass(frozen=True, slots=True)
class SectionView:
    """A part of the exam; without a title it has no heading and its questions stand one level higher."""

    title: Markup
    intro: Markup
    questions: tuple[QuestionView, ...]


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates, compiled once a process."""
    loader = PackageLoader("services.renderer.pages", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


class Document:
    """The HTML of one export's segments."""

    def __init__(self, header: ExamHeader, options: ReportOptions) -> None:
        self.header, self.options = header, options
        self.words: Words = words(options.language)
        self._anonymous = options.audience is Audience.ANONYMOUS

    @property
    def exam_name(self) -> str:
        """The exam's title."""
        title = self.header.exam.title
        return title if len(title) <= TITLE_CHARACTERS else f"{title[:TITLE_CHARACTERS]}…"

    def name(self, marks: CopyMarks, position: int | None) -> str:
        """What a copy is called here: the student's name (or address), or its place among the anonymous ones."""
        if not self._anonymous:
            student = marks.student
            name = student.name if student.name.strip() else student.email or self.words.copy
            return name if len(name) <= NAME_CHARACTERS else f"{name[:NAME_CHARACTERS]}…"
        return gradebook.alias(position, self.options.language) if position else self.words.copy

    def copy(self, submission: Submission, marks: CopyMarks, fragments: Fragments, position: int | None) -> str:
        """One copy."""
        answers = {answer.question_id: answer for answer in submission.answers}
        by_question = {mark.question_id: mark for mark in marks.marks}
        sheet = Sheet(self.header.exam, self.options, fragments)
        sections = tuple(
            self._section(section, answers, by_question, sheet, fragments) for section in self.header.exam.sections
        )
        return self.render("copy.html.j2", sections=sections, **self._head(marks, fragments, position))

    def placeholder(self, marks: CopyMarks, reason: str, fragments: Fragments, position: int | None) -> str:
        """What stands in for a copy that cannot be set: nothing of the student's but the name."""
        return self.render("placeholder.html.j2", reason=reason, **self._head(marks, fragments, position))

    def render(self, template: str, **values: Any) -> str:
        """A template of ours with the report's words."""
        shared = {"w": self.words, "options": self.options, "header": self.header, "lang": self.options.language.value}
        return environment().get_template(template).render(**shared, **values)

    def _head(self, marks: CopyMarks, fragments: Fragments, position: int | None) -> dict[str, Any]:
        name = self.name(marks, position)
        group = "" if self._anonymous else classes.class_name(self.header.classes, marks.student.class_ids)
        return {
            "title": f"{readable(self.exam_name)} – {readable(name)}",
            "name": fragments.text(name),
            "running_top": " – ".join(part for part in (shortened(name), shortened(group)) if part),
            "running_foot": shortened(self.exam_name),
            "school": fragments.text(self.header.exam.institution.name),
            "exam_title": fragments.heading(self.exam_name),
            "group": fragments.text(group),
            "email": marks.student.email if self.options.audience is Audience.JURY else "",
            "submitted": self._submitted(marks),
            "state": self._state(marks),
            "total": self._total(marks),
            "recap": self._recap(marks),
        }

    def _submitted(self, marks: CopyMarks) -> str:
        if marks.submitted_at is None:
            return self.words.not_submitted
        return f"{self.words.submitted} {self.words.moment(marks.submitted_at)}"

    def _state(self, marks: CopyMarks) -> str:
        return {CopyState.IN_GRADING: self.words.in_grading, CopyState.UNGRADED: self.words.ungraded}.get(
            marks.state, ""
        )

    def _total(self, marks: CopyMarks) -> Score:
        maximum = self.points(marks.maximum)
        if marks.total is None:
            return Score("open", self.words.not_graded, maximum)
        twenty = None if marks.maximum == 20 else on_twenty(marks.total, marks.maximum)
        note = self.words.partial_total if marks.partial else ""
        if twenty is not None and not marks.partial:
            note = f"{self.words.on_twenty} {self.points(twenty)} / 20"
        return Score("open" if marks.partial else "full", self.points(marks.total), maximum, note=note)

    def _recap(self, marks: CopyMarks) -> str:
        """Every mark at a glance, as one text: dozens of boxes here would cost a tenth of the copy."""
        labels = {question.id: question.label for question in questions_of(self.header.exam)}
        language = self.options.language
        each = (f"{readable(labels[mark.question_id])}{NBSP}: {written(mark, language)}" for mark in marks.marks)
        return " \u2003".join(_unbroken(text) for text in each)

    def points(self, value: Decimal) -> str:
        """A number of points as it is read."""
        return numbers.points(value, self.options.language)

    def _section(
        self, section: Section, answers: Answers, marks: dict[str, Mark], sheet: Sheet, fragments: Fragments
    ) -> SectionView:
        fragments.place = section.label or section.title
        intro = fragments.blocks(section.intro) if self.options.statements else NOTHING
        questions = tuple(
            sheet.question(question, answers.get(question.id), marks[question.id]) for question in section.questions
        )
        return SectionView(fragments.heading(section_title(section)), intro, questions)


def _unbroken(text: str) -> str:
    """A text that stays on one line: the engine would end one after the point of `III.2`."""
    return text.replace(" ", NBSP).replace(".", f".{WORD_JOINER}")


def section_title(section: Section) -> str:
    """A section's heading: its label and title; empty for the hidden default section."""
    return " – ".join(part for part in (section.label, section.title) if part) if section.title else ""


def shortened(text: str) -> str:
    """As much of a text as a running line holds."""
    line = readable(text)
    words_of_line = list(re.finditer(r"\w[\w'’°.-]*", line))
    end = words_of_line[RUNNING_WORDS - 1].end() if len(words_of_line) > RUNNING_WORDS else len(line)
    cut = line[: min(end, RUNNING_CHARACTERS)].rstrip()
    return cut if cut == line else f"{cut}…"


def readable(text: str) -> str:
    """A text for metadata and running lines: one line, only characters that print, none stacked high."""
    return " ".join(plain(text).split())
