"""The broker's client libraries speak in single lines, and not again and again."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import aiormq
import pytest
import structlog

from services.common import logs
from services.common.logs import REPEAT_SECONDS, BrokerClientFilter


def _record(name: str, text: str, *args: object, error: BaseException | None = None) -> logging.LogRecord:
    told = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord(name, logging.ERROR, __file__, 1, text, args, told)


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_traceback_of_theirs_becomes_one_warning_line() -> None:
    record = _record("aio_pika.robust_channel", "Failed to %s", "restore", error=aiormq.exceptions.ChannelClosed(404))
    assert BrokerClientFilter(Clock()).filter(record)
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    assert record.getMessage().startswith("Failed to restore (ChannelClosed: ")
    assert "\n" not in record.getMessage()


def test_the_same_line_comes_once_and_the_next_one_counts_the_others() -> None:
    clock = Clock()
    held = BrokerClientFilter(clock)
    passed = [held.filter(_record("aiormq.connection", "lost %r", number)) for number in range(100)]
    assert passed == [True, *([False] * 99)]
    assert held.filter(_record("aiormq.connection", "another"))
    clock.now = REPEAT_SECONDS
    record = _record("aiormq.connection", "lost %r", 100)
    assert held.filter(record)
    assert record.getMessage() == "lost 100 [99 more like this]"


@pytest.mark.parametrize(("error", "theirs"), [(aiormq.exceptions.ChannelClosed(404), True), (ValueError("x"), False)])
def test_what_asyncio_says_of_their_exceptions_is_theirs_too(error: Exception, theirs: bool) -> None:
    record = _record("asyncio", "Task exception was never retrieved\nfuture: <Task>", error=error)
    assert BrokerClientFilter(Clock()).filter(record)
    assert (record.exc_info is None) is theirs


def test_our_own_tracebacks_are_left_alone() -> None:
    held = BrokerClientFilter(Clock())
    for _ in range(3):
        record = _record("services.gateway", "boom", error=ValueError())
        assert held.filter(record)
        assert record.exc_info


@contextmanager
def configured() -> Iterator[None]:
    """Logs as a service configures them, on the stderr of the moment."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    before = structlog.get_config()
    try:
        logs.configure("test")
        yield
    finally:
        root.handlers, root.level = handlers, level
        structlog.configure(**before)
        structlog.contextvars.unbind_contextvars("service")


def test_configured_logs_pass_through_it(capsys: pytest.CaptureFixture[str]) -> None:
    with configured():
        for _ in range(5):
            _reconnect()
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "Reconnecting (ConnectionError: gone)"
    assert json.loads(line)["level"] == "warning"


CANARY = "Zoé Dupont"


def test_no_line_tells_the_data_of_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with configured():
        log, error = structlog.get_logger(), ValueError(CANARY)
        log.warning("cause", cause=error)
        log.error("given", exc_info=error)
        try:
            raise error
        except ValueError:
            log.exception("caught")
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    found = capsys.readouterr().err
    assert CANARY not in found
    cause, *others = map(json.loads, found.splitlines())
    assert cause["cause"] == "ValueError"
    assert all(line["exception"].startswith("ValueError") and "exc_info" not in line for line in others)
    assert len(others) == 3


def test_a_task_of_asyncio_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    text = f"Task exception was never retrieved\nfuture: <Task exception=ValueError({CANARY!r})>"
    with configured():
        logging.getLogger("asyncio").error(text, exc_info=ValueError(CANARY))
    found = capsys.readouterr().err
    assert json.loads(found)["event"] == "Task exception was never retrieved"
    assert CANARY not in found


def test_a_messages_id_is_told_where_it_is_a_uuid(capsys: pytest.CaptureFixture[str]) -> None:
    with configured():
        for message_id in ("2f0a4f0e-8c1b-4f4e-9d53-5d0a3c2b1a00", CANARY, None):
            structlog.get_logger().info("message", message_id=message_id)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["message_id"] for line in lines] == ["2f0a4f0e-8c1b-4f4e-9d53-5d0a3c2b1a00", "malformed", "malformed"]


def _reconnect() -> None:
    error = ConnectionError("gone")
    logging.getLogger("aio_pika.x").error("Reconnecting", exc_info=error)
