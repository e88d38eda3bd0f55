"""Committed files that are generated from the code: compared with it, or written.

A module with such files calls `main`; `python -m MODULE` exits 1 where they differ, `--write` writes them.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from dev.paths import ROOT


def differing(files: Mapping[Path, str], extra: Iterable[Path] = ()) -> list[Path]:
    """The committed files that are not what the code says, and the `extra` ones that nothing generates."""
    changed = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    return sorted([path for path in extra if path not in files] + changed)


def write(files: Mapping[Path, str]) -> None:
    """Write every file."""
    for path, text in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main(arguments: list[str], files: Mapping[Path, str], target: str, extra: Iterable[Path] = ()) -> int:
    """Exit status: 0 where files and code agree. `target` is the one of `make` that writes them."""
    if arguments == ["--write"]:
        write(files)
    stale = differing(files, extra)
    for path in stale:
        print(f"{os.path.relpath(path, ROOT)} differs from the code: make {target}", file=sys.stderr)
    return 1 if stale else 0
