"""A mistake as a change of one small piece of source, and the tests that should notice it."""

from dataclasses import dataclass
from pathlib import Path

from dev.mutations.anchors import NoLongerFits, replaced_in_python, replaced_in_sql


@dataclass(frozen=True)
class Mutation:
    """One mistake. `says` is what somebody might think when making it.

    `where` is `package.module:Class.function` (`package.module:` for the module itself), or
    `path/to/file.sql:query,query`. There `piece`, found once, becomes `replacement`.
    """

    name: str
    says: str
    where: str
    piece: str
    replacement: str
    tests: str

    @property
    def path(self) -> str:
        """The file, relative to the root."""
        file = self.where.partition(":")[0]
        return file if file.endswith(".sql") else file.replace(".", "/") + ".py"

    def made(self, tree: Path) -> str:
        """The file's text with the mistake in it.

        Raises:
            NoLongerFits: see there.
        """
        text = (tree / self.path).read_text(encoding="utf-8")
        inside = self.where.partition(":")[2]
        try:
            if not self.path.endswith(".sql"):
                return replaced_in_python(text, inside, self.piece, self.replacement)
            for query in inside.split(","):
                text = replaced_in_sql(text, query, self.piece, self.replacement)
        except NoLongerFits as error:
            raise NoLongerFits(f"{self.name} in {self.path}: {error}") from None
        return text
