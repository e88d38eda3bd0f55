"""`python -m dev.soak`: one run. Exit status 1 where an input did harm; it is kept for the test that replays them."""

import asyncio
import logging
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import structlog
import typer

from dev.soak.run import Parameters, run


def main(
    seed: Annotated[int, typer.Option(help="the same seed tries the same; 0: a new one")] = 0,
    contents: Annotated[int, typer.Option(help="first every construct with every address, then random ones")] = 100_000,
    formulas: Annotated[int, typer.Option(help="mutated, laid out on pages")] = 100_000,
    exams: Annotated[int, typer.Option(help="with mistakes in their structure")] = 500,
    cases: Annotated[int, typer.Option(help="functions, names and events, so many of each")] = 100_000,
    segments: Annotated[int, typer.Option(help="handed to the assembler, its file checked by qpdf")] = 10_000,
) -> None:
    """Try random hostile input on the renderer and see what it reaches."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    chosen = seed or random.randrange(1, 1_000_000)
    print(f"soak: seed {chosen}", flush=True)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"soak-{chosen}-") as folder:
        faults = asyncio.run(run(Path(folder), Parameters(chosen, contents, formulas, exams, cases, segments)))
    told = ", ".join(f"{kind} {count}" for kind, count in faults.items())
    print(f"soak: seed {chosen}, {time.monotonic() - begun:.0f} s; at fault: {told}")
    sys.exit(1 if faults.total() else 0)


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
