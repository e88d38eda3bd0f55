"""Rows as SQL: plain `INSERT`s that any client can run, the same text for the same rows."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from dev.sample.tables import Json, Row, Tables

ORDER = (
    "Institution",
    "User",
    "Course",
    "Class",
    "Enrollment",
    "Exam",
    "ExamSection",
    "Question",
    "QuestionSegment",
    "Rubric",
    "Attempt",
    "Answer",
    "AnswerSegment",
    "Grade",
    "HarmonizationHistory",
    "HarmonizationDetail",
)
_BATCH = 500


def script(all_tables: Iterable[Tables]) -> str:
    """Every row of every table, parents before children."""
    gathered = list(all_tables)
    lines = ["-- The sample school: invented people, real-looking exams. Written by `python -m dev.sample.generate`.\n"]
    for table in ORDER:
        rows = [row for tables in gathered for row in tables.get(table, ())]
        lines.extend(_inserts(table, rows))
    return "\n".join(lines)


def _inserts(table: str, rows: list[Row]) -> Iterator[str]:
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        columns = ", ".join(f'"{column}"' for column in batch[0])
        values = ",\n".join(f"({', '.join(literal(row[column]) for column in batch[0])})" for row in batch)
        yield f'INSERT INTO "{table}" ({columns}) VALUES\n{values};\n'


def literal(value: Any) -> str:
    """A value as PostgreSQL reads it back unchanged (with `standard_conforming_strings` on, as it is by default)."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        return f"'{value.isoformat(sep=' ', timespec='milliseconds')}'"
    if isinstance(value, list):
        return f"ARRAY[{', '.join(literal(item) for item in value)}]::text[]"
    quoted = "'" + str(value).replace("'", "''") + "'"
    return quoted + "::jsonb" if isinstance(value, Json) else quoted
