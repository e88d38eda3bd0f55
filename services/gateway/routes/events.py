"""Server-sent events: of one export, or of all of a user's exports over one connection, with everybody's of the exams
that the user looks at; of a service's institution.

The first event of an export is its row; after it only later positions follow. A stream ends after the export's end,
when its session or token is no longer valid, when its exam may no longer be seen, or when the gateway stops (the
browser then reconnects, after `retry`). A user's stream goes on where it broke off, by a cursor (decision 0033).
"""

import random
import time
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from prometheus_client import Counter
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from contracts.http import ExportForecast, Forecasts, TokenScope
from contracts.options import Language
from services.common.database import DatabaseUnavailable
from services.gateway import access, answers, parsing
from services.gateway.access import Caller, teachers_and_services
from services.gateway.dependencies import Dependencies, dependencies
from services.gateway.metrics import StreamStart
from services.gateway.problems import language_of
from services.gateway.routes.lifecycle import followed, named_export
from services.gateway.sentences import error_of
from services.gateway.stream import CATCH_UP, Change, Subscription

log = structlog.get_logger()

PING_SECONDS = 15
CLOSING_SECONDS = 3.0
CURSOR_AGE = timedelta(hours=1)
"""How long a user's stream may have been away and be told only what changed; after it the list is short enough."""

RESET = "reset"
"""The event that begins a stream whose cursor can't be used: what its client knows may be out of date."""

ALIVE = "alive"
"""The event that brings a new cursor while nothing changes."""

FORECAST = "forecast"
"""The event that says how long running exports will take; it has no id."""

FORECAST_SECONDS = 3.0
"""How often it is looked at what can be told."""

NO_RECONNECT = 204
"""The one answer after which a browser's EventSource doesn't reconnect (HTML Standard, 9.2.3)."""


