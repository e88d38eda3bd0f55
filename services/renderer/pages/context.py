"""What all pages of one export share: templates, words, the names of copies, and texts cut for running lines.

The templates escape everything; what arrives as markup was made by `fragments`. Anonymous documents are given no
identity to begin with, so that none can leak.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from contracts.graded_exam import ExamHeader
from contracts.options import Audience, ReportOptions
from contracts.residue import is_blank
from contracts.timezones import local
from services.renderer.content.characters import plain
from services.renderer.exam import classes
from services.renderer.exam.homonyms import qualified
from services.renderer.exam.zone import zone_of
from services.renderer.grading import gradebook
from services.renderer.grading.marks import CopyMarks
from services.renderer.language.languages import words_in
from services.renderer.pages.text import at_most

TITLE_CHARACTERS = 400
"""Longer exam titles are truncated."""

NAME_CHARACTERS = 200
"""Longer names are truncated: they would push the copy off its first page."""

RUNNING_CHARACTERS = 76
RUNNING_WORDS = 12
"""What of names and titles stands in a running line, beside what else it says: not so much that a checker takes it for
lost prose.
"""


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates, compiled once a process."""
    loader = PackageLoader("services.renderer.pages", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


class PageContext:
    """The exam, the options and the words of one export."""

    def __init__(self, header: ExamHeader, options: ReportOptions) -> None:
        self.header, self.options = header, options
        self.words = words_in(options.language)
        self._zone = zone_of(header)
        self.anonymous = options.audience is Audience.ANONYMOUS

    @property
    def exam_name(self) -> str:
        """The exam's title, truncated."""
        return at_most(self.header.exam.title, TITLE_CHARACTERS)

    @property
    def school(self) -> str:
        """The institution's name, truncated."""
        return at_most(self.header.exam.institution.name, NAME_CHARACTERS)

    def name(self, marks: CopyMarks, number: int | None) -> str:
        """What a copy is called: the student's name or address; in anonymous documents its number, from 1."""
        if self.anonymous:
            return gradebook.alias(number, self.words.copies) if number else self.words.copies.copy
        student = marks.student
        name = student.name if not is_blank(student.name) else student.email or self.words.copies.copy
        return qualified(at_most(name, NAME_CHARACTERS), student)

    def class_name(self, class_ids: Sequence[str]) -> str:
        """The classes of a student, truncated; empty in anonymous documents."""
        return "" if self.anonymous else at_most(classes.class_name(self.header.classes, class_ids), NAME_CHARACTERS)

    def points(self, value: Decimal) -> str:
        """A number of points in the report's language."""
        return self.words.points(value)

    def moment(self, moment: datetime) -> str:
        """A day and an hour in the document's zone, which is named."""
        return self.words.moment(local(moment, self._zone))

    def html(self, template: str, **values: Any) -> str:
        """A template filled with these values, the report's words, options and header."""
        shared = {"w": self.words, "options": self.options, "header": self.header, "lang": self.words.language.value}
        return environment().get_template(template).render(**shared, **values)


def running(first: str, second: str) -> str:
    """Two texts on a running line: as much of the second as the first leaves room for."""
    first = shortened(first)
    second = shortened(second, max(RUNNING_CHARACTERS - len(first), RUNNING_CHARACTERS // 3))
    return " – ".join(part for part in (first, second) if part)


def shortened(text: str, characters: int = RUNNING_CHARACTERS * 2 // 3) -> str:
    """As much of a text as there is room for on a running line."""
    line = readable(text)
    words_of_line = list(re.finditer(r"\w[\w'’°.-]*", line))
    end = words_of_line[RUNNING_WORDS - 1].end() if len(words_of_line) > RUNNING_WORDS else len(line)
    if end == len(line) <= characters:
        return line
    cut = line[: min(end, characters)]
    is_in_word = len(cut) > characters // 2 and line[len(cut) - 1 : len(cut) + 1].isalnum()
    return f"{(cut.rsplit(maxsplit=1)[0] if is_in_word else cut).rstrip()}…"


def readable(text: str) -> str:
    """A text for metadata and running lines: one line, only characters that print, few combining marks on a letter."""
    return " ".join(plain(text).split())
