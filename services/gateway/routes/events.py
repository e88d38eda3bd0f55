"""Server-sent events: of one export, or of all of a user's exports over one connection; of a service's institution.

The first event of an export is its row; after it only later positions follow. A stream ends after the export's end,
when its session or token is no longer valid, when its exam may no longer be seen, or when the gateway stops (the
browser then reconnects, after `retry`).
"""

import random
import time
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from contracts.http import TokenScope
from contracts.options import Language
from services.common.database import DatabaseUnavailable
from services.gateway import access, answers, parsing
from services.gateway.access import Caller, teachers_and_services
from services.gateway.dependencies import Dependencies, dependencies
from services.gateway.exports import Export
from services.gateway.problems import language_of
from services.gateway.routes.lifecycle import named_export
from services.gateway.sentences import error_of
from services.gateway.stream import Owner, Subscription

log = structlog.get_logger()

PING_SECONDS = 15
CLOSING_SECONDS = 3.0
NO_RECONNECT = 204
"""The one answer after which a browser's EventSource doesn't reconnect (HTML Standard, 9.2.3)."""


class Stream(EventSourceResponse):
    """An SSE response that leaves `held` (its place in the hub) however it ends."""

    def __init__(self, held: ExitStack, content: AsyncGenerator[ServerSentEvent, None], send_seconds: float) -> None:
        super().__init__(
            content,
            ping=PING_SECONDS,
            send_timeout=send_seconds,
            shutdown_grace_period=CLOSING_SECONDS,
            headers={"Cache-Control": "no-store"},
        )
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, then leave `held`."""
        with self._held:
            await super().__call__(scope, receive, send)


@dataclass
class Follower:
    """The client of a stream, of one exam's export where `exam_id` is given. `seen` is the last position it has (-1:
    none); `numbered` sends positions as `id`.
    """

    deps: Dependencies
    who: Caller
    language: Language
    exam_id: str | None = None
    seen: int = -1
    numbered: bool = True
    _visible: dict[str, bool] = field(default_factory=dict)

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
    """GET `/api/exports/events`: the caller's recent exports and those to come; each event says which one. A service's
    are its institution's.
    """
    deps = dependencies(request)
    with ExitStack() as held:
        held.enter_context(deps.hub.admit(who.owner))
        subscription = held.enter_context(deps.hub.subscribe(owner=Owner(who.institution_id, who.lists)))
        for export in reversed(await deps.store.recent(who.institution_id, who.lists)):
            deps.hub.apply_row(export)
        follower = Follower(deps, who, language_of(request), numbered=False)
        return _stream(held, _live(follower, subscription), deps)


def _stream(held: ExitStack, content: AsyncGenerator[ServerSentEvent, None], deps: Dependencies) -> Stream:
    return Stream(held.pop_all(), content, deps.settings.stream_send_seconds)


async def _catch_up(deps: Dependencies, export_ids: list[UUID]) -> None:
    """Apply what changed between the first reading and the subscription."""
    for row in await deps.store.read(export_ids):
        deps.hub.apply_row(row)


async def _until_ended(
    follower: Follower, subscription: Subscription, export_id: UUID
) -> AsyncGenerator[ServerSentEvent, None]:
    async with aclosing(_live(follower, subscription)) as events:
        async for event in events:
            yield event
            if not subscription.known[export_id].running and not subscription.pending:
                return


async def _live(follower: Follower, subscription: Subscription) -> AsyncGenerator[ServerSentEvent, None]:
    seconds = follower.deps.settings.stream_recheck_seconds
    retry: int | None = _retry_ms()
    checked = time.monotonic()
    yield ServerSentEvent(comment="bonjour")
    while not subscription.closed:
        for export in await subscription.changes(seconds):
            if export.position > follower.seen and await follower.may_see(export.exam_id):
                yield _event(follower, export, retry)
                retry = None
        if time.monotonic() - checked >= seconds:
            checked = time.monotonic()
            if not await follower.recheck():
                return
    yield ServerSentEvent(comment="au revoir")


def _event(follower: Follower, export: Export, retry: int | None) -> ServerSentEvent:
    """The event that tells a state; `retry` is sent with it, because some clients take a `retry` of its own for one."""
    data = answers.described(export, error_of(export, follower.language)).to_json().decode()
    name = "progress" if export.running else str(export.status)
    number = str(export.position) if follower.numbered else None
    return ServerSentEvent(data=data, event=name, id=number, retry=retry)


def _retry_ms() -> int:
    """1 to 2 s at random, so that not all clients of a restarted gateway reconnect at once."""
    return 1000 + random.randrange(1000)  # noqa: S311 - spreads load, guards nothing


def event_routes() -> list[Route]:
    """The addresses of this module."""
    return [
        Route("/api/exams/{exam_id}/export/events", teachers_and_services(of_export, TokenScope.EVENTS_READ)),
        Route("/api/exports/events", teachers_and_services(of_caller, TokenScope.EVENTS_READ)),
    ]
