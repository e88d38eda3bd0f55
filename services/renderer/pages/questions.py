"""A question of a copy as the template shows it: statement, answer, mark, comment and criteria."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from markupsafe import Markup

from contracts.correcta import is_automatic_comment
from contracts.graded_exam import Answer, AnswerPart, Content, Option, Question, TextSegment
from contracts.numbers import decimal
from contracts.residue import cleaned, is_blank
from services.renderer.content.blocks import plain_text
from services.renderer.grading.marks import Mark
from services.renderer.language.words import NBSP
from services.renderer.pages.context import NAME_CHARACTERS, PageContext, shortened
from services.renderer.pages.fragments import Fragments
from services.renderer.pages.resources import NOTHING
from services.renderer.pages.text import at_most


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
    """A frame with what the student wrote: an answer, or one part of it."""

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
    """A question as the template shows it. `continued` names it at the head of a page to which it goes on."""

    label: Markup
    continued: str
    statement: Markup
    note: str
    boxes: tuple[AnswerBox, ...]
    score: Score
    comment: Markup
    criteria: tuple[tuple[Markup, tuple[Level, ...]], ...]


class QuestionViews:
    """Makes the views of one question of one copy. What they refer to is added to the segment of `fragments`."""

    def __init__(self, context: PageContext, fragments: Fragments, question: Question) -> None:
        self._context, self._question = context, question
        self._options, self._words = context.options, context.words.copies
        self._fragments = fragments.at(f"{context.words.copies.question} {question.label}")

    def view(self, answer: Answer | None, mark: Mark) -> QuestionView:
        """The question with what was answered and what it was given."""
        fragments, question = self._fragments, self._question
        statements, comments = self._options.statements, self._options.comments
        return QuestionView(
            label=fragments.text(at_most(question.label, NAME_CHARACTERS)),
            continued=f" · {self._words.continued.format(shortened(question.label))}",
            statement=self._statement() if statements else NOTHING,
            note=self._note(),
            boxes=tuple(self._boxes(answer)),
            score=self._score(mark),
            comment=self._comment(answer) if comments and answer else NOTHING,
            criteria=tuple(self._criteria()) if comments and self._options.audience.is_staff else (),
        )

    def _statement(self) -> Markup:
        """The statement and the instruction of its one part, unless that only says it again."""
        question = self._question
        statement = self._fragments.content(question.content)
        return statement if self._repeats(question.instruction) else statement + self._instruction(question.instruction)

    def _repeats(self, instruction: Content | None) -> bool:
        return not instruction or repeats(plain_text(instruction), plain_text(self._question.content))

    def _instruction(self, instruction: Content | None) -> Markup:
        return self._fragments.content(instruction) if self._options.statements else NOTHING

    def _note(self) -> str:
        question = self._question
        if question.type != "MCQ" or not self._options.statements:
            return ""
        if question.require_all_correct:
            return self._words.all_required
        return self._words.several if sum(option.is_correct for option in question.options) > 1 else ""

    def _score(self, mark: Mark) -> Score:
        maximum = self._context.points(mark.maximum)
        if mark.score is None:
            given = self._words.unreadable if mark.unreadable else self._words.not_graded
            return Score("open", given, maximum, why=(f"{self._words.out_of} {maximum}",))
        tone = "none" if mark.score <= 0 else "full" if mark.score >= mark.maximum else "part"
        return Score(tone, score_text(mark, self._context), maximum, why=tuple(self._why(mark)))

    def _why(self, mark: Mark) -> Iterator[str]:
        """Where a mark comes from: who gave it, and what it was before it was harmonised."""
        if not mark.answered:
            yield self._words.unanswered
        if origin := self._words.origin(mark.origin):
            yield origin
        if mark.score is not None and mark.harmonized_from is not None and mark.harmonized_from != mark.score:
            yield self._words.harmonised
            yield f"{self._context.points(mark.harmonized_from)} → {self._context.points(mark.score)}"

    def _comment(self, answer: Answer) -> Markup:
        """The comment, unless Correcta itself gave both it and the mark: the mark and the ticks say the same."""
        typed = None if answer.feedback is None else _typed(answer.feedback)
        is_machines = answer.origin == "auto" and typed is not None and is_automatic_comment(typed)
        return NOTHING if is_machines else self._fragments.content(answer.feedback)

    def _boxes(self, answer: Answer | None) -> list[AnswerBox]:
        if self._question.type == "MCQ":
            selected = answer.selected_option_ids if answer else ()
            return [AnswerBox(self._words.student_answer, NOTHING, tuple(self._choices(selected)))]
        if answer is None or not answer.parts:
            return [AnswerBox(self._words.student_answer, self._answer(answer.content if answer else ""))]
        count = len(answer.parts)
        return [self._part(part, number, count) for number, part in enumerate(answer.parts, 1)]

    def _part(self, part: AnswerPart, number: int, count: int) -> AnswerBox:
        label = self._words.student_answer
        repeated = count == 1 and (part.instruction == self._question.instruction or self._repeats(part.instruction))
        score = self._words.unreadable if part.unreadable else ""
        if part.score is not None:
            score = self._context.points(decimal(part.score))
        if score and part.max_points is not None:
            score += f"{NBSP}/{NBSP}{self._context.points(decimal(part.max_points))}"
        return AnswerBox(
            label=f"{label} ({number}/{count})" if count > 1 else label,
            html=self._answer(part.content),
            instruction=NOTHING if repeated else self._instruction(part.instruction),
            score=score,
        )

    def _answer(self, content: Content) -> Markup:
        if is_blank(content):
            return NOTHING
        program = _typed(content) if self._question.type == "CODE" else None
        if program is not None:
            exam = self._context.header.exam
            about = f"{plain_text(self._question.content)} {exam.title} {exam.course.name}"
            return self._fragments.code(program, about)
        return self._fragments.content(content)

    def _choices(self, selected: Sequence[str]) -> list[Choice]:
        options = self._question.options
        known = {option.id for option in options}
        choices = [self._choice(option, option.id in selected) for option in options]
        return choices + [self._deleted_option() for identity in selected if identity not in known]

    def _choice(self, option: Option, ticked: bool) -> Choice:
        w = self._words
        icon, tone, label = {
            (True, True): ("right", "full", f"{w.ticked} · {w.right}"),
            (True, False): ("wrong", "none", f"{w.ticked} · {w.wrong}"),
            (False, True): ("missed", "missed", f"{w.unticked} · {w.expected}"),
            (False, False): ("empty", "open", w.unticked),
        }[ticked, option.is_correct]
        return Choice(icon, tone, label, self._fragments.content(option.content))

    def _deleted_option(self) -> Choice:
        return Choice("wrong", "none", self._words.ticked, Markup("<p>{}</p>").format(self._words.unknown_option))

    def _criteria(self) -> list[tuple[Markup, tuple[Level, ...]]]:
        return [
            (self._fragments.content(criterion.criteria), tuple(self._level(level) for level in criterion.levels))
            for criterion in self._question.rubric or ()
        ]

    def _level(self, level: dict[str, Any]) -> Level:
        points = next((level[key] for key in ("points", "score", "value") if level.get(key) is not None), None)
        names = [level.get(key) for key in ("label", "name", "title", "level", "description", "text")]
        text = " – ".join(dict.fromkeys(str(name) for name in names if isinstance(name, str) and name))
        finite = isinstance(points, int | float) and isfinite(points)
        return Level(self._context.points(decimal(points)) if finite else "", self._fragments.heading(text))


def repeats(text: str, whole: str) -> bool:
    """Whether a text is the whole, or its end, said again: white space, capitals and full stops do not count."""
    words = _WORDS.findall(cleaned(text).casefold())
    return _WORDS.findall(cleaned(whole).casefold())[-len(words) :] == words


_WORDS = re.compile(r"\w+|[^\w\s.,;:!?…]")


def _typed(content: Content) -> str | None:
    """A text as it was typed, where `$` and `\\` are no mathematics; None where more than text was written."""
    if isinstance(content, str):
        return content
    texts = [segment.text for segment in content if isinstance(segment, TextSegment)]
    return "".join(texts) if len(texts) == len(content) else None


def score_text(mark: Mark, context: PageContext) -> str:
    """A mark in text: "1,5 / 2", or that there is none."""
    words = context.words.copies
    missing = words.unreadable if mark.unreadable else words.not_graded
    given = missing if mark.score is None else context.points(mark.score)
    return f"{given}{NBSP}/{NBSP}{context.points(mark.maximum)}"
