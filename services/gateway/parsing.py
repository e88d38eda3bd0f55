"""Parses request bodies, queries and headers into values. Pure.

Strict: an unknown member is refused, so that no typing mistake exports something else.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import to_json

from contracts.base import LONGEST_ID
from contracts.events import MOST_CLASSES
from contracts.http import MOST_EVENTS, MOST_FOLLOWED_EXAMS
from contracts.options import ReportOptions
from contracts.strict_json import DuplicateName, NotJson, strict_json
from services.common.numerals import natural
from services.gateway.errors import (
    ClassNotFound,
    DuplicateMember,
    ExportNotFound,
    InvalidCursor,
    InvalidIdempotencyKey,
    InvalidJson,
    InvalidLimit,
    InvalidOption,
    InvalidRequest,
    MissingJobId,
    RepeatedParameter,
    UnknownEventType,
    UnknownOption,
)

_KEY = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,199}", re.ASCII)
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_MEMBERS = frozenset({"classIds", "options"})

LARGEST_SKEW = timedelta(minutes=1)
"""Between the clocks of two gateways."""


@dataclass(frozen=True)
class ExportRequestBody:
    """A validated start request (`contracts.http.ExportRequest`) with its defaults filled in. No classes means all."""

    class_ids: tuple[str, ...] = ()
    options: ReportOptions = field(default_factory=ReportOptions)


def export_request(body: bytes) -> ExportRequestBody:
    """The start request in a body; an empty body is one with every default.

    Raises:
        InvalidJson, DuplicateMember, InvalidRequest, UnknownOption, InvalidOption, ClassNotFound: the body is not a
            start request.
    """
    if not body.strip():
        return ExportRequestBody()
    try:
        value = strict_json(body)
    except DuplicateName as error:
        raise DuplicateMember from error
    except NotJson as error:
        raise InvalidJson(str(error)) from error
    if not isinstance(value, dict) or not value.keys() <= _MEMBERS:
        raise InvalidRequest("not an object of classIds and options")
    return ExportRequestBody(class_ids(value.get("classIds")), _options(value.get("options")))


def class_ids(value: Any) -> tuple[str, ...]:
    """Class ids, each once, in the order given.

    Raises:
        InvalidRequest: not a list of strings.
        ClassNotFound: one that no class can have.
    """
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidRequest("classIds is not a list of strings")
    if len(value) > MOST_CLASSES:
        raise InvalidRequest("more classIds than an exam can have")
    if any(not storable(item) for item in value):
        raise ClassNotFound
    return tuple(dict.fromkeys(value))


def storable(text: str) -> bool:
    """Whether PostgreSQL can hold a text: an id that it can't hold does not exist."""
    return 0 < len(text) <= LONGEST_ID and _UNSTORABLE.search(text) is None


def _options(value: Any) -> ReportOptions:
    if value is None:
        return ReportOptions()
    if not isinstance(value, dict):
        raise InvalidRequest("options is not an object")
    try:
        return ReportOptions.model_validate_json(to_json(value), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        kind = UnknownOption if first["type"] == "extra_forbidden" else InvalidOption
        raise kind(option=".".join(map(str, first["loc"]))[:100]) from error


def idempotency_key(header: str | None) -> str | None:
    """The value of an `Idempotency-Key` header, checked.

    Raises:
        InvalidIdempotencyKey: empty, too long or not printable.
    """
    if header is not None and not _KEY.fullmatch(header):
        raise InvalidIdempotencyKey
    return header


def single(values: Sequence[str]) -> str | None:
    """The one value of a query's parameter; None where it is absent.

    Raises:
        RepeatedParameter: there are several, and a proxy might have read another one than we.
    """
    if len(values) > 1:
        raise RepeatedParameter
    return values[0] if values else None


def job_id(text: str | None) -> UUID:
    """The export id in a request; a malformed one is one that does not exist.

    Raises:
        MissingJobId, ExportNotFound.
    """
    if not text:
        raise MissingJobId
    if not _ID.fullmatch(text):  # `UUID` itself takes braces, prefixes and the digits of other scripts
        raise ExportNotFound
    return UUID(text)


def cursor(text: str | None) -> int | None:
    """The position that `after` names; None where it is absent.

    Raises:
        InvalidCursor: no position of ours looks like it.
    """
    if text is None:
        return None
    if (position := natural(text, digits=18)) is None:
        raise InvalidCursor
    return position


def event_count(text: str | None, *, default: int = 100) -> int:
    """How many events `limit` asks for.

    Raises:
        InvalidLimit: not a number from 1 to `MOST_EVENTS`.
    """
    if text is None:
        return default
    count = natural(text, digits=4)
    if count is None or not 1 <= count <= MOST_EVENTS:
        raise InvalidLimit
    return count


def event_types(values: Sequence[str], told: Collection[str]) -> frozenset[str]:
    """The types that a query names, each one of those that are told; none stands for all.

    Raises:
        UnknownEventType: one is none of them.
    """
    if not frozenset(told).issuperset(values):
        raise UnknownEventType
    return frozenset(values)


def followed_exams(values: Sequence[str]) -> frozenset[str]:
    """The exams that `exam` names; one that no exam can be is left out, like one that does not exist.

    Raises:
        InvalidRequest: more than `MOST_FOLLOWED_EXAMS`.
    """
    if len(values) > MOST_FOLLOWED_EXAMS:
        raise InvalidRequest("more exams than a stream follows")
    return frozenset(filter(storable, values))


def time_since(cursor: str | None, now: datetime) -> timedelta | None:
    """How long ago a stream's cursor was given; None where it is absent, none of ours, or ahead of our clock by more
    than a minute.
    """
    milliseconds = natural(cursor or "", digits=14)
    if milliseconds is None:
        return None
    away = now - datetime.fromtimestamp(milliseconds / 1000, UTC)
    return None if away < -LARGEST_SKEW else max(away, timedelta(0))


def last_event_id(header: str | None) -> int:
    """The position in a `Last-Event-ID` header; -1 where it is absent or not one of ours."""
    position = natural(header or "", digits=15)
    return -1 if position is None else position