class Stream(EventSourceResponse):
    """An SSE response that leaves `held` (its place in the hub) however it ends; a reader that takes nothing for
    `send_seconds` is dropped, and counted.
    """

    def __init__(
        self,
        held: ExitStack,
        content: AsyncGenerator[ServerSentEvent, None],
        send_seconds: float,
        dropped: Counter,
    ) -> None:
        super().__init__(
            content,
            ping=PING_SECONDS,
            send_timeout=send_seconds,
            shutdown_grace_period=CLOSING_SECONDS,
            headers={"Cache-Control": "no-store"},
        )
        self._held = held
        self._dropped = dropped

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, then leave `held`."""
        with self._held:
            try:
                await super().__call__(scope, receive, send)
            except SendTimeoutError:
                self._dropped.inc()
                raise


@dataclass
class Follower:
    """The client of a stream, of one exam's export where `exam_id` is given. `seen` is the last position it has (-1:
    none). An event's `id` is the export's position; on a stream of many exports it is a cursor, the gateway's clock.
    """

    deps: Dependencies
    who: Caller
    language: Language
    exam_id: str | None = None
    seen: int = -1
    _visible: dict[str, bool] = field(default_factory=dict)

    @property
    def cursor(self) -> str:
        """Where the stream of many exports stands: milliseconds since 1970."""
        return str(round(self.deps.now().timestamp() * 1000))

    async def may_see(self, exam_id: str) -> bool:
        """Whether an exam is one that they may see; asked once between two rechecks.

        Raises:
            DatabaseUnavailable: it can't be known.
        """
        if exam_id not in self._visible:
            self._visible[exam_id] = exam_id in await access.visible(self.deps, self.who, {exam_id})
        return self._visible[exam_id]

    async def recheck(self) -> bool:
        """Whether the stream may go on. While the database is away it does."""
        try:
            who = await access.rechecked(self.deps, self.who)
            if who is None:
                return False
            self.who = who
            self._visible.clear()
            return self.exam_id is None or await self.may_see(self.exam_id)
        except DatabaseUnavailable:
            return True


async def of_export(request: Request, who: Caller) -> Response:
    """GET `.../export/events?jobId=`: one export, until it ends; `Last-Event-ID` skips what was seen."""
    deps = dependencies(request)
    export = await named_export(request, who)
    seen = parsing.last_event_id(request.headers.get("last-event-id"))
    if not export.running and export.position <= seen:
        return Response(status_code=NO_RECONNECT)
    with ExitStack() as held:
        held.enter_context(deps.hub.admit(who.owner))
        subscription = held.enter_context(deps.hub.subscribe(exports=[export]))
        await _catch_up(deps, [export.id])
        follower = Follower(deps, who, language_of(request), export.exam_id, seen)
        return _stream(held, _until_ended(follower, subscription, export.id), deps)


async def of_caller(request: Request, who: Caller) -> Response:
    """GET `/api/exports/events?exam=&after=`: the caller's recent exports and those to come, and everybody's of these
    exams; each event says which one. A service's are its institution's. `Last-Event-ID`, or `after`, brings only what
    changed since.
    """
    deps = dependencies(request)
    selection = followed(request, who)
    cursor = request.headers.get("last-event-id") or parsing.single(request.query_params.getlist("after"))
    away = parsing.time_since(cursor, deps.now())
    start = StreamStart.NEW if cursor is None else StreamStart.RESUMED
    if away is None or away > CURSOR_AGE:
        start = StreamStart.NEW if cursor is None else StreamStart.RESET
    with ExitStack() as held:
        held.enter_context(deps.hub.admit(who.owner))
        subscription = held.enter_context(deps.hub.subscribe(selection=selection))
        if away is not None and start is StreamStart.RESUMED:
            exports = await deps.store.changed_since([selection], away + CATCH_UP)
        else:
            exports = (await deps.store.in_selection(selection))[::-1]
        for export in exports:
            deps.hub.apply_row(export)
        deps.metrics.stream_starts.labels(start).inc()
        follower = Follower(deps, who, language_of(request))
        return _stream(held, _of_many(follower, subscription, start), deps)


def _stream(held: ExitStack, content: AsyncGenerator[ServerSentEvent, None], deps: Dependencies) -> Stream:
    return Stream(held.pop_all(), content, deps.settings.stream_send_seconds, deps.metrics.slow_readers)


async def _catch_up(deps: Dependencies, export_ids: list[UUID]) -> None:
    """Apply what changed between the first reading and the subscription."""
    for row in await deps.store.read(export_ids):
        deps.hub.apply_row(row)


async def _until_ended(
    follower: Follower, subscription: Subscription, export_id: UUID
) -> AsyncGenerator[ServerSentEvent, None]:
    yield ServerSentEvent(comment="bonjour")
    async with aclosing(_live(follower, subscription)) as events:
        async for event in events:
            yield event
            if not subscription.known[export_id].running and not subscription.pending:
                return


async def _of_many(
    follower: Follower, subscription: Subscription, start: StreamStart
) -> AsyncGenerator[ServerSentEvent, None]:
    name = RESET if start is StreamStart.RESET else ALIVE
    yield ServerSentEvent(data="{}", event=name, id=follower.cursor, retry=_retry_ms(follower.deps))
    async with aclosing(_live(follower, subscription)) as events:
        async for event in events:
            yield event


async def _live(follower: Follower, subscription: Subscription) -> AsyncGenerator[ServerSentEvent, None]:
    deps = follower.deps
    seconds = deps.settings.stream_recheck_seconds
    retry: int | None = _retry_ms(deps) if follower.exam_id else None
    checked = time.monotonic()
    told: Forecasts | None = None
    while not subscription.closed:
        runs = any(export.running for export in subscription.known.values())
        for change in await subscription.changes(min(seconds, FORECAST_SECONDS) if runs else seconds):
            export = change.export
            if export.position > follower.seen and await follower.may_see(export.exam_id):
                deps.metrics.news_age.observe(max(0.0, (deps.now() - change.since).total_seconds()))
                yield _event(follower, change, retry)
                retry = None
        forecast = await _forecast(follower, subscription)
        if forecast.jobs and forecast != told:
            told = forecast
            yield ServerSentEvent(data=forecast.to_json().decode(), event=FORECAST)
        if time.monotonic() - checked >= seconds:
            checked = time.monotonic()
            if not await follower.recheck():
                return
            if not follower.exam_id:
                yield ServerSentEvent(data="{}", event=ALIVE, id=follower.cursor)
    yield ServerSentEvent(comment="au revoir")


def _event(follower: Follower, change: Change, retry: int | None) -> ServerSentEvent:
    """The event that tells a state; `retry` is sent with it, because some clients take a `retry` of its own for one."""
    export = change.export
    own = export.requested_by == follower.who.user_id
    data = answers.described(export, error_of(export, follower.language), own=own).to_json().decode()
    name = "progress" if export.running else str(export.status)
    number = str(export.position) if follower.exam_id else follower.cursor
    return ServerSentEvent(data=data, event=name, id=number, retry=retry)


async def _forecast(follower: Follower, subscription: Subscription) -> Forecasts:
    """What can be told of the exports that run."""
    running = [export for export in list(subscription.known.values()) if export.running]
    seen = [export for export in running if await follower.may_see(export.exam_id)]
    return Forecasts(
        jobs=tuple(
            ExportForecast(job_id=export.id, queue_position=status.queue_position, eta_seconds=status.eta_seconds)
            for export in seen
            if (status := answers.status(export, None, follower.deps.forecasts.of(export.id)))
            and (status.queue_position, status.eta_seconds) != (None, None)
        )
    )


def _retry_ms(deps: Dependencies) -> int:
    """When to reconnect: at random within the time that a gateway takes to stop, so that a restart brings no more
    clients a second than were to leave in it.
    """
    return 1000 + random.randrange(max(1000, round(deps.settings.drain_seconds * 1000)))  # noqa: S311 - spreads load


def event_routes() -> list[Route]:
    """The addresses of this module."""
    return [
        Route("/api/exams/{exam_id}/export/events", teachers_and_services(of_export, TokenScope.EVENTS_READ)),
        Route("/api/exports/events", teachers_and_services(of_caller, TokenScope.EVENTS_READ)),
    ]
