"""A question of a copy as it is shown: statement, what the student answered, what it was given and what was said of
it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any

from markupsafe import Markup

from contracts.graded_exam import Answer, AnswerPart, Content, Exam, Option, Question, TextSegment
from contracts.numbers import decimal
from contracts.options import Language, ReportOptions
from services.renderer.content import blocks as contents
from services.renderer.grading.marks import Mark
from services.renderer.language import numbers
from services.renderer.language.words import Words, words
from services.renderer.pages.fragments import Fragments

NOTHING = Markup("")


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

    label: Markup
    statement: Markup
    note: str
    boxes: tuple[AnswerBox, ...]
    score: Score
    comment: Markup
    criteria: tuple[tuple[Markup, tuple[Level, ...]], ...]


class Sheet:
    """Turns the questions of one copy into views. `fragments` collects what they need."""

    def __init__(self, exam: Exam, options: ReportOptions, fragments: Fragments) -> None:
        self._exam, self._options, self._fragments = exam, options, fragments
        self._words: Words = words(options.language)

    def question(self, question: Question, answer: Answer | None, mark: Mark) -> QuestionView:
        """One question."""
        fragments = self._fragments
        fragments.place = f"{self._words.question} {question.label}"
        statements, comments = self._options.statements, self._options.comments
        return QuestionView(
            label=fragments.text(question.label),
            statement=fragments.blocks(question.content) if statements else NOTHING,
            note=self._note(question),
            boxes=tuple(self._boxes(question, answer)),
            score=self._score(mark),
            comment=fragments.blocks(answer.feedback) if comments and answer else NOTHING,
            criteria=tuple(self._criteria(question)) if comments else (),
        )

    def _note(self, question: Question) -> str:
        if question.type != "MCQ" or not self._options.statements:
            return ""
        if question.require_all_correct:
            return self._words.all_required
        return self._words.several if sum(option.is_correct for option in question.options) > 1 else ""

    def _score(self, mark: Mark) -> Score:
        maximum = self._points(mark.maximum)
        if mark.score is None:
            return Score("open", self._words.not_graded, maximum, why=(f"{self._words.out_of} {maximum}",))
        tone = "none" if mark.score <= 0 else "full" if mark.score >= mark.maximum else "part"
        return Score(tone, written(mark, self._options.language), maximum, why=tuple(self._why(mark)))

    def _why(self, mark: Mark) -> Iterator[str]:
        """Where a mark comes from: who gave it, and what it was before it was harmonised."""
        if not mark.answered:
            yield self._words.unanswered
        if origin := self._words.origin(mark.origin):
            yield origin
        if mark.score is not None and mark.harmonized_from is not None and mark.harmonized_from != mark.score:
            yield self._words.harmonised
            yield f"{self._points(mark.harmonized_from)} → {self._points(mark.score)}"

    def _boxes(self, question: Question, answer: Answer | None) -> list[AnswerBox]:
        if question.type == "MCQ":
            selected = answer.selected_option_ids if answer else ()
            return [AnswerBox(self._words.student_answer, NOTHING, tuple(self._choices(question, selected)))]
        if answer is None:
            return [self._box(question, "")]
        if not answer.parts:
            return [self._box(question, answer.content)]
        count = len(answer.parts)
        return [self._part(question, part, index, count) for index, part in enumerate(answer.parts, 1)]

    def _box(self, question: Question, content: Content) -> AnswerBox:
        return AnswerBox(self._words.student_answer, self._answer(question, content))

    def _part(self, question: Question, part: AnswerPart, index: int, count: int) -> AnswerBox:
        label = self._words.student_answer
        score = ""
        if part.score is not None:
            score = self._points(decimal(part.score))
            if part.max_points is not None:
                score += f"\u00a0/\u00a0{self._points(decimal(part.max_points))}"
        return AnswerBox(
            label=f"{label} ({index}/{count})" if count > 1 else label,
            html=self._answer(question, part.content),
            instruction=self._fragments.blocks(part.instruction) if self._options.statements else NOTHING,
            score=score,
        )

    def _answer(self, question: Question, content: Content) -> Markup:
        if not (content.strip() if isinstance(content, str) else content):
            return NOTHING
        program = _program(content) if question.type == "CODE" else None
        if program is not None:
            about = f"{contents.plain_text(question.content)} {self._exam.title} {self._exam.course.name}"
            return self._fragments.code(program, about)
        return self._fragments.blocks(content)

    def _choices(self, question: Question, selected: Sequence[str]) -> list[Choice]:
        known = {option.id for option in question.options}
        choices = [self._choice(option, option.id in selected) for option in question.options]
        lost = [identity for identity in selected if identity not in known]
        return choices + [self._lost() for _ in lost]

    def _choice(self, option: Option, ticked: bool) -> Choice:
        w = self._words
        icon, tone, label = {
            (True, True): ("right", "full", f"{w.ticked} · {w.right}"),
            (True, False): ("wrong", "none", f"{w.ticked} · {w.wrong}"),
            (False, True): ("missed", "missed", f"{w.unticked} · {w.expected}"),
            (False, False): ("empty", "open", w.unticked),
        }[ticked, option.is_correct]
        return Choice(icon, tone, label, self._fragments.blocks(option.content))

    def _lost(self) -> Choice:
        return Choice("wrong", "none", self._words.ticked, Markup("<p>{}</p>").format(self._words.unknown_option))

    def _criteria(self, question: Question) -> list[tuple[Markup, tuple[Level, ...]]]:
        return [
            (self._fragments.blocks(criterion.criteria), tuple(self._level(level) for level in criterion.levels))
            for criterion in question.rubric or ()
        ]

    def _level(self, level: dict[str, Any]) -> Level:
        points = next((level[key] for key in ("points", "score", "value") if level.get(key) is not None), None)
        names = [level.get(key) for key in ("label", "name", "title", "level", "description", "text")]
        text = " – ".join(dict.fromkeys(str(name) for name in names if isinstance(name, str) and name))
        shown = self._points(decimal(points)) if isinstance(points, int | float) and isfinite(points) else ""
        return Level(shown, self._fragments.heading(text))

    def _points(self, value: Decimal) -> str:
        return numbers.points(value, self._options.language)


def _program(content: Content) -> str | None:
    """A program as it was typed, where `$` and `\\` are no mathematics; None where more than text was written."""
    if isinstance(content, str):
        return content
    texts = [segment.text for segment in content if isinstance(segment, TextSegment)]
    return "".join(texts) if len(texts) == len(content) else None


def written(mark: Mark, language: Language) -> str:
    """A mark in text: "1,5 / 2", or that there is none."""
    given = words(language).not_graded if mark.score is None else numbers.points(mark.score, language)
    return f"{given}\u00a0/\u00a0{numbers.points(mark.maximum, language)}"
