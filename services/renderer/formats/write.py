"""Writes an export's file: a format and a loaded exam in, the file on disk out. One row each format."""

from pathlib import Path
from typing import assert_never

from contracts.states import Format
from services.renderer.formats.archive import write_archive
from services.renderer.formats.loaded import WriteContext, WrittenFile
from services.renderer.formats.report import write_report
from services.renderer.formats.sheets import write_csv_table, write_xlsx_table


def needs_copies(kind: Format) -> bool:
    """Whether a file of this format is nothing without a copy; a table still has its head and the absent students."""
    match kind:
        case Format.PDF | Format.ZIP:
            return True
        case Format.CSV | Format.XLSX:
            return False
        case _:
            assert_never(kind)


async def write(kind: Format, context: WriteContext, path: Path) -> WrittenFile:
    """Write the file.

    Raises:
        TooManyPages, RenderFailed, StorageFull.
    """
    match kind:
        case Format.PDF:
            return await write_report(context, path)
        case Format.ZIP:
            return await write_archive(context, path)
        case Format.CSV:
            return await write_csv_table(context, path)
        case Format.XLSX:
            return await write_xlsx_table(context, path)
        case _:
            assert_never(kind)
