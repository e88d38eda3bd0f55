"""The command line's arguments and exit codes: 0 done, 1 failed, 2 bad input, 130 interrupted."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import structlog
import typer

from contracts.options import Audience, Language, Order, ReportOptions
from contracts.states import Format
from services.renderer.cli import local_export
from services.renderer.cores import available_cores
from services.renderer.errors import RendererError, RequestError
from services.renderer.export.render import Artifact
from services.renderer.export.request import RenderRequest
from services.renderer.language.languages import words_in, words_of_locale
from services.renderer.language.words import Words
from services.renderer.settings import limits

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    help="Typeset graded exams: reports, archives and grade sheets.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Input = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A graded exam, as JSON.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Where to write; '-' is standard output.")]
WhichAudience = Annotated[Audience, typer.Option("--audience", help="For whom: anonymous tells no identity.")]
NoStatements = Annotated[bool, typer.Option("--no-statements", help="Leave the questions' statements out.")]
NoStatistics = Annotated[bool, typer.Option("--no-statistics", help="Leave the class's statistics out.")]
NoComments = Annotated[bool, typer.Option("--no-comments", help="Leave the comments out.")]
Duplex = Annotated[bool, typer.Option("--duplex", help="Begin each copy on an odd page.")]
WhichOrder = Annotated[Order, typer.Option("--order", help="The order of the copies.")]
WhichLanguage = Annotated[Language, typer.Option("--language", help="The language of the document's own words.")]
Classes = Annotated[list[str] | None, typer.Option("--class", metavar="ID", help="Only this class; repeatable.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; by default one for each core.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Keep no typeset copies, and use none.")]
Images = Annotated[
    str, typer.Option("--images", envvar="IMAGE_BASE_URLS", help="Addresses below which images may be fetched.")
]


def _command(kind: Format) -> Callable[..., None]:
    """The command that makes one format. All take the same options."""

    def run(
        source: Input,
        output: Output = None,
        audience: WhichAudience = Audience.STUDENT,
        no_statements: NoStatements = False,
        no_statistics: NoStatistics = False,
        no_comments: NoComments = False,
        duplex: Duplex = False,
        order: WhichOrder = Order.NAME,
        language: WhichLanguage = Language.FR,
        classes: Classes = None,
        workers: Workers = None,
        no_cache: NoCache = False,
        images: Images = "",
    ) -> None:
        options = ReportOptions(
            audience=audience,
            statements=not no_statements,
            statistics=not no_statistics,
            comments=not no_comments,
            duplex=duplex,
            order=order,
            language=language,
        )
        asked = local_export.Order(
            source=source,
            output=output,
            request=RenderRequest(kind, options, tuple(classes or ())),
            workers=workers or available_cores(),
            cache=None if no_cache else cache_folder(),
            images=tuple(images.replace(",", " ").split()),
            limits=limits(),
        )
        raise typer.Exit(_export(asked))

    return run


for _name, _kind, _help in (
    ("report", Format.PDF, "One PDF of all copies, with the class's summary."),
    ("zip", Format.ZIP, "One PDF a student, in an archive."),
    ("csv", Format.CSV, "The grades, for a spreadsheet."),
    ("xlsx", Format.XLSX, "The grades and the statistics, as a workbook."),
):
    app.command(_name, help=_help)(_command(_kind))


@app.command()
def formulas(language: WhichLanguage = Language.FR) -> None:
    """Check LaTeX formulas: one a line on standard input, one JSON object a line on standard output."""
    from services.renderer.cli.formulas import check  # the engine need not be in memory for anything else

    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    for line in check(sys.stdin, words_in(language), limits()):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _export(order: local_export.Order) -> int:
    """Make one export; the exit code."""
    words = words_of_locale(_locale())
    try:
        artifact, place = asyncio.run(local_export.export(order, words.command.phases))
    except RendererError as error:
        return _complain(words.failures[error.code], error.detail, _exit_code(error))
    except OSError as error:
        return _complain(words.command.not_written, str(error), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    _tell(artifact, place, words)
    return 0


def _locale() -> str:
    """The locale of messages, as POSIX finds it."""
    return next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")


def _exit_code(error: RendererError) -> int:
    return BAD_INPUT if isinstance(error, RequestError) else FAILED


def _complain(message: str, detail: str, code: int) -> int:
    sys.stderr.write(f"{message} ({detail})\n" if detail else f"{message}\n")
    return code


def _tell(artifact: Artifact, place: str, words: Words) -> None:
    for warning in artifact.warnings:
        copy = f" [{warning.submission_id}]" if warning.submission_id else ""
        sys.stderr.write(f"{warning.code.value}{copy}: {warning.message}\n")
    said = words.command
    counts = [f"{artifact.copies} {said.copies.of(artifact.copies)}"]
    if artifact.pages:
        counts.append(f"{artifact.pages} {said.pages.of(artifact.pages)}")
    sys.stderr.write(said.saved.format(place=place, counts=", ".join(counts), size=artifact.size) + "\n")


def cache_folder() -> Path:
    """Where this user's typeset copies are kept: gone at the end of the session where the system has such a place."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and Path(runtime).is_dir():
        return Path(runtime) / "correcta-render"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "correcta-render"


def main() -> None:
    """Entry point of `correcta-render`."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    app()
