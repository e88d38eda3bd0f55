"""Grades as a table: CSV and XLSX with the same rows, and the same numbers as the report."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from services.renderer.formats.loaded import WriteContext, WrittenFile
from services.renderer.grading.statistics import summarise


async def write_csv_table(context: WriteContext, path: Path) -> WrittenFile:
    """Write the grades as CSV."""
    from services.renderer.formats.sheets.csv import write_csv

    return await _write_table(context, lambda: write_csv(context.loaded.book, context.options, path))


async def write_xlsx_table(context: WriteContext, path: Path) -> WrittenFile:
    """Write the grades and, unless the options say no, their statistics as a workbook."""
    from services.renderer.formats.sheets.xlsx import write_xlsx  # the library is in memory for nothing else

    book = context.loaded.book
    return await _write_table(context, lambda: write_xlsx(book, summarise(book), context.options, path))


async def _write_table(context: WriteContext, write: Callable[[], str]) -> WrittenFile:
    context.progress.done(len(context.loaded.book.rows))
    context.progress.generating(0)
    sha256 = await asyncio.to_thread(write)
    context.progress.generating(1)
    return WrittenFile(0, sha256)
