"""The shape of a language: every text the renderer writes itself, one field each, in groups by where it is read.

A language is one value of `Words`, in a module of its own (`french`, `english`); a text that it lacks is a type error.
What people wrote is never translated. Braces in a text are filled by whoever shows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from contracts.numbers import rounded
from contracts.options import Language
from contracts.plural import Countable
from contracts.states import FailureCode, Holding, Phase
from services.renderer.language.document_words import (
    BookmarkWords,
    CopyWords,
    FormulaWords,
    FrontWords,
    GraphWords,
    ImageWords,
    SheetWords,
    WarningWords,
)
from services.renderer.language.shapes import DateWords, TextForEach

NBSP = "\u00a0"
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class FileWords(TextForEach[Holding]):
    """What a file's name begins with."""

    report: str
    copies: str
    grades: str


@dataclass(frozen=True, slots=True)
class FailureWords(TextForEach[FailureCode]):
    """Why there is no file, for the teacher: what happened, why and what to do. A field for each code of `errors`."""

    exam_not_found: str
    class_not_found: str
    no_copies: str
    invalid_exam: str
    too_many_copies: str
    too_many_pages: str
    database_unavailable: str
    storage_unavailable: str
    storage_full: str
    render_failed: str
    timed_out: str
    internal: str


@dataclass(frozen=True, slots=True)
class PhaseWords(TextForEach[Phase]):
    """What the renderer is doing: a field for each `Phase` that it reports."""

    loading: str
    processing: str
    generating: str
    saving: str


@dataclass(frozen=True, slots=True)
class CommandWords:
    """What `correcta-render` says itself."""

    phases: PhaseWords
    saved: str
    copies: Countable
    pages: Countable
    not_written: str


@dataclass(frozen=True, slots=True)
class Words:
    """One language: its texts, and how it writes numbers and dates. `colon` has the space that goes before it."""

    language: Language
    colon: str
    decimal_sign: str
    dates: DateWords
    copies: CopyWords
    front: FrontWords
    warnings: WarningWords
    images: ImageWords
    graphs: GraphWords
    formulas: FormulaWords
    bookmarks: BookmarkWords
    sheets: SheetWords
    files: FileWords
    failures: FailureWords
    command: CommandWords

    def cell(self, value: Decimal) -> str:
        """A number of points for a spreadsheet: "12,5" in French, "12.5" in English. Rounded here, not before."""
        return f"{rounded(value):f}".replace(".", self.decimal_sign)

    def points(self, value: Decimal) -> str:
        """A number of points as it is read: a minus sign, no-break spaces from 10 000 on (SI Brochure, 5.4.4)."""
        whole, mark, decimals = self.cell(value).partition(self.decimal_sign)
        digits = whole.removeprefix("-")
        grouped = f"{int(digits):,}".replace(",", NBSP) if len(digits) > 4 else digits
        return f"{MINUS if whole != digits else ''}{grouped}{mark}{decimals}"

    def date(self, moment: datetime) -> str:
        """A day, in the moment's own zone: "20 janvier 2026"."""
        day = self.dates.first_day if moment.day == 1 else str(moment.day)
        return f"{day}{NBSP}{self.dates.months[moment.month - 1]} {moment.year}"

    def moment(self, moment: datetime) -> str:
        """A day and an hour, in the moment's own zone and with its name: "20 janvier 2026 à 11 h 05 (Europe/Paris)"."""
        date = self.date(moment)
        return self.dates.moment.format(date=date, hour=moment.hour, minute=moment.minute, zone=moment.tzinfo)


def sign_names(names: Mapping[str, str]) -> Mapping[int, str]:
    """The table `str.translate` takes, from what signs are called. Signs of one name stand together in a key."""
    return {ord(sign): f" {name} " for signs, name in names.items() for sign in signs}
