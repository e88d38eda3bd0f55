"""One export from the asking to the verified file, and the list of all. What is known so far is kept in `Asked`, so
that whoever leaves in the middle can be told how to come back.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

from contracts.options import ReportOptions
from contracts.states import RUNNING, ExportStatus, Format
from services.gateway.cli import saving
from services.gateway.cli.answers import Result, State
from services.gateway.cli.display import Display
from services.gateway.cli.errors import ExportFailed
from services.gateway.cli.following import follow
from services.gateway.cli.server import Patience, Server
from services.gateway.cli.words import Words


@dataclass
class Asked:
    """What was asked for, and what is known of it so far: enough to take it up again."""

    exam_id: str
    format: Format
    options: ReportOptions
    class_ids: list[str]
    url: str
    output: Path | None
    idempotency_key: str
    job_id: str | None = None
    status: ExportStatus | None = None

    def resuming(self) -> str:
        """The command that takes it up again; without the token, which belongs on no screen."""
        parts = ["correcta-export", self.format, self.exam_id, "--url", self.url]
        parts += ["--resume", self.job_id] if self.job_id else self._same_wish()
        parts += ["-o", str(self.output)] if self.output else []
        return shlex.join(parts)

    def _same_wish(self) -> list[str]:
        """The key with everything asked under it: with another wish the server refuses it."""
        options = self.options
        asked = [f"--{name}={getattr(options, name)}" for name in ("audience", "order", "language")]
        left_out = [f"--no-{name}" for name in ("statements", "statistics", "comments") if not getattr(options, name)]
        duplex = ["--duplex"] if options.duplex else []
        classes = [f"--class={class_id}" for class_id in self.class_ids]
        return [*asked, *left_out, *duplex, *classes, "--idempotency-key", self.idempotency_key]


def export(server: Server, display: Display, asked: Asked) -> None:
    """Start or take up, follow, save."""
    saving.check_output(asked.output, server)
    if asked.job_id is None:
        asked.job_id = server.start(asked.exam_id, asked.format, asked.options, asked.class_ids, asked.idempotency_key)
    result = _result(_followed(server, display, asked, asked.job_id), server.words)
    path = saving.target(asked.output, result)
    with display.saving(result.size) as advance:
        saving.save(server, result, path, advance)
    display.saved(asked.job_id, path, result)


def _followed(server: Server, display: Display, asked: Asked, job_id: str) -> State:
    state = State(status=ExportStatus.QUEUED)
    with display.following() as bar:
        for state in follow(server, asked.exam_id, job_id):
            asked.status = state.status
            bar.show(state)
    return state


def _result(state: State, words: Words) -> Result:
    if state.status is ExportStatus.COMPLETED and state.result is not None:
        return state.result
    sentence = state.error or words.ended.format(status=words.statuses[state.status])
    raise ExportFailed(sentence, state.error_code or state.status)


def watch(server: Server, display: Display, exam_id: str) -> None:
    """Show the caller's exports of an exam until none is running."""
    waiting = Patience(server.pace)
    with display.watching() as take:
        while True:
            exports = server.listed(exam_id)
            take(exports)
            if not any(export.status in RUNNING for export in exports):
                return
            waiting.pause()
