"""The command line of `correcta-export`: what was typed becomes values, how it ended becomes words and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from uuid import uuid4

import typer

from contracts.options import Audience, Language, Order, ReportOptions
from contracts.states import Format
from services.gateway.cli.display import Display
from services.gateway.cli.errors import ClientError
from services.gateway.cli.exporting import Asked, export, watch
from services.gateway.cli.server import Pace, Server
from services.gateway.cli.words import spoken

INTERRUPTED = 130
EPILOG = """Exit codes: 0 the file is there and verified; 1 the export failed or the server cannot be reached; 2 it was
asked wrongly (option, exam, token, folder); 130 left with Ctrl-C, the export goes on and can be resumed."""


@contextmanager
def outcome(display: Display, asked: Asked | None) -> Iterator[None]:
    """Turn how a block ends into words and an exit code."""
    try:
        yield
    except ClientError as error:
        display.failed(error, asked.job_id if asked else None, asked.status if asked else None)
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as error:
        if asked is not None:
            words = display.words
            sentence = words.still_running if asked.job_id else words.maybe_started
            display.interrupted(sentence, asked.resuming(), asked.job_id)
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
def run(
    what: Annotated[str, typer.Argument(metavar="FORMAT", help="pdf, zip, csv or xlsx (not needed with --watch)")],
    url: Annotated[str, typer.Option(envvar="CORRECTA_URL", callback=_checked_url, help="Correcta's address")],
    token: Annotated[str, typer.Option(envvar="CORRECTA_TOKEN", help="A teacher's bearer token")],
    exam: Annotated[str | None, typer.Argument(metavar="EXAM_ID", help="The exam's id in Correcta")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File or folder; default: this folder")] = None,
    audience: Annotated[Audience, typer.Option(help="For whom the report is")] = Audience.STUDENT,
    no_statements: Annotated[bool, typer.Option("--no-statements", help="Leave out the questions")] = False,
    no_statistics: Annotated[bool, typer.Option("--no-statistics", help="Leave out the statistics")] = False,
    no_comments: Annotated[bool, typer.Option("--no-comments", help="Leave out the comments")] = False,
    duplex: Annotated[bool, typer.Option("--duplex", help="Each copy begins on an odd page")] = False,
    order: Annotated[Order, typer.Option(help="In which order copies follow")] = Order.NAME,
    language: Annotated[Language, typer.Option(help="The report's language")] = Language.FR,
    classes: Annotated[list[str] | None, typer.Option("--class", metavar="ID", help="Only this class; repeat")] = None,
    resume: Annotated[str | None, typer.Option(metavar="JOB_ID", help="Take up an export that was started")] = None,
    idempotency_key: Annotated[str | None, typer.Option(help="The same key is the same export")] = None,
    patience: Annotated[float, typer.Option(min=0, help="Seconds to wait for a server that is away")] = 300.0,
    watching: Annotated[bool, typer.Option("--watch", help="Show all my exports of the exam until none runs")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else")] = False,
    locale: Annotated[str, typer.Option(envvar=["LC_ALL", "LC_MESSAGES", "LANG"], hidden=True)] = "",
) -> None:
    """Start an export, follow it, download the file and verify it."""
    options = ReportOptions(
        audience=audience,
        statements=not no_statements,
        statistics=not no_statistics,
        comments=not no_comments,
        duplex=duplex,
        order=order,
        language=language,
    )
    display = Display(spoken(locale), as_json=as_json)
    server = Server(url, token, display.words, Pace(patience=patience))
    if watching:
        with outcome(display, None), server:
            watch(server, display, exam or what)
        return
    asked = Asked(
        exam_id=_checked_exam(exam),
        format=_checked_format(what),
        options=options,
        class_ids=classes or [],
        url=url,
        output=output,
        idempotency_key=idempotency_key or str(uuid4()),
        job_id=resume,
    )
    with outcome(display, asked), server:
        export(server, display, asked)


def main() -> None:
    """The console script."""
    app()
