"""A progress bar on standard error where that is a terminal, silence elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from contracts.states import Phase
from services.renderer.language.words import PhaseWords
from services.renderer.progress import Report, Step


@contextmanager
def progress_bar(phases: PhaseWords) -> Iterator[Report]:
    """What to call with each step."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[copies]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        line = progress.add_task(phases[Phase.LOADING], total=100, copies="")

        def report(step: Step) -> None:
            copies = f"{step.processed}/{step.total}"
            progress.update(line, completed=step.percent, description=phases[step.phase], copies=copies)

        yield report
