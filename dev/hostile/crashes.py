"""Inputs that once did harm, kept as files: `tests/data/crashes/<kind>/<digest>`. A test replays every one of them."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from dev.paths import ROOT

FOLDER = ROOT / "tests" / "data" / "crashes"


def keep(kind: str, case: bytes, folder: Path = FOLDER) -> Path:
    """Keep a case; the same case has one file."""
    path = folder / kind / hashlib.sha256(case).hexdigest()[:16]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(case)
    return path


def kept(kind: str, folder: Path = FOLDER) -> Iterator[tuple[str, bytes]]:
    """The kept cases of a kind, each with its name."""
    for path in sorted((folder / kind).glob("*")):
        yield path.name, path.read_bytes()
