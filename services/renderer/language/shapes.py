"""Shapes that the words of a language are made of: dates, a text for each member of a closed list."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Member = TypeVar("Member", bound=StrEnum)


class TextForEach(Generic[Member]):
    """A group with one text for each member of a closed list: a field is called what the member's value is."""

    __slots__ = ()

    def __getitem__(self, member: Member) -> str:
        """The text for a member."""
        return str(getattr(self, member.value))


@dataclass(frozen=True, slots=True)
class DateWords:
    """How a day and a moment with its zone are written; `first_day` is the number of a month's first day."""

    months: tuple[str, ...]
    first_day: str
    moment: str
