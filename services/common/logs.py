"""One JSON line an event on stderr. Secrets and the words of students and strangers never reach it: callers log ids,
codes and counts, and errors are told without the data that caused them (`error_text`).
"""

import logging
import sys
import time
from collections.abc import Callable
from uuid import UUID

import structlog
from structlog.typing import EventDict, WrappedLogger

from services.common.error_text import describe, traceback_text
from services.common.tracing import current_trace

BROKER_CLIENTS = ("aio_pika", "aiormq", "pamqp")
"""The libraries that connect to the broker: a lost connection makes each of them speak, some with a traceback."""

REPEAT_SECONDS = 30.0


class BrokerClientFilter(logging.Filter):
    """Makes each record of the broker's client libraries one warning line, and passes the same one on once in
    `REPEAT_SECONDS`; what was held back is counted in the next.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._passed: dict[tuple[str, str], float] = {}
        self._held_back: dict[tuple[str, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is passed on, changed where it is theirs."""
        if not _of_broker_client(record):
            return True
        key, now = (record.name, str(record.msg)), self._clock()
        if now - self._passed.get(key, -REPEAT_SECONDS) < REPEAT_SECONDS:
            self._held_back[key] = self._held_back.get(key, 0) + 1
            return False
        self._passed[key] = now
        _shorten(record, self._held_back.pop(key, 0))
        return True


def _of_broker_client(record: logging.LogRecord) -> bool:
    """Written by one of them, or by asyncio about an exception of theirs that nobody awaited."""
    source = record.name
    if source == "asyncio" and record.exc_info and record.exc_info[0]:
        source = record.exc_info[0].__module__
    return source.partition(".")[0] in BROKER_CLIENTS


def _shorten(record: logging.LogRecord, held_back: int) -> None:
    text = record.getMessage().partition("\n")[0]
    if record.exc_info and (error := record.exc_info[1]):
        text += f" ({type(error).__name__}: {error})"
    if held_back:
        text += f" [{held_back} more like this]"
    record.msg, record.args = text, ()
    record.exc_info = record.exc_text = record.stack_info = None
    if record.levelno > logging.WARNING:
        record.levelno, record.levelname = logging.WARNING, "WARNING"


def without_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A processor of structlog: errors as `error_text` tells them; of a message's id, which is its sender's, only a
    UUID; of asyncio's own records, which print whatever a task held, the first line.
    """
    error = _error_of(event.pop("exc_info", None))
    if error is not None:
        event["exception"] = traceback_text(error)
    for name, value in event.items():
        if isinstance(value, BaseException):
            event[name] = describe(value)
    if "message_id" in event and not _is_uuid(event["message_id"]):
        event["message_id"] = "malformed"
    if event.get("logger") == "asyncio":
        event["event"] = str(event["event"]).partition("\n")[0]
    return event


def with_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A processor of structlog: the id of the trace that the line belongs to, as collectors write it."""
    if (trace_id := current_trace()) is not None:
        event["trace_id"] = trace_id
    return event


def _error_of(told: object) -> BaseException | None:
    """The exception that a record's `exc_info` stands for."""
    error = told[1] if isinstance(told, tuple) else told
    return error if isinstance(error, BaseException) else (sys.exception() if error else None)


def _is_uuid(value: object) -> bool:
    try:
        return bool(UUID(str(value)))
    except ValueError:
        return False


def configure(service: str, level: str = "INFO") -> None:
    """Send structlog's and the standard library's records to stderr as JSON, each naming the service."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        with_trace,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]
    structlog.configure(
        processors=[*shared, without_data, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, without_data],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    handler.addFilter(BrokerClientFilter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(
        max(logging.INFO, logging.getLevelNamesMapping()[level.upper()])
    )  # libraries debug with whole messages
    for chatty in ("aio_pika", "aiormq", "httpx2", "httpcore2", "alembic", "fontTools", "weasyprint", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
