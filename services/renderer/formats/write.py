"""Writes an export's file: a format and a loaded exam in, the file on disk out. One row each format."""

from pathlib import Path
from typing import assert_never

from contracts.states import Format, Holding, holding
from services.renderer.formats.archive import write_archive
from services.renderer.formats.loaded import WriteContext, WrittenFile
from services.renderer.formats.report import write_report
from services.renderer.formats.sheets import write_table
from services.renderer.grading.statistics import summarise


def needs_copies(kind: Format) -> bool:
    """Whether a file of this format is nothing without a copy; a table still has its head and the absent students."""
    return holding(kind) is not Holding.GRADES


async def write(kind: Format, context: WriteContext, path: Path) -> WrittenFile:
    """Write the file.

    Raises:
        TooManyPages, RenderFailed, StorageFull.
    """
    book, options = context.loaded.book, context.options
    match kind:
        case Format.PDF:
            return await write_report(context, path)
        case Format.ZIP:
            return await write_archive(context, path)
        case Format.CSV:
            from services.renderer.formats.sheets.csv import write_csv

            return await write_table(context, lambda: write_csv(book, options, path))
        case Format.XLSX:
            from services.renderer.formats.sheets.xlsx import write_xlsx  # the library is in memory for nothing else

            return await write_table(context, lambda: write_xlsx(book, summarise(book), options, path))
        case _:
            assert_never(kind)
