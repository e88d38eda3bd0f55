"""One export from its start to the verified file, and the list of all of them.

What is known so far is kept in an `ExportRun`, so that whoever interrupts it can be told how to resume.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

from contracts import flags
from contracts.http import Result, Status
from contracts.options import ReportOptions
from contracts.states import RUNNING, ExportStatus, Format
from services.gateway.cli import saving
from services.gateway.cli.display import Display
from services.gateway.cli.errors import ExportFailed
from services.gateway.cli.following import follow
from services.gateway.cli.server import RetryBudget, Server
from services.gateway.cli.words import Words


@dataclass
class ExportRun:
    """What was asked for, and what is known of it so far: enough to resume it."""

    exam_id: str
    format: Format
    options: ReportOptions
    class_ids: list[str]
    url: str
    output: Path | None
    idempotency_key: str
    job_id: str | None = None
    status: ExportStatus | None = None

    def resume_command(self) -> str:
        """The command line that resumes it; without the token, which belongs on no screen."""
        parts = ["correcta-export", self.format, self.exam_id, "--url", self.url]
        parts += ["--resume", self.job_id] if self.job_id else self._same_request()
        parts += ["-o", str(self.output)] if self.output else []
        return shlex.join(parts)

    def _same_request(self) -> list[str]:
        """The idempotency key with everything asked under it: the server refuses the key with another request."""
        classes = [f"--class={class_id}" for class_id in self.class_ids]
        return [*flags.arguments(self.options), *classes, "--idempotency-key", self.idempotency_key]


def export(server: Server, display: Display, run: ExportRun) -> None:
    """Start or resume an export, follow it to its end, save the file."""
    saving.check_output(run.output, server)
    if run.job_id is None:
        run.job_id = server.start(run.exam_id, run.format, run.options, run.class_ids, run.idempotency_key)
    result = _result(_end(server, display, run, run.job_id), server.words)
    path = saving.target(run.output, result)
    with display.saving(result.size) as advance:
        saving.save(server, result, path, advance)
    display.saved(run.job_id, path, result)


def _end(server: Server, display: Display, run: ExportRun, job_id: str) -> Status:
    """The last state of an export, each one shown as it comes."""
    with display.following() as bar:
        for state in follow(server, run.exam_id, job_id):
            run.status = state.status
            bar.show(state)
    return state


def _result(state: Status, words: Words) -> Result:
    if state.status is ExportStatus.COMPLETED and state.result is not None:
        return state.result
    sentence = state.error or words.ended.format(status=words.statuses[state.status])
    raise ExportFailed(sentence, state.error_code or state.status)


def watch(server: Server, display: Display, exam_id: str) -> None:
    """Show the caller's exports of an exam until none is running."""
    budget = RetryBudget(server.intervals)
    with display.watching() as show:
        while True:
            exports = server.listed(exam_id)
            show(exports)
            if not any(export.status in RUNNING for export in exports):
                return
            budget.pause()
