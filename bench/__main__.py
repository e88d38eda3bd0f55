"""`make bench`: everything in one run, about a quarter of an hour on two cores. `--help` tells how to run less."""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from bench import fleet, live, loading, page, restart, speed, streams
from bench.contestants import CONTESTANTS, install_peers
from dev.paths import ROOT

PARTS = ("reports", "live", "fleet", "loading", "streams", "restart")


def arguments() -> argparse.Namespace:
    """What to measure, and where to write it."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Speed and memory, ours beside others'.")
    parser.add_argument("--sizes", default="20,200,2000", help="copies, separated by commas")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each stack up to 200 copies; one beyond")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, of {','.join(PARTS)}")
    parser.add_argument("--streams", type=int, default=streams.STREAMS, help="live streams on one gateway")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "benchmarks.md", help="where the results go")
    return parser.parse_args()


def say(line: str) -> None:
    """Tell what was just measured."""
    print(line, flush=True)


def _begins(part: str, parts: set[str], load: list[float]) -> bool:
    """Whether a part is wanted; if so, how busy the machine is as it begins."""
    if part in parts:
        load.append(os.getloadavg()[0])
    return part in parts


def main() -> None:
    """Measure and write the page."""
    wanted = arguments()
    shutil.rmtree(ROOT / ".run" / "bench", ignore_errors=True)  # what an ended run left would be worked on first
    parts = set(wanted.only.split(","))
    sizes = [int(size) for size in wanted.sizes.split(",")] if "reports" in parts else []
    install_peers()
    left_out = [f"{one.label}: {', '.join(one.missing())} is not here" for one in CONTESTANTS if one.missing()]
    load: list[float] = []
    with tempfile.TemporaryDirectory(prefix="correcta-bench-") as folder:
        rounds = {size: wanted.rounds if size <= 200 else 1 for size in sizes}
        load.append(os.getloadavg()[0])
        raced = speed.race(sizes, rounds, Path(folder), say)
    findings = page.Findings(
        sizes=sizes,
        speed=raced,
        live=live.measure(say) if _begins("live", parts, load) else None,
        fleet=fleet.measure(say) if _begins("fleet", parts, load) else None,
        loading=loading.measure(say) if _begins("loading", parts, load) else None,
        streams=streams.measure(say, wanted.streams) if _begins("streams", parts, load) else None,
        restart=restart.measure(say, wanted.streams) if _begins("restart", parts, load) else None,
        left_out=left_out,
        load=load,
    )
    page.write(findings, wanted.page, wanted.page.parent / "images" / "benchmarks.png")
    say(f"written: {wanted.page}")


if __name__ == "__main__":
    main()
