"""The command line of `correcta-export`: parses arguments, prints the outcome, sets the exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from uuid import uuid4

import typer

from contracts.options import ReportOptions
from contracts.states import Format
from services.common.report_flags import with_report_options
from services.gateway.cli.display import Display
from services.gateway.cli.errors import ClientError
from services.gateway.cli.server import PollIntervals, Server
from services.gateway.cli.words import words_for
from services.gateway.cli.workflow import ExportRun, export, watch

INTERRUPTED = 130
EPILOG = """Exit codes: 0 the file is there and verified; 1 the export failed or the server cannot be reached; 2 it was
asked wrongly (option, exam, token, folder); 130 left with Ctrl-C, the export goes on and can be resumed."""


@contextmanager
def outcome(display: Display, run: ExportRun | None) -> Iterator[None]:
    """Print how a block ends where it raises, and turn it into an exit code."""
    try:
        yield
    except ClientError as error:
        display.failed(error, run.job_id if run else None, run.status if run else None)
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as error:
        if run is not None:
            words = display.words
            sentence = words.still_running if run.job_id else words.maybe_started
            display.interrupted(sentence, run.resume_command(), run.job_id)
        raise typer.Exit(INTERRUPTED) from error


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise typer.BadParameter("must be an http or https address")
    return url


def _checked_exam(exam: str | None) -> str:
    if not exam:
        raise typer.BadParameter("EXAM_ID is missing")
    return exam


def _checked_format(what: str) -> Format:
    try:
        return Format(what)
    except ValueError as error:
        raise typer.BadParameter(f"FORMAT must be one of {', '.join(Format)}") from error


app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(epilog=EPILOG)
@with_report_options
def correcta_export(
    what: Annotated[str, typer.Argument(metavar="FORMAT", help=f"{', '.join(Format)} (not needed with --watch)")],
    url: Annotated[str, typer.Option(envvar="CORRECTA_URL", callback=_checked_url, help="Correcta's address")],
    token: Annotated[str, typer.Option(envvar="CORRECTA_TOKEN", help="A teacher's bearer token")],
    exam: Annotated[str | None, typer.Argument(metavar="EXAM_ID", help="The exam's id in Correcta")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File or folder; default: this folder")] = None,
    options: ReportOptions = ReportOptions(),  # noqa: B008 - frozen; `with_report_options` replaces it by flags
    classes: Annotated[list[str] | None, typer.Option("--class", metavar="ID", help="Only this class; repeat")] = None,
    resume: Annotated[str | None, typer.Option(metavar="JOB_ID", help="Take up an export that was started")] = None,
    idempotency_key: Annotated[str | None, typer.Option(help="The same key is the same export")] = None,
    patience: Annotated[float, typer.Option(min=0, help="Seconds to wait for a server that is away")] = 300.0,
    watching: Annotated[bool, typer.Option("--watch", help="Show all my exports of the exam until none runs")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else")] = False,
    locale: Annotated[str, typer.Option(envvar=["LC_ALL", "LC_MESSAGES", "LANG"], hidden=True)] = "",
) -> None:
    """Start an export, follow it, download the file and verify it."""
    display = Display(words_for(locale), as_json=as_json)
    server = Server(url, token, display.words, PollIntervals(budget=patience))
    if watching:
        with outcome(display, None), server:
            watch(server, display, exam or what)
        return
    run = ExportRun(
        exam_id=_checked_exam(exam),
        format=_checked_format(what),
        options=options,
        class_ids=classes or [],
        url=url,
        output=output,
        idempotency_key=idempotency_key or str(uuid4()),
        job_id=resume,
    )
    with outcome(display, run), server:
        export(server, display, run)


def main() -> None:
    """The console script."""
    app()
