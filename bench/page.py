"""`docs/benchmarks.md` and its plot, from what was measured; what was measured by hand before stays below it."""

import platform
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from bench.contestants import CONTESTANTS, REACT
from bench.fleet import COPIES, SMALL, Fleet
from bench.live import Live
from bench.loading import Loading
from bench.restart import Restart
from bench.speed import CHANGED, Results
from bench.streams import Streams

LABELS = {contestant.key: contestant.label for contestant in CONTESTANTS} | {
    "changed": f"correcta-render, {CHANGED} copies marked again"
}
PROBES = (
    ("Node", ("node", "--version")),
    ("Chromium", ("chromium", "--version")),
)


KEPT = "<!-- below: measured by hand, kept as it is by `make bench` -->"
"""What follows this line on the page is not from a run."""


@dataclass(frozen=True)
class Findings:
    """Everything one run of the benchmarks found; None where a part was left out. `left_out` says why."""

    sizes: Sequence[int]
    speed: Results
    live: Live | None
    fleet: Fleet | None
    streams: Streams | None
    restart: Restart | None
    loading: Loading | None
    left_out: Sequence[str] = ()
    load: Sequence[float] = ()
    """What waited for the machine's cores when each part began: other work, where it is above 0."""


def write(findings: Findings, page: Path, plot: Path) -> None:
    """Write both files."""
    plot.parent.mkdir(parents=True, exist_ok=True)
    picture = plot.relative_to(page.parent).as_posix()
    if findings.sizes:
        _draw(findings, plot)
    before = page.read_text(encoding="utf-8") if page.exists() else ""
    kept = "".join(before.partition(f"\n{KEPT}")[1:])
    page.write_text("\n".join(_lines(findings, picture)) + "\n" + kept, encoding="utf-8")


def _lines(findings: Findings, picture: str) -> Iterator[str]:
    yield "# Benchmarks"
    yield ""
    yield f"Written by `make bench` on {datetime.now(UTC):%d %B %Y}: one run, stacks alternating, figures as measured."
    yield ""
    yield from _machine()
    yield "- Load average when each part began: " + ", ".join(f"{one:.1f}" for one in findings.load)
    yield ""
    if findings.sizes:
        yield from _speed(findings)
        yield ""
        yield f"![Seconds and memory against the number of copies, by stack]({picture})"
        yield ""
        yield from _growth(findings)
    yield from _services(findings)
    for reason in findings.left_out:
        yield f"- Left out: {reason}"


