"""`python -m dev.mutations [NAME...]`: make each mistake in a copy of the tree, run its tests, say which one noticed.

Exit status 1 where a mistake went unnoticed, no longer fits the source, or its tests fail without it too.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.mutations.catalogue import MUTATIONS
from dev.mutations.mutation import Mutation
from dev.paths import ROOT

LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".run", "out", "results", "__pycache__", ".*_cache", ".hypothesis")
SECONDS = 400
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Result:
    """How tests ended: the first that failed, None where all passed."""

    noticed: str | None
    seconds: float


def copied(folder: Path) -> Path:
    """The tree without what is not source."""
    folder.chmod(0o755)  # PostgreSQL's user passes through
    return Path(shutil.copytree(ROOT, folder / "tree", ignore=LEFT_OUT, symlinks=True))


def tested(tree: Path, tests: str) -> Result:
    """Run tests there, to the first failure."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests.split()]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "CI": "true"}
    begin = time.monotonic()
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Result(f"{tests} (no end within {SECONDS} s)", time.monotonic() - begin)
    failed = FAILED.search(done.stdout)
    noticed = None if done.returncode == 0 else failed[1] if failed else f"{tests} (status {done.returncode})"
    return Result(noticed, time.monotonic() - begin)


def tried(tree: Path, mutation: Mutation) -> Result:
    """Make a mistake, run its tests, put it right again."""
    path = tree / mutation.path
    right = path.read_text(encoding="utf-8")
    path.write_text(mutation.made(tree), encoding="utf-8")
    try:
        return tested(tree, mutation.tests)
    finally:
        path.write_text(right, encoding="utf-8")


def parsed(arguments: Sequence[str]) -> list[Mutation]:
    """The mistakes to make: those named, all where none is. Exits at a name that no mistake has."""
    known = {mutation.name: mutation for mutation in MUTATIONS}
    parser = argparse.ArgumentParser(prog="python -m dev.mutations", description="Make known mistakes, one at a time.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all, or some of: {', '.join(known)}")
    names = parser.parse_args(arguments).names
    if unknown := set(names) - set(known):
        parser.error(f"no such mistake: {', '.join(sorted(unknown))} (of {', '.join(known)})")
    return [known[name] for name in names or known]


def main(arguments: Sequence[str]) -> int:
    """Make the mistakes that are asked for, each in turn; 0 where every one was noticed."""
    chosen = parsed(arguments)
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        tree = copied(Path(folder))
        sound = tested(tree, " ".join(dict.fromkeys(test for one in chosen for test in one.tests.split())))
        if sound.noticed:
            print(f"without any mistake {sound.noticed} fails: nothing can be said")
            return 1
        print(f"without a mistake all pass ({sound.seconds:.0f} s)", flush=True)
        unnoticed = [mutation for mutation in chosen if not told(mutation, tried(tree, mutation))]
    print(f"{len(chosen) - len(unnoticed)} of {len(chosen)} mistakes noticed")
    return 1 if unnoticed else 0


def told(mutation: Mutation, result: Result) -> bool:
    """Print it; whether it was noticed."""
    verdict = f"noticed by {result.noticed}" if result.noticed else f"NOT NOTICED by {mutation.tests}"
    print(f"{mutation.name} ({mutation.says}): {verdict} ({result.seconds:.0f} s)", flush=True)
    return result.noticed is not None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
