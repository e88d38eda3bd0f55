"""What a log tells of an error: its kind and its place, never the data that caused it."""

import errno
import json

import asyncpg
import httpx2
import pytest
from pydantic import TypeAdapter, ValidationError

from services.common.database import DatabaseUnavailable
from services.common.error_text import describe, traceback_text

CANARY = "Zoé Dupont"


def _invalid() -> Exception:
    try:
        TypeAdapter(int).validate_python(CANARY)
    except ValidationError as error:
        return error
    raise AssertionError


def _refused_by_postgresql() -> Exception:
    error: Exception = asyncpg.UniqueViolationError(f"duplicate {CANARY}")
    vars(error)["detail"] = f"Key (name)=({CANARY}) already exists."
    return error


REQUEST = httpx2.Request("GET", f"https://correcta.example/{CANARY}")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (_invalid(), "ValidationError: int: body: int_parsing"),
        (_refused_by_postgresql(), "UniqueViolationError: 23505"),
        (asyncpg.DataError(f"invalid input: {CANARY!r}"), "DataError: 22000"),
        (FileNotFoundError(errno.ENOENT, "No such file", f"/{CANARY}.pdf"), "FileNotFoundError: ENOENT"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "('192.0.2.1', 5432)"), "ConnectionRefusedError: ECONNREFUSED"),
        (OSError(CANARY), "OSError"),
        (ValueError(CANARY), "ValueError"),
        (KeyError(CANARY), "KeyError"),
        (UnicodeEncodeError("ascii", CANARY, 2, 3, "no"), "UnicodeEncodeError"),
        (json.JSONDecodeError("Expecting value", CANARY, 0), "JSONDecodeError"),
        (httpx2.ConnectError(CANARY, request=REQUEST), "ConnectError"),
        (DatabaseUnavailable("our own sentence"), "DatabaseUnavailable: our own sentence"),
        (DatabaseUnavailable(), "DatabaseUnavailable"),
    ],
)
def test_an_error_is_told_without_its_data(error: Exception, text: str) -> None:
    assert describe(error) == text


def _chain() -> BaseException:
    """An error of ours beside another, raised because of a third."""
    try:
        try:
            int(CANARY)
        except ValueError as error:
            raise ExceptionGroup(CANARY, [KeyError(CANARY), DatabaseUnavailable("ours")]) from error
    except ExceptionGroup as group:
        return group
    raise AssertionError


def test_a_traceback_tells_where_it_was_and_what_it_came_from() -> None:
    lines = traceback_text(_chain()).splitlines()
    assert lines[0] == "ExceptionGroup"
    assert lines[1].endswith('[KeyError(CANARY), DatabaseUnavailable("ours")]) from error')
    assert lines[2:5] == ["KeyError", "DatabaseUnavailable: ours", "from"]
    assert lines[5] == "ValueError"
    assert CANARY not in "\n".join(lines)
