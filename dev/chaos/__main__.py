"""`python -m dev.chaos`: one run. Exit status 1 where a promise was not kept; the folder then tells how."""

import asyncio
import logging
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from dev.chaos.faults import Parameters
from dev.chaos.run import report, run


def main(
    seed: Annotated[int, typer.Option(help="the same seed does the same to the same; 0: a new one")] = 0,
    exports: Annotated[int, typer.Option(help="at least so many")] = 60,
    kills: Annotated[int, typer.Option(help="kill -9 of gateways, renderers, their workers and storages")] = 20,
    broker_restarts: int = 2,
    database_restarts: int = 2,
    freezes: Annotated[int, typer.Option(help="SIGSTOP and SIGCONT of anything")] = 4,
    cuts: Annotated[int, typer.Option(help="links cut, swallowed, forgotten or slowed")] = 6,
    gap: Annotated[float, typer.Option(help="mean seconds between faults")] = 3.0,
    pace: Annotated[float, typer.Option(help="mean seconds between exports")] = 1.7,
    broker_nodes: Annotated[int, typer.Option(help="3: a cluster, whose nodes are killed and frozen in turn")] = 1,
    folder: Annotated[Path | None, typer.Option(help="keep history and logs here")] = None,
) -> None:
    """Kill, freeze and cut off everything while teachers export, then read what happened."""
    chosen = seed or random.randrange(1, 1_000_000)
    parameters = Parameters(
        chosen,
        exports,
        kills,
        broker_restarts,
        database_restarts,
        freezes,
        cuts,
        gap=gap,
        pace=pace,
        broker_nodes=broker_nodes,
    )
    place = folder or Path(tempfile.mkdtemp(prefix=f"chaos-{chosen}-"))
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o755)
    print(f"chaos: seed {chosen}, in {place}", flush=True)
    logging.getLogger().addHandler(logging.NullHandler())  # the observer's connections come and go
    begun = time.monotonic()
    verdict = asyncio.run(run(place, parameters))
    print("\n".join(report(parameters, verdict, time.monotonic() - begun)))
    if verdict.violations:
        sys.exit(1)
    if folder is None:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
