"""What an export is asked to be."""

from dataclasses import dataclass

from contracts.options import ReportOptions
from contracts.states import Format

DOCUMENTS = frozenset({Format.PDF, Format.ZIP})
"""Formats that are nothing without a copy; a table without one still has its head and the absent students."""


@dataclass(frozen=True)
class Wish:
    """What a teacher asked for."""

    format: Format
    options: ReportOptions
    class_ids: tuple[str, ...] = ()
