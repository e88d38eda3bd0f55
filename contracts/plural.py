"""A counted noun in its two forms, as the texts of French and English need them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Countable:
    """What is counted: one and none are singular."""

    one: str
    many: str

    def of(self, count: int) -> str:
        """The form that goes with a number."""
        return self.many if count > 1 else self.one
