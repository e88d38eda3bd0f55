"""`python -m dev.golden [--write]`: compare the golden documents with what the code makes, or write them."""

import difflib
import sys

from dev.golden.documents import GOLDEN, TYPESETTER, Document, make, typesetter
from dev.paths import ROOT


def difference(document: Document, text: str) -> str:
    """What changed in a document, as a diff; empty where nothing did."""
    kept = document.path.read_text("utf-8") if document.path.exists() else ""
    name = str(document.path.relative_to(ROOT))
    lines = difflib.unified_diff(kept.splitlines(), text.splitlines(), name, "as it is made now", lineterm="", n=2)
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Exit status: 0 where documents and code agree."""
    made = make()
    if arguments == ["--write"]:
        for stray in {*GOLDEN.glob("*.txt")} - {document.path for document in made}:
            stray.unlink()
        for document, each in made.items():
            document.path.write_text(each.text, encoding="utf-8")
        TYPESETTER.write_text(typesetter(), encoding="utf-8")
    differences = [found for document, each in made.items() if (found := difference(document, each.text))]
    for found in differences:
        print(found, file=sys.stderr)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
