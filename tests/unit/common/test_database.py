"""Named queries are read by name; a database that is away is one error, whatever the driver called it."""

from pathlib import Path

import asyncpg
import pytest

from services.common.database import DatabaseUnavailable, database_errors, queries


def test_each_statement_is_found_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "some.sql"
    file.write_text("-- A comment.\n-- name: first\nSELECT 1;\n\n-- name: second\n-- why\nSELECT 2;\n")
    assert queries(file) == {"first": "SELECT 1;", "second": "-- why\nSELECT 2;"}


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError("no one there"),
        TimeoutError(),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.AdminShutdownError("shutting down"),
        asyncpg.DiskFullError("no space"),
        asyncpg.ConnectionDoesNotExistError("gone"),
        asyncpg.UndefinedTableError("not migrated yet"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_time_may_heal_is_one_error(error: Exception) -> None:
    with pytest.raises(DatabaseUnavailable), database_errors():
        raise error


def test_a_programming_error_stays_what_it_is() -> None:
    with pytest.raises(asyncpg.UniqueViolationError), database_errors():
        raise asyncpg.UniqueViolationError("twice")
