"""The sample's own words, before they become rows of Correcta's tables or a `graded-exam.v1` file."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Content = str | list[dict[str, Any]]
"""Text with TeX delimiters, or segments."""

Role = Literal["PLATFORM_ADMIN", "SCHOOL_ADMIN", "TEACHER", "STUDENT", "EXTERNAL_PROCTOR"]
Status = Literal["IN_PROGRESS", "SUBMITTED", "GRADING_IN_PROGRESS", "GRADED"]
Origin = Literal["auto", "ai", "teacher"]


@dataclass(frozen=True)
class School:
    """An institution. `settings` is stored as it is."""

    id: str
    name: str
    domain: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class Person:
    """A user of Correcta. `level` is how well a student does, from 0 to 1; nothing but the sample knows it."""

    id: str
    key: str
    name: str
    email: str
    role: Role
    school: School | None
    level: float = 0.0
    archived_at: datetime | None = None


@dataclass(frozen=True)
class Course:
    """A course of a school."""

    id: str
    code: str
    name: str
    school: School


@dataclass(frozen=True)
class Group:
    """A class or subgroup; members of its subgroups are not repeated in `members`."""

    id: str
    name: str
    course: Course
    parent: "Group | None" = None
    members: tuple[Person, ...] = ()

    @property
    def hidden(self) -> bool:
        """Correcta's class that stands for the whole course and is never shown."""
        return self.name == "__DEFAULT__"


@dataclass(frozen=True)
class Criterion:
    """A line of a rubric."""

    criteria: str
    levels: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Part:
    """A segment of a question: an option of an MCQ, a part of a question in several parts, or its only part."""

    id: str
    instruction: Content = ""
    points: float | None = None
    right: bool | None = None
    rubric: tuple[Criterion, ...] = ()


@dataclass(frozen=True)
class Item:
    """A question. `label` is the custom label; `points` are an MCQ's own: None means the sum of the parts'.

    `by_parts`: its grade is kept with its only part. `left_over` are points of its own, from when it was an MCQ.
    """

    id: str
    key: str
    type: Literal["TEXT", "MCQ", "CODE"]
    content: Content
    parts: tuple[Part, ...]
    label: str | None = None
    points: float | None = None
    all_or_nothing: bool = False
    template: str | None = None
    by_parts: bool = False
    left_over: float | None = None

    @property
    def maximum(self) -> float:
        """The question's own points, else the sum of its parts' (of the positive ones for an MCQ)."""
        if self.points is not None:
            return self.points
        return sum(part.points for part in self.parts if part.points is not None and part.points > 0)


@dataclass(frozen=True)
class Chapter:
    """A section of an exam. The default one is hidden: no title is shown, no number is given."""

    id: str
    title: str
    items: tuple[Item, ...]
    label: str | None = None
    intro: Content | None = None
    default: bool = False


@dataclass(frozen=True)
class Paper:
    """An exam as its author wrote it. `groups` empty with `group` set is how older exams name their class."""

    id: str
    key: str
    title: str
    description: str | None
    course: Course
    chapters: tuple[Chapter, ...]
    author: Person
    starts: datetime
    minutes: int
    groups: tuple[Group, ...] = ()
    group: Group | None = None
    parent: "Paper | None" = None

    @property
    def items(self) -> tuple[Item, ...]:
        """Every question, in order."""
        return tuple(item for chapter in self.chapters for item in chapter.items)


@dataclass(frozen=True)
class Given:
    """What a student answered to one question, and what it was given. `scores` has one entry per graded part."""

    item: Item
    texts: tuple[str, ...] = ()
    ticked: tuple[str, ...] = ()
    score: float | None = None
    scores: tuple[float, ...] = ()
    feedback: str | None = None
    origin: Origin | None = None
    rationale: str | None = None
    overridden: bool = False
    grader: Person | None = None
    before: float | None = None


@dataclass(frozen=True)
class Copy:
    """One attempt."""

    id: str
    student: Person
    status: Status
    started: datetime
    submitted: datetime | None
    given: tuple[Given, ...] = field(default=())
