"""Follows an export to its end: over SSE with resume, and by polling where SSE does not come through.

Nothing is lost by a cut: a new stream begins with the present state, and `Last-Event-ID` keeps old frames away.
"""

from collections.abc import Iterator

import httpx2
from pydantic import ValidationError

from contracts.http import Forecasts, Status
from services.gateway.cli.errors import Unreachable
from services.gateway.cli.server import AWAY, RetryBudget, Server, retry_after

EVENTS = frozenset({"progress", "completed", "failed", "cancelled", "expired"})
FORECAST = "forecast"
SILENCE = httpx2.Timeout(30.0, connect=10.0, read=45.0)
"""Three pings of the server's, 15 s apart."""

MAX_EMPTY_STREAMS = 3
"""Streams in a row that brought nothing before polling takes over."""


class Blocked(Exception):
    """No stream can be opened: a proxy lets none through, or too many are open."""


def follow(server: Server, exam_id: str, job_id: str) -> Iterator[Status]:
    """The states of an export, at least one; the last one is its end.

    Raises:
        Refused: the server says no (the session is over, the export is not ours).
        Unreachable: no answer for as long as the retry budget.
    """
    stream = Stream(server, exam_id, job_id)
    budget = RetryBudget(server.intervals)
    empty_streams = 0
    while empty_streams < MAX_EMPTY_STREAMS:
        received = False
        try:
            for state in stream.states():
                received = True
                yield state
                if state.ended:
                    return
        except Blocked:
            break
        except httpx2.TransportError:
            pass
        empty_streams = 0 if received else empty_streams + 1
        if received:
            budget.renew()
        if not budget.wait(stream.retry):
            raise Unreachable(server.words.unreachable.format(url=server.url, cause="SSE"), "unreachable")
    yield from poll(server, exam_id, job_id)


def poll(server: Server, exam_id: str, job_id: str) -> Iterator[Status]:
    """The states of an export by polling its status."""
    budget = RetryBudget(server.intervals)
    while True:
        state = server.status(exam_id, job_id)
        yield state
        if state.ended:
            return
        budget.pause()


def forecast_of(known: Status, told: Forecasts, job_id: str) -> Status:
    """A state with what was told of how long it will take."""
    for each in told.jobs:
        if str(each.job_id) == job_id:
            new = {"queue_position": each.queue_position, "eta_seconds": each.eta_seconds}
            return known.model_copy(update=new)
    return known


class Stream:
    """One export's events, over as many connections as it takes."""

    def __init__(self, server: Server, exam_id: str, job_id: str) -> None:
        self._server = server
        self._url = server.address(exam_id, "events")
        self._job_id = job_id
        self._last_id = ""
        self.retry = 0.0

    def states(self) -> Iterator[Status]:
        """The states one connection brings; it may end before the export does."""
        headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
        params = {"jobId": self._job_id}
        with self._server.http.sse(self._url, params=params, headers=headers, timeout=SILENCE) as source:
            if source.response.status_code in AWAY:
                self.retry = retry_after(source.response)
                return
            if source.response.status_code == httpx2.codes.TOO_MANY_REQUESTS:
                raise Blocked  # too many streams at once; asking again and again is still allowed
            self._server.raise_for_refusal(source.response)
            known: Status | None = None
            try:
                for event in source:
                    if event.retry is not None:
                        self.retry = min(event.retry / 1000, 5.0)
                    if event.event in EVENTS:
                        self._last_id = event.id or self._last_id
                        known = Status.model_validate_json(event.data)
                        yield known
                    elif event.event == FORECAST and known is not None:
                        yield forecast_of(known, Forecasts.model_validate_json(event.data), self._job_id)
            except (httpx2.SSEError, ValidationError) as error:
                raise Blocked from error
