"""`make demo`: the main job on the sample exam, through real processes, and the files it leaves in `out/`."""

import signal
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from contracts.states import WarningCode
from dev.paths import ROOT
from dev.sample import people
from dev.sample.subjects import mathematiques
from dev.stack.local import AlreadyRunning, running
from dev.stack.processes import ProcessError
from dev.stack.programs import MissingProgram
from dev.stack.services import Plan
from dev.teacher import ExportFailed, Teacher

OUT = ROOT / "out"
WARNINGS_SHOWN = 5
EXAM = mathematiques.MATHEMATIQUES
TEACHER = people.OKONKWO
PHASES = {
    "queued": "En attente…",
    "loading": "Chargement des données…",
    "processing": "Traitement des copies…",
    "generating": "Génération du document…",
    "saving": "Enregistrement…",
    "complete": "Terminé !",
}

console = Console(highlight=False, soft_wrap=True)


def follow(teacher: Teacher, job: str, kind: str) -> dict[str, Any]:
    """Show live progress to the end; what the completed export says of its file."""
    columns = (TextColumn(f"  {kind:<5}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        bar = progress.add_task("", total=None)
        for event in teacher.follow(EXAM.id, job):
            state = event.data
            shown = PHASES.get(state["phase"], state["phase"])
            progress.update(bar, completed=state["processed"], total=state["total"] or None, description=shown)
            if event.type == "completed":
                return dict(state["result"])
    raise ExportFailed(state.get("error") or f"export {event.type}")


def export(teacher: Teacher, kind: str) -> None:
    """One export from the click to the file on disk."""
    start = time.monotonic()
    result = follow(teacher, teacher.start(EXAM.id, kind), kind)
    made = time.monotonic() - start
    path = OUT / f"{EXAM.key}.{kind}"
    teacher.download(result, path)
    pages = f", {result['pages']} pages" if result["pages"] else ""
    console.print(
        f"  {kind:<5}{path.relative_to(ROOT)}  {_size(path)}, {result['attemptCount']} copies{pages}, "
        f"{made:.1f} s, sha256 verified"
    )
    show_warnings(result["warnings"])


def show_warnings(warnings: list[dict[str, Any]]) -> None:
    """The first few. A copy that could not be made is a warning to the teacher, but the demo's failure."""
    for warning in warnings[:WARNINGS_SHOWN]:
        console.print(f"       [yellow]{warning['code']}[/]: {escape(warning['message'])}")
    if len(warnings) > WARNINGS_SHOWN:
        console.print(f"       … and {len(warnings) - WARNINGS_SHOWN} more")
    if any(warning["code"] == WarningCode.COPY_NOT_RENDERED for warning in warnings):
        raise ExportFailed("some copies were not rendered")


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def show() -> None:
    """Everything, narrated."""
    OUT.mkdir(exist_ok=True)
    start = time.monotonic()
    console.print("Starting a private RabbitMQ and PostgreSQL, the gateway, storage and a renderer…")
    with running("demo", Plan(settings={"gateway": {"DEMO": "true"}})) as local:
        console.print(f"Ready in {time.monotonic() - start:.1f} s.")
        console.print(f"{TEACHER.name} exports « {EXAM.title} »:")
        with Teacher(local.stack.url, TEACHER, local.stack.session_secret) as teacher:
            for kind in ("pdf", "zip", "csv", "xlsx"):
                export(teacher, kind)
    console.print(
        f"All stopped, {time.monotonic() - start:.1f} s in all. Look at {OUT.relative_to(ROOT)}/; try make up."
    )


def main() -> int:
    """Exit status: 0 where every file was made."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        show()
    except (AlreadyRunning, ExportFailed, MissingProgram, ProcessError) as error:
        console.print(f"[red]{escape(str(error))}[/]")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