def _machine() -> Iterator[str]:
    memory = psutil.virtual_memory().total / 1e9
    system = f"{platform.system()} {platform.release()}"
    yield f"- Machine: {_processor()}, {psutil.cpu_count()} cores, {memory:.0f} GB, {system}"
    packages = ", ".join(f"{name} {version(name)}" for name in ("weasyprint", "mathra", "pikepdf", "typst"))
    programs = ", ".join(f"{name} {_said(command)}" for name, command in PROBES if shutil.which(command[0]))
    react = ", ".join(f"{name} {_locked(name)}" for name in ("@react-pdf/renderer", "mathjax-full"))
    yield f"- Versions: Python {platform.python_version()}, {packages}; {programs}; {react}"
    yield (
        "- Exams are generated: ten answers a copy with three formulas each, a comment with one, 40 formulas a copy in "
        "all, drawn from 1,870 that people wrote. Each stack prints the same answers, comments and formulas; ours also "
        "the class's summary, contents, frames and colours, with PDF/UA-1 tags."
    )
    yield (
        "- Seconds are of the whole process, from start to exit, the best of its runs. Memory is the highest sum of "
        "PSS over the process and its descendants, sampled ten times a second."
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _said(command: Sequence[str]) -> str:
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return next((word for word in text.split() if word.lstrip("v")[:1].isdigit()), text)


def _locked(name: str) -> str:
    import json

    lock = json.loads((REACT / "package-lock.json").read_text(encoding="utf-8"))
    return str(lock["packages"][f"node_modules/{name}"]["version"])


def _speed(findings: Findings) -> Iterator[str]:
    yield "## Reports"
    yield ""
    yield "| copies | stack | seconds | times ours | CPU seconds | memory | file |"
    yield "|---:|---|---:|---:|---:|---:|---:|"
    for size in findings.sizes:
        ours = findings.speed.best("ours", size)
        for key, label in LABELS.items():
            run = findings.speed.best(key, size)
            if run is None:
                continue
            ratio = f"{run.seconds / ours.seconds:.2f}" if ours else ""
            yield (
                f"| {size} | {label} | {run.seconds:.2f} | {ratio} | {run.cpu_seconds:.1f} "
                f"| {run.peak_bytes / 1e6:.0f} MB | {run.size / 1e6:.2f} MB |"
            )


def _growth(findings: Findings) -> Iterator[str]:
    small, large = findings.speed.best("ours", 200), findings.speed.best("ours", 2000)
    if small and large:
        yield (
            f"- 2,000 copies take {large.seconds / small.seconds:.1f} times as long as 200, and "
            f"{large.peak_bytes / small.peak_bytes:.2f} times the memory."
        )
    for size, count in findings.speed.rendered_again.items():
        yield f"- {CHANGED} of {size} copies marked again: {count} copies were typeset."
    yield ""


def _services(findings: Findings) -> Iterator[str]:
    yield "## Services"
    yield ""
    if findings.live:
        yield (
            "The gateway, storage and one renderer with a private RabbitMQ and PostgreSQL; where nothing else is said, "
            "nothing was kept from before."
        )
        yield ""
        for name, seconds in findings.live.exports.items():
            runs = ", ".join(f"{one:.2f}" for one in seconds)
            yield f"- From POST to the last byte of the PDF, {name}: {runs} s"
        for name, clicks in (("", findings.live.clicks), (", broker stopped", findings.live.clicks_without_broker)):
            yield (
                f"- POST, {clicks.per_second:.0f} a second{name}: p50 {clicks.p50:.1f} ms, p99 {clicks.p99:.1f} ms, "
                f"worst {clicks.worst:.1f} ms"
            )
        yield f"- Outbox to broker, confirmed, after the outage: {findings.live.relayed:.0f} events a second"
    if findings.fleet:
        yield from _fleet(findings.fleet)
    if findings.loading:
        loading = findings.loading
        yield (
            f"- {loading.copies} copies of {loading.questions} questions read from tables without indexes on foreign "
            f"keys: {loading.seconds:.2f} s"
        )
    if findings.streams:
        yield from _streams(findings.streams)
    if findings.restart:
        yield from _restart(findings.restart)


def _streams(seen: Streams) -> Iterator[str]:
    yield (
        f"- {seen.open} live streams of {seen.exports} exports on one gateway, {seen.slow} of which never read: "
        f"gateway {seen.gateway_bytes / 1e6:.0f} MB ({seen.idle_bytes / 1e6:.0f} MB before), {len(seen.delays)} frames "
        f"of {seen.events} events, from publishing to the reader p50 {seen.p50:.0f} ms, p99 {seen.p99:.0f} ms"
    )


def _fleet(seen: Fleet) -> Iterator[str]:
    for renderers, runs in sorted(seen.alone.items()):
        told = ", ".join(f"{seconds:.1f}" for seconds in runs)
        yield f"- {COPIES} copies, {renderers} renderers of one worker each on this machine: {told} s"
    yield (
        f"- Two renderers are {seen.best(1) / seen.best(2):.2f} times faster than one; where one of the two is killed "
        f"half way and started again, {seen.killed:.1f} s"
    )
    yield (
        f"- {SMALL} copies over two such renderers: {seen.small:.1f} s alone, {seen.small_beside:.1f} s beside {COPIES}"
    )


def _draw(findings: Findings, plot: Path) -> None:
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    figure, (times, memories) = pyplot.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for key, label in LABELS.items():
        runs = [(size, run) for size in findings.sizes if (run := findings.speed.best(key, size))]
        if runs:
            across = [size for size, _ in runs]
            times.plot(across, [run.seconds for _, run in runs], marker="o", label=label)
            memories.plot(across, [run.peak_bytes / 1e6 for _, run in runs], marker="o")
    for axes, title, unit in ((times, "Whole process", "seconds"), (memories, "Peak memory (PSS, summed)", "MB")):
        axes.set(xscale="log", yscale="log", title=title, xlabel="copies", ylabel=unit)
        axes.set_xticks(list(findings.sizes), [str(size) for size in findings.sizes])
        axes.minorticks_off()
        axes.grid(visible=True, alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    figure.savefig(plot, dpi=110, metadata={"Software": None})
    pyplot.close(figure)


def _restart(seen: Restart) -> Iterator[str]:
    yield (
        f"- {seen.streams} live streams on two gateways that are restarted one after the other, each draining for "
        f"{seen.drain:.0f} s: {seen.attempts} connections in all, at most {seen.peak} within a second (three times the "
        f"even rate would be {3 * seen.streams / seen.drain:.0f}); {seen.resets} had to begin anew; every stream was "
        f"back after {seen.longest:.1f} s at most."
    )
