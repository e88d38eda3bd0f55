"""Grades as a table: CSV and XLSX with the same rows, and the same numbers as the report."""

from services.renderer.sheets.delimited import write_csv
from services.renderer.sheets.workbook import write_xlsx

__all__ = ["write_csv", "write_xlsx"]
