"""A copy, and the pages before the copies, as HTML: what stands where and in which words. Pure: no clock, no files
but templates.

The templates escape everything; what arrives as markup was made by `fragments`. Anonymous documents are given no
identity to begin with, so that none can leak.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from contracts.graded_exam import Answer, AnswerPart, ExamHeader, Option, Question, Section, Submission
from contracts.options import Audience, ReportOptions
from services.renderer import classes, grades
from services.renderer import content as contents
from services.renderer.fragments import Fragments
from services.renderer.grades import CopyMarks, CopyState, Mark
from services.renderer.words import Words, words

NOTHING = Markup("")

RUNNING_CHARACTERS = 60
RUNNING_WORDS = 6
"""What of a name or a title stands in a running line: not so much that a checker takes it for lost prose."""


@dataclass(frozen=True, slots=True)
class Score:
    """A mark as it is shown. `tone` is what its colour says; `text` says the same in words."""

    tone: str  # "full" | "part" | "none" | "open"
    text: str
    out_of: str
    note: str = ""
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of an MCQ as the student left it."""

    icon: str
    tone: str
    label: str
    html: Markup


@dataclass(frozen=True, slots=True)
class AnswerBox:
    """One frame of the student's: an answer, or one part of it."""

    label: str
    html: Markup
    choices: tuple[Choice, ...] = ()
    instruction: Markup = NOTHING
    score: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a criterion."""

    points: str
    text: Markup


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question, what was answered and what it was given."""

    label: str
    statement: Markup
    note: str
    boxes: tuple[AnswerBox, ...]
    score: Score
    comment: Markup
    criteria: tuple[tuple[Markup, tuple[Level, ...]], ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    """A part of the exam; without a title it has no heading and its questions stand one level higher."""

    title: str
    intro: Markup
    questions: tuple[QuestionView, ...]


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates, compiled once a process."""
    loader = PackageLoader("services.renderer", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


class Document:
    """The HTML of one export's segments."""

    def __init__(self, header: ExamHeader, options: ReportOptions) -> None:
        self.header, self.options = header, options
        self.words: Words = words(options.language)
        self._anonymous = options.audience is Audience.ANONYMOUS

    @property
    def exam_name(self) -> str:
        """The exam and its course, for titles and running headers."""
        return self.header.exam.title

    def name(self, marks: CopyMarks, position: int | None) -> str:
        """What a copy is called here: the student's name, or its place among the anonymous ones."""
        if not self._anonymous:
            return marks.student.name
        return grades.alias(position, self.options.language) if position else self.words.copy

    def copy(self, submission: Submission, marks: CopyMarks, fragments: Fragments, position: int | None) -> str:
        """One copy."""
        answers = {answer.question_id: answer for answer in submission.answers}
        by_question = {mark.question_id: mark for mark in marks.marks}
        sections = tuple(
            self._section(section, answers, by_question, fragments) for section in self.header.exam.sections
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
            "running_name": fragments.text(shortened(name)),
            "running_group": fragments.text(shortened(group)),
            "running_exam": fragments.text(shortened(self.exam_name)),
            "school": fragments.text(self.header.exam.institution.name),
            "exam_title": fragments.text(self.exam_name),
            "group": fragments.text(group),
            "email": marks.student.email if self.options.audience is Audience.JURY else "",
            "submitted": self._submitted(marks),
            "state": self._state(marks),
            "total": self._total(marks),
            "recap": tuple(self._recap(marks)),
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
        twenty = None if marks.maximum == 20 else grades.on_twenty(marks.total, marks.maximum)
        note = self.words.partial_total if marks.partial else ""
        if twenty is not None and not marks.partial:
            note = f"{self.words.on_twenty} {self.points(twenty)} / 20"
        return Score("open" if marks.partial else "full", self.points(marks.total), maximum, note=note)

    def _recap(self, marks: CopyMarks) -> list[tuple[str, str]]:
        labels = {question.id: question.label for question in grades.questions_of(self.header.exam)}
        return [(labels[mark.question_id], self._written(mark)) for mark in marks.marks]

    def points(self, value: Decimal) -> str:
        """A number of points as it is read."""
        return grades.points(value, self.options.language)

    def _written(self, mark: Mark) -> str:
        given = self.words.not_graded if mark.score is None else self.points(mark.score)
        return f"{given}\u00a0/\u00a0{self.points(mark.maximum)}"

    def _section(
        self, section: Section, answers: dict[str, Answer], marks: dict[str, Mark], fragments: Fragments
    ) -> SectionView:
        fragments.place = section.label or section.title
        intro = fragments.blocks(section.intro) if self.options.statements else Markup("")
        questions = tuple(
            self._question(question, answers.get(question.id), marks[question.id], fragments)
            for question in section.questions
        )
        return SectionView(section_title(section), intro, questions)

    def _question(self, question: Question, answer: Answer | None, mark: Mark, fragments: Fragments) -> QuestionView:
        fragments.place = f"{self.words.question} {question.label}"
        statements, comments = self.options.statements, self.options.comments
        return QuestionView(
            label=question.label,
            statement=fragments.blocks(question.content) if statements else Markup(""),
            note=self._note(question),
            boxes=tuple(self._boxes(question, answer, fragments)),
            score=self.score(mark),
            comment=fragments.blocks(answer.feedback) if comments and answer else Markup(""),
            criteria=tuple(self._criteria(question, fragments)) if comments else (),
        )

    def _note(self, question: Question) -> str:
        if question.type != "MCQ" or not self.options.statements:
            return ""
        if question.require_all_correct:
            return self.words.all_required
        return self.words.several if sum(option.is_correct for option in question.options) > 1 else ""

    def score(self, mark: Mark) -> Score:
        """The mark of a question."""
        maximum = self.points(mark.maximum)
        if mark.score is None:
            return Score("open", self.words.not_graded, maximum, why=(f"{self.words.out_of} {maximum}",))
        tone = "none" if mark.score <= 0 else "full" if mark.score >= mark.maximum else "part"
        return Score(tone, self._written(mark), maximum, why=tuple(self._why(mark)))

    def _why(self, mark: Mark) -> Iterator[str]:
        """Where a mark comes from: who gave it, and what it was before it was harmonised."""
        if not mark.answered:
            yield self.words.unanswered
        if origin := self.words.origin(mark.origin):
            yield origin
        if mark.score is not None and mark.harmonized_from is not None and mark.harmonized_from != mark.score:
            yield self.words.harmonised
            yield f"{self.points(mark.harmonized_from)} → {self.points(mark.score)}"

    def _boxes(self, question: Question, answer: Answer | None, fragments: Fragments) -> list[AnswerBox]:
        if question.type == "MCQ":
            selected = answer.selected_option_ids if answer else ()
            return [
                AnswerBox(self.words.student_answer, Markup(""), tuple(self._choices(question, selected, fragments)))
            ]
        if answer is None:
            return [self._box(question, "", fragments)]
        if not answer.parts:
            return [self._box(question, answer.content, fragments)]
        count = len(answer.parts)
        return [self._part(question, part, index, count, fragments) for index, part in enumerate(answer.parts, 1)]

    def _box(self, question: Question, content: Any, fragments: Fragments) -> AnswerBox:
        return AnswerBox(self.words.student_answer, self._answer(question, content, fragments))

    def _part(self, question: Question, part: AnswerPart, index: int, count: int, fragments: Fragments) -> AnswerBox:
        label = self.words.student_answer
        score = ""
        if part.score is not None:
            score = self.points(grades.decimal(part.score))
            if part.max_points is not None:
                score += f"\u00a0/\u00a0{self.points(grades.decimal(part.max_points))}"
        return AnswerBox(
            label=f"{label} ({index}/{count})" if count > 1 else label,
            html=self._answer(question, part.content, fragments),
            instruction=fragments.blocks(part.instruction) if self.options.statements else Markup(""),
            score=score,
        )

    def _answer(self, question: Question, content: Any, fragments: Fragments) -> Markup:
        if not (content.strip() if isinstance(content, str) else content):
            return Markup("")
        if question.type == "CODE" and isinstance(content, str):
            about = f"{contents.plain_text(question.content)} {self.header.exam.title} {self.header.exam.course.name}"
            return fragments.code(content, about)
        return fragments.blocks(content)

    def _choices(self, question: Question, selected: Sequence[str], fragments: Fragments) -> list[Choice]:
        known = {option.id for option in question.options}
        choices = [self._choice(option, option.id in selected, fragments) for option in question.options]
        lost = [identity for identity in selected if identity not in known]
        return choices + [self._lost() for _ in lost]

    def _choice(self, option: Option, ticked: bool, fragments: Fragments) -> Choice:
        w = self.words
        icon, tone, label = {
            (True, True): ("right", "full", f"{w.ticked} · {w.right}"),
            (True, False): ("wrong", "none", f"{w.ticked} · {w.wrong}"),
            (False, True): ("missed", "missed", f"{w.unticked} · {w.expected}"),
            (False, False): ("empty", "open", w.unticked),
        }[ticked, option.is_correct]
        return Choice(icon, tone, label, fragments.blocks(option.content))

    def _lost(self) -> Choice:
        return Choice("wrong", "none", self.words.ticked, Markup("<p>{}</p>").format(self.words.unknown_option))

    def _criteria(self, question: Question, fragments: Fragments) -> list[tuple[Markup, tuple[Level, ...]]]:
        return [
            (fragments.blocks(criterion.criteria), tuple(self._level(level, fragments) for level in criterion.levels))
            for criterion in question.rubric or ()
        ]

    def _level(self, level: dict[str, Any], fragments: Fragments) -> Level:
        points = next((level[key] for key in ("points", "score", "value") if level.get(key) is not None), None)
        names = [level.get(key) for key in ("label", "name", "title", "level", "description", "text")]
        text = " – ".join(dict.fromkeys(str(name) for name in names if isinstance(name, str) and name))
        shown = self.points(grades.decimal(points)) if isinstance(points, int | float) else ""
        return Level(shown, fragments.text(text))


def section_title(section: Section) -> str:
    """A section's heading: its label and title; empty for the hidden default section."""
    return " – ".join(part for part in (section.label, section.title) if part) if section.title else ""


def shortened(text: str) -> str:
    """As much of a text as a running line holds."""
    line = " ".join(text.split())
    words_of_line = list(re.finditer(r"\w[\w'’°.-]*", line))
    end = words_of_line[RUNNING_WORDS - 1].end() if len(words_of_line) > RUNNING_WORDS else len(line)
    cut = line[: min(end, RUNNING_CHARACTERS)].rstrip()
    return cut if cut == line else f"{cut}…"


def readable(text: str) -> str:
    """A text for metadata: one line, only characters that print."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
