"""What a message claims about an export, held against its row, and what of it may be written. Pure.

A message may come from anybody who may write to its exchange, so the row decides: whose export it is, what was asked,
and that a file is the export's own. Texts are bounded and cleaned, and a failure is told in our own words.
"""

import re
import unicodedata
from enum import StrEnum

from contracts.events import (
    LONGEST_TEXT,
    AnyEvent,
    ExportCompleted,
    ExportEvent,
    ExportExpired,
    ExportFailed,
    ExportRequested,
)
from contracts.states import content_type
from contracts.topology import MAX_ATTEMPTS
from services.gateway import sentences
from services.gateway.exports import Export

Claim = ExportCompleted | ExportFailed | ExportExpired
"""What renderers and storage say of an export."""

LONGEST_NAME = 200
"""Characters of a file name: below the 255 bytes of every file system where most letters are ASCII."""

_OVERRIDES = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
"""Controls of writing direction, by which a name can be made to show another ending."""


class Mismatch(StrEnum):
    """In what a message disagrees with its export's row, or why it is none."""

    UNREADABLE = "unreadable"
    TYPE = "type"
    SUBJECT = "subject"
    EXPORT = "export"
    INSTITUTION = "institution"
    EXAM = "exam"
    REQUESTER = "requester"
    FORMAT = "format"
    ATTEMPT = "attempt"
    KEY = "key"
    NOT_APPLICABLE = "not_applicable"


class ClaimRefused(Exception):
    """A message that does not hold against its export's row: it changes nothing."""

    def __init__(self, mismatch: Mismatch) -> None:
        super().__init__(mismatch.value)
        self.mismatch = mismatch


def check(export: Export, event: AnyEvent) -> None:
    """Hold everything an event says against the row of its export.

    Raises:
        ClaimRefused: the first thing that differs.
    """
    wrong = _foreign(export, event) if isinstance(event, ExportEvent) else Mismatch.TYPE
    wrong = wrong or _impossible(export, event)
    if wrong is not None:
        raise ClaimRefused(wrong)


def _foreign(export: Export, event: ExportEvent) -> Mismatch | None:
    if event.export_id != export.id:
        return Mismatch.EXPORT
    if event.institution_id != export.institution_id:
        return Mismatch.INSTITUTION
    if event.exam_id != export.exam_id:
        return Mismatch.EXAM
    if event.requested_by != export.requested_by:
        return Mismatch.REQUESTER
    return None


def _impossible(export: Export, event: AnyEvent) -> Mismatch | None:
    match event:
        case ExportCompleted() | ExportRequested() if event.format is not export.format:
            return Mismatch.FORMAT
        case ExportCompleted() | ExportFailed() if event.attempt > MAX_ATTEMPTS:
            return Mismatch.ATTEMPT
        case ExportCompleted(file=file) if file.key != f"{export.id}/{file.sha256}":
            return Mismatch.KEY
        case ExportExpired(key=key) if key is None or re.fullmatch(f"{export.id}/[0-9a-f]{{64}}", key) is None:
            return Mismatch.KEY
        case ExportCompleted() | ExportFailed() | ExportExpired() | ExportRequested():
            return None
        case _:
            return Mismatch.TYPE


def accepted(claim: Claim) -> Claim:
    """A claim as it is written to the row: a name and warnings fit to be shown, the format's own media type, our own
    sentence for a failure.
    """
    match claim:
        case ExportCompleted(file=file, warnings=warnings):
            name = file_name(file.filename) or f"export.{claim.format}"
            return claim.model_copy(
                update={
                    "file": file.model_copy(update={"filename": name, "content_type": content_type(claim.format)}),
                    "warnings": tuple(
                        warning.model_copy(update={"message": shown(warning.message)}) for warning in warnings
                    ),
                }
            )
        case ExportFailed(code=code):
            return claim.model_copy(update={"message": sentences.message(code)})
        case ExportExpired():
            return claim


def shown(text: str) -> str:
    """A text of a message as a page may show it: at most `LONGEST_TEXT` characters, no control character."""
    return "".join(" " if _is_control(letter) else letter for letter in text[:LONGEST_TEXT])


def file_name(text: str) -> str:
    """A file name of a message as a file may bear it: one path component of at most `LONGEST_NAME` characters that
    keeps its ending; empty where nothing is left of it.
    """
    letters = ("-" if letter in "/\\" else letter for letter in text if not _is_control(letter))
    name = "".join(letters).strip(". ")
    if len(name) > LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        ending = f"{dot}{ending}" if stem and len(ending) < 10 else ""
        name = name[: LONGEST_NAME - len(ending)] + ending
    return name


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in _OVERRIDES
