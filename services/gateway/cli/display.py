"""What a terminal shows. Progress and warnings go to stderr, so that stdout holds the answer alone.

Text from the server is printed as text: control characters are dropped, and rich's markup means nothing in it.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from contracts.http import Described, Result, Status
from contracts.states import ExportStatus, Phase
from services.gateway.cli.errors import ClientError
from services.gateway.cli.words import Words, counted

ID_WIDTH = 36
"""A whole id, whatever the terminal's width: it is what `--resume` takes."""


def plain(text: str) -> str:
    """Text from the server, safe to print on a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


class Bar:
    """One export's progress bar; it never moves backwards."""

    def __init__(self, progress: Progress, words: Words) -> None:
        self._progress = progress
        self._words = words
        self._task = progress.add_task(words.phases[Phase.QUEUED], total=100, note="")
        self._shown = 0

    def show(self, state: Status) -> None:
        """Move to a state."""
        self._shown = max(self._shown, state.progress)
        note = []
        if state.total:
            note.append(f"{state.processed}/{counted(state.total, self._words.copies)}")
        if state.attempt > 1:
            note.append(self._words.second_attempt.format(attempt=state.attempt))
        if state.queue_position is not None:
            note.append(self._words.queue_position.format(position=state.queue_position))
        if state.eta_seconds:
            note.append(self._words.time_left.format(seconds=state.eta_seconds))
        words = self._words
        phase = words.phases[state.phase] if isinstance(state.phase, Phase) else words.unknown_phase
        self._progress.update(self._task, completed=self._shown, description=phase, note=" · ".join(note))


class Display:
    """Everything that the command prints."""

    def __init__(self, words: Words, *, as_json: bool) -> None:
        self.words = words
        self.as_json = as_json
        self._notes = Console(stderr=True, highlight=False, soft_wrap=True)
        self._answer = Console(highlight=False, soft_wrap=True)

    @property
    def _quiet(self) -> bool:
        return self.as_json or not self._notes.is_terminal

    @contextmanager
    def following(self) -> Iterator[Bar]:
        """A progress bar for the length of a block; invisible where there is no terminal."""
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
        note = TextColumn("{task.fields[note]}", markup=False)
        with Progress(
            *columns, note, TimeElapsedColumn(), console=self._notes, transient=True, disable=self._quiet
        ) as progress:
            yield Bar(progress, self.words)

    @contextmanager
    def saving(self, size: int) -> Iterator[Any]:
        """A progress bar in bytes; yields the function that moves it."""
        with Progress(
            BarColumn(), DownloadColumn(), console=self._notes, transient=True, disable=self._quiet
        ) as progress:
            task = progress.add_task("", total=size)
            yield lambda done: progress.update(task, completed=done)

    def saved(self, job_id: str, path: Path, result: Result) -> None:
        """Print that the file was saved, and the export's warnings."""
        if self.as_json:
            self._object({"jobId": job_id, "status": "completed", "file": str(path), **_facts(result)})
            return
        for warning in result.warnings:
            form = self.words.warning_of_copy if warning.submission_id else self.words.warning
            self.note(form.format(submission=warning.submission_id, message=warning.message))
        copies = counted(result.attempt_count, self.words.copies)
        line = self.words.saved.format(path=path, size=result.size, copies=copies)
        pages = f", {counted(result.pages, self.words.pages)}" if result.pages else ""
        self._answer.print(escape(plain(line + pages)))

    def failed(self, error: ClientError, job_id: str | None, status: ExportStatus | None) -> None:
        """Print why there is no file."""
        if self.as_json:
            said = {"jobId": job_id, "status": status, "errorCode": error.code, "error": str(error)}
            self._object({name: value for name, value in said.items() if value is not None})
        else:
            code = f" [{error.code}]" if error.code else ""
            self._notes.print(escape(plain(f"{error}{code}")), style="red")

    def interrupted(self, sentence: str, command: str, job_id: str | None) -> None:
        """Print how to resume an export that the user stopped waiting for."""
        if self.as_json:
            self._object({"jobId": job_id, "status": "active", "resume": command})
        else:
            self._notes.print(escape(sentence))
            self._notes.print(escape(f"  {command}"))

    def note(self, text: str) -> None:
        """A line on stderr."""
        self._notes.print(escape(plain(text)), style="yellow")

    @contextmanager
    def watching(self) -> Iterator[Any]:
        """A table that follows a list of exports; yields the function that takes the list."""
        shown: list[Described] = []
        with Live(console=self._notes, auto_refresh=False, transient=True) as live:

            def show(exports: Sequence[Described]) -> None:
                shown[:] = exports
                if not self._quiet:
                    live.update(self._table(exports), refresh=True)

            yield show
        if self.as_json:
            self._object([export.model_dump(mode="json", by_alias=True) for export in shown])
        else:
            self._answer.print(self._table(shown) if shown else self.words.none, soft_wrap=False)

    def _table(self, exports: Sequence[Described]) -> Table:
        table = Table(Column(self.words.columns[0], min_width=ID_WIDTH), *self.words.columns[1:])
        for export in exports:
            copies = f" ({export.processed}/{export.total})" if export.total else ""
            outcome = export.result.filename if export.result else export.error or ""
            table.add_row(
                str(export.job_id),
                export.format,
                self.words.statuses[export.status],
                f"{export.progress} %{copies}",
                f"{export.requested_at.astimezone():%Y-%m-%d %H:%M}",
                escape(plain(outcome)),
            )
        return table

    def _object(self, said: object) -> None:
        sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def _facts(result: Result) -> dict[str, Any]:
    return result.model_dump(
        mode="json", by_alias=True, include={"size", "sha256", "pages", "attempt_count", "expires_at", "warnings"}
    )
