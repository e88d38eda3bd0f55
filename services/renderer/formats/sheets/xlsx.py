"""Writes grades as an XLSX workbook: numeric cells, a frozen header row, and the class's statistics on a second sheet.

Rows are written as they come and kept nowhere, so that a large class costs no more memory than a small one. The same
grades give the same bytes: the only date inside is the one the grades are stated for.
"""

from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from contracts.numbers import rounded
from contracts.options import ReportOptions
from contracts.timezones import local
from services.renderer.exam.zone import zone_of
from services.renderer.files import HashingFile
from services.renderer.formats.sheets.table import Cell, header, rows
from services.renderer.grading.gradebook import Gradebook
from services.renderer.grading.statistics import Statistics
from services.renderer.language.document_words import SheetWords
from services.renderer.language.languages import words_in
from services.renderer.language.names import clean

_LONGEST = 16_000
"""Characters of a cell; the format allows 32,767 units of UTF-16, of which a character takes two at most."""

_CLOSED = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
"""What is written as text stays text."""


def write_xlsx(book: Gradebook, statistics: Statistics, options: ReportOptions, path: Path) -> str:
    """Write the workbook to a file and return its SHA-256: a sheet of grades and, if wanted, one of statistics."""
    titles = words_in(options.language).sheets
    moment = book.header.as_of.astimezone(UTC).replace(tzinfo=None)
    with path.open("wb") as target:
        file = HashingFile(target)
        with xlsxwriter.Workbook(file, _CLOSED) as workbook:
            workbook.set_properties({"title": clean(book.header.exam.title), "author": "Correcta", "created": moment})
            _Grades(workbook, titles).write(book, options)
            if options.statistics:
                stated = local(book.header.as_of, zone_of(book.header))
                _Summary(workbook, titles).write(book, statistics, f"{stated:%Y-%m-%d %H:%M} ({stated.tzinfo})")
        return file.sha256()


class _Sheet:
    """A worksheet written from top to bottom."""

    def __init__(self, workbook: Any, name: str) -> None:
        self._workbook = workbook
        self.sheet = workbook.add_worksheet(name)
        self.bold = workbook.add_format({"bold": True, "bg_color": "#E5E7EB", "bottom": 1})
        self.percent = workbook.add_format({"num_format": "0%"})
        self.text = workbook.add_format({"num_format": "@"})
        """For columns of texts: a class called `3E1` is still a text after its cell was edited."""
        self.sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        self._row = 0

    def write_row(self, cells: Sequence[Cell], style: Any = None) -> int:
        """Write the next row; its index."""
        for column, cell in enumerate(cells):
            if isinstance(cell, Decimal):
                self.sheet.write_number(self._row, column, float(cell), style)
            elif cell:
                self.sheet.write_string(self._row, column, cell[:_LONGEST], style)
        self._row += 1
        return self._row - 1


class _Grades(_Sheet):
    def __init__(self, workbook: Any, titles: SheetWords) -> None:
        super().__init__(workbook, titles.grades)
        self._titles = titles

    def write(self, book: Gradebook, options: ReportOptions) -> None:
        """The header, which stays, and a row for each student."""
        head = header(book, self._titles)
        questions = len(book.questions)
        self.sheet.set_column(0, 1, 30, self.text)
        self.sheet.set_column(2, questions + 3, 9)
        self.sheet.set_column(questions + 4, questions + 5, 24, self.text)
        self.sheet.set_column(questions + 6, len(head) - 2, 9)
        self.sheet.set_column(len(head) - 1, len(head) - 1, 40, self.text)
        self.sheet.freeze_panes(1, 1)
        self.sheet.repeat_rows(0)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)
        last = self.write_row(list(head), self.bold)
        for row in rows(book, options):
            last = self.write_row(row)
        self.sheet.autofilter(0, 0, last, len(head) - 1)


class _Summary(_Sheet):
    def __init__(self, workbook: Any, titles: SheetWords) -> None:
        super().__init__(workbook, titles.statistics)
        self._titles = titles

    def write(self, book: Gradebook, statistics: Statistics, moment: str) -> None:
        """Head count, figures, histogram and success by question, one below the other."""
        self.sheet.set_column(0, 0, 24)
        self.sheet.set_column(1, 5, 12)
        self.write_row([self._titles.as_of, moment])
        self.write_row([])
        self._headcount(book)
        self._figures(statistics)
        self._histogram(statistics)
        self._questions(statistics)

    def _headcount(self, book: Gradebook) -> None:
        count, titles = book.headcount, self._titles
        for title, number in (
            (titles.enrolled, count.enrolled),
            (titles.graded, count.graded),
            (titles.in_grading, count.in_grading),
            (titles.ungraded, count.ungraded),
            (titles.not_handed_in, count.not_handed_in),
            (titles.absent, count.absent),
        ):
            self.write_row([title, Decimal(number)])
        self.write_row([])

    def _figures(self, statistics: Statistics) -> None:
        titles = self._titles
        for title, value in (
            (titles.mean, statistics.mean),
            (titles.median, statistics.median),
            (titles.first_quartile, statistics.q1),
            (titles.third_quartile, statistics.q3),
            (titles.deviation, statistics.deviation),
            (titles.minimum, statistics.minimum),
            (titles.maximum, statistics.maximum),
        ):
            self.write_row([title, None if value is None else rounded(value)])
        self.write_row([])

    def _histogram(self, statistics: Statistics) -> None:
        titles = self._titles
        head = self.write_row([titles.mark_from, titles.mark_to, titles.copies], self.bold)
        last = head
        for each in statistics.bins:
            last = self.write_row([rounded(each.lower), rounded(each.upper), Decimal(each.count)])
        if last > head:
            chart = self._workbook.add_chart({"type": "column"})
            name = titles.statistics
            chart.add_series(
                {
                    "name": titles.copies,
                    "categories": [name, head + 1, 0, last, 0],
                    "values": [name, head + 1, 2, last, 2],
                    "gap": 10,
                    "fill": {"color": "#1D3C63"},
                }
            )
            chart.set_legend({"none": True})
            chart.set_x_axis({"name": titles.mark_from})
            chart.set_y_axis({"name": titles.copies, "min": 0, "major_gridlines": {"visible": False}})
            self.sheet.insert_chart(1, 7, chart)
        self.write_row([])

    def _questions(self, statistics: Statistics) -> None:
        titles = self._titles
        names = [titles.question, titles.label, titles.out_of, titles.mean_points, titles.answers, titles.success]
        self.write_row(names, self.bold)
        for number, each in enumerate(statistics.questions, 1):
            mean = None if each.mean is None else rounded(each.mean)
            row: list[Cell] = [f"Q{number}", clean(each.label), rounded(each.maximum), mean, Decimal(each.answered)]
            index = self.write_row(row)
            if each.rate is not None:
                shown = rounded(min(max(each.rate, Decimal(0)), Decimal(1)))
                self.sheet.write_number(index, 5, float(shown), self.percent)
