"""Live streams (server-sent events): of one export, or of all of a user's exports over one connection.

The first frame of an export is its row; after it only later positions follow. A stream ends after the last position,
when its session stops being good, or, with a word on when to come back, when the gateway stops.
"""

import random
import time
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from uuid import UUID

import structlog
from sse_starlette import EventSourceResponse, JSONServerSentEvent, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from contracts.options import Language
from services.common.database import DatabaseUnavailable
from services.gateway import access, requests
from services.gateway.access import Caller
from services.gateway.exports import Export, described
from services.gateway.problems import language_of
from services.gateway.room import Room, room_of
from services.gateway.routes.exports import asked_export
from services.gateway.sentences import error_of
from services.gateway.stream import Subscription

log = structlog.get_logger()

PING_SECONDS = 15
FAREWELL_SECONDS = 3.0
STOP_COMING_BACK = 204
"""The one answer after which a browser's EventSource doesn't reconnect (HTML Standard, 9.2.3)."""


class Stream(EventSourceResponse):
    """A stream whose place in the hub is given back whatever becomes of it."""

    def __init__(self, held: ExitStack, content: AsyncGenerator[ServerSentEvent, None], send_seconds: float) -> None:
        super().__init__(
            content,
            ping=PING_SECONDS,
            send_timeout=send_seconds,
            shutdown_grace_period=FAREWELL_SECONDS,
            headers={"Cache-Control": "no-store"},
        )
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        with self._held:
            await super().__call__(scope, receive, send)


@dataclass(frozen=True)
class Follower:
    """Who follows, in which language, and what they have seen (`seen` is a position; -1 is nothing)."""

    room: Room
    who: Caller
    language: Language
    seen: int = -1
    numbered: bool = True


async def of_export(request: Request) -> Response:
    """GET `.../export/events?jobId=`: one export, until it ends; `Last-Event-ID` skips what was seen."""
    room, who = room_of(request), await access.caller(request)
    export = await asked_export(request, who, request.query_params.get("jobId"))
    seen = requests.last_event_id(request.headers.get("last-event-id"))
    if not export.running and export.position <= seen:
        return Response(status_code=STOP_COMING_BACK)
    with ExitStack() as held:
        held.enter_context(room.hub.admit(who.owner))
        subscription = held.enter_context(room.hub.subscribe(exports=[export]))
        await _catch_up(room, [export.id])
        follower = Follower(room, who, language_of(request), seen)
        return _stream(held, _until_ended(follower, subscription, export.id), room)


async def of_caller(request: Request) -> Response:
    """GET `/api/exports/events`: the caller's recent exports and those to come; a frame says which one."""
    room, who = room_of(request), await access.caller(request)
    with ExitStack() as held:
        held.enter_context(room.hub.admit(who.owner))
        subscription = held.enter_context(room.hub.subscribe(owner=who.owner))
        for export in reversed(await room.store.recent(who.institution_id, who.user_id)):
            room.hub.learn(export)
        follower = Follower(room, who, language_of(request), numbered=False)
        return _stream(held, _live(follower, subscription), room)


def _stream(held: ExitStack, content: AsyncGenerator[ServerSentEvent, None], room: Room) -> Stream:
    return Stream(held.pop_all(), content, room.settings.stream_send_seconds)


async def _catch_up(room: Room, export_ids: list[UUID]) -> None:
    """What changed between the first reading and the subscription."""
    for row in await room.store.read(export_ids):
        room.hub.learn(row)


async def _until_ended(
    follower: Follower, subscription: Subscription, export_id: UUID
) -> AsyncGenerator[ServerSentEvent, None]:
    async with aclosing(_live(follower, subscription)) as frames:
        async for frame in frames:
            yield frame
            if not subscription.known[export_id].running and not subscription.pending:
                return


async def _live(follower: Follower, subscription: Subscription) -> AsyncGenerator[ServerSentEvent, None]:
    seconds = follower.room.settings.stream_recheck_seconds
    retry: int | None = _retry_ms()
    checked = time.monotonic()
    yield ServerSentEvent(comment="bonjour")
    while not subscription.closed:
        for export in await subscription.changes(seconds):
            if export.position > follower.seen:
                yield _frame(follower, export, retry)
                retry = None
        if time.monotonic() - checked >= seconds:
            checked = time.monotonic()
            if not await _still_allowed(follower):
                return
    yield ServerSentEvent(comment="au revoir")


def _frame(follower: Follower, export: Export, retry: int | None) -> ServerSentEvent:
    """`retry` rides on a frame that says something: some clients take a frame of its own for an event."""
    data = described(export, error_of(export, follower.language))
    name = "progress" if export.running else str(export.status)
    number = str(export.position) if follower.numbered else None
    return JSONServerSentEvent(data=data, event=name, id=number, retry=retry)


def _retry_ms() -> int:
    """Spread over a second, so that a gateway's restart is no stampede."""
    return 1000 + random.randrange(1000)  # noqa: S311 - spreads load, guards nothing


async def _still_allowed(follower: Follower) -> bool:
    try:
        return await access.still_allowed(follower.room, follower.who.session)
    except DatabaseUnavailable:
        return True


def event_routes() -> list[Route]:
    """The addresses of this module."""
    return [Route("/api/exams/{exam_id}/export/events", of_export), Route("/api/exports/events", of_caller)]
