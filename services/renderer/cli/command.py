"""The command line's arguments and exit codes: 0 done, 1 failed, 2 bad input, 130 interrupted."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, assert_never

import structlog
import typer

from contracts.options import Language, ReportOptions
from contracts.states import Format
from services.common.report_flags import with_report_options
from services.common.settings import read
from services.renderer.cli import local_export
from services.renderer.cores import available_cores
from services.renderer.errors import RendererError, RequestError
from services.renderer.export.render import Artifact
from services.renderer.export.request import RenderRequest
from services.renderer.language.languages import words_in, words_of_locale
from services.renderer.language.words import Words
from services.renderer.settings import WorkerSettings, limits

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    help="Typeset graded exams: reports, archives and grade sheets.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Input = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A graded exam, as JSON.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Where to write; '-' is standard output.")]
WhichLanguage = Annotated[Language, typer.Option("--language", help="The language of speech and warnings.")]
Classes = Annotated[list[str] | None, typer.Option("--class", metavar="ID", help="Only this class; repeatable.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; by default one for each core.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Keep no typeset copies, and use none.")]
Images = Annotated[
    str, typer.Option("--images", envvar="IMAGE_BASE_URLS", help="Addresses below which images may be fetched.")
]


@dataclass(frozen=True)
class Command:
    """How a command is called, and its line in `--help`."""

    name: str
    help: str


def command_of(kind: Format) -> Command:
    """The command that makes a format."""
    match kind:
        case Format.PDF:
            return Command("report", "One PDF of all copies, with the class's summary.")
        case Format.ZIP:
            return Command("zip", "One PDF a student, in an archive.")
        case Format.CSV:
            return Command("csv", "The grades, for a spreadsheet.")
        case Format.XLSX:
            return Command("xlsx", "The grades and the statistics, as a workbook.")
        case _:
            assert_never(kind)


def _making(kind: Format) -> Callable[..., None]:
    """What the command of a format runs. All take the same options."""

    def run(
        source: Input,
        output: Output = None,
        options: ReportOptions = ReportOptions(),  # noqa: B008 - frozen; `with_report_options` replaces it by flags
        classes: Classes = None,
        workers: Workers = None,
        no_cache: NoCache = False,
        images: Images = "",
    ) -> None:
        wanted = local_export.LocalExport(
            source=source,
            output=output,
            request=RenderRequest(kind, options, tuple(classes or ())),
            workers=workers or available_cores(),
            cache=None if no_cache else cache_folder(),
            images=tuple(images.replace(",", " ").split()),
            limits=limits(),
            modes=read(WorkerSettings),
        )
        raise typer.Exit(_export(wanted))

    return with_report_options(run)


for _format in Format:
    app.command(command_of(_format).name, help=command_of(_format).help)(_making(_format))


@app.command()
def formulas(language: WhichLanguage = Language.FR) -> None:
    """Check LaTeX formulas: one a line on standard input, one JSON object a line on standard output."""
    from services.renderer.cli.formulas import check  # the engine need not be in memory for anything else

    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    for line in check(sys.stdin, words_in(language), limits()):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _export(wanted: local_export.LocalExport) -> int:
    """Make one export; the exit code."""
    words = words_of_locale(_locale())
    try:
        artifact, place = asyncio.run(local_export.export(wanted, words.command.phases))
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
        sys.stderr.write(f"{warning.code}{copy}: {warning.message}\n")
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
