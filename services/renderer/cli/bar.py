"""A progress bar on standard error where that is a terminal, silence elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from contracts.states import Phase
from services.renderer.progress import Report, Step

LABELS = {
    Phase.LOADING: "Chargement des données…",
    Phase.PROCESSING: "Traitement des copies…",
    Phase.GENERATING: "Génération du document…",
    Phase.SAVING: "Enregistrement…",
}


@contextmanager
def progress_bar() -> Iterator[Report]:
    """What to call with each step."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[copies]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        line = progress.add_task(LABELS[Phase.LOADING], total=100, copies="")

        def report(step: Step) -> None:
            label = LABELS.get(step.phase, "")
            copies = f"{step.processed}/{step.total}"
            progress.update(line, completed=step.percent, description=label, copies=copies)

        yield report
