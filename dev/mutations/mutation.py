"""A mistake as a change of text that still has to fit the source, and the tests that should notice it."""

from dataclasses import dataclass
from pathlib import Path


class NoLongerFits(ValueError):
    """The text to change is not in the file exactly once: the source has moved on, the mistake has to follow."""


@dataclass(frozen=True)
class Mutation:
    """One mistake. `says` is what somebody might think when making it."""

    name: str
    says: str
    path: str
    before: str
    after: str
    tests: str

    def made(self, tree: Path) -> str:
        """The file's text with the mistake in it.

        Raises:
            NoLongerFits: see there.
        """
        text = (tree / self.path).read_text(encoding="utf-8")
        if text.count(self.before) != 1:
            raise NoLongerFits(f"{self.name}: found {text.count(self.before)} times in {self.path}: {self.before!r}")
        return text.replace(self.before, self.after)
