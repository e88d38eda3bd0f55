"""Grades as a table: CSV and XLSX with the same rows, and the same numbers as the report."""

from services.renderer.formats.sheets.csv import write_csv
from services.renderer.formats.sheets.xlsx import write_xlsx

__all__ = ["write_csv", "write_xlsx"]
