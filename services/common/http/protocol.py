"""uvicorn's HTTP/1.1 protocol with deadlines: for a request's head, for its body, and for whoever reads the response.

uvicorn itself waits for ever for the rest of a head or body, and for a reader that takes nothing.
"""

import asyncio
from enum import Enum, auto
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

import h11
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from services.common.health import PROBES
from services.common.http.connections import Refusal
from services.common.http.heads import StrictConnection
from services.common.http.pace import Deadline, MinimumRate, Patience
from services.common.problems import problem_response

if TYPE_CHECKING:
    from services.common.http.server import HttpConfig

RETRY_SECONDS = 5

_DETAILS = {
    Refusal.TOO_MANY: "The server has as many connections as it may.",
    Refusal.TOO_MANY_OF_ADDRESS: "Your address has as many connections as it may.",
    Refusal.TIMEOUT: "The request did not arrive in time.",
    Refusal.MALFORMED: "The request is malformed.",
}


def problem(status: int, code: str, detail: str, headers: dict[str, str]) -> Response:
    """An error as problem+json, with `error` for Correcta's client, after which the connection ends."""
    return problem_response(status, code, detail, {**headers, "Connection": "close"}, error=detail)


class TooMany:
    """ASGI application in the place of the service's, on a connection that is one too many: probes only are served."""

    def __init__(self, app: ASGIApp, refusal: Refusal) -> None:
        self._app = app
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a probe, refuse anything else."""
        if scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        status = 503 if self._refusal is Refusal.TOO_MANY else 429
        answer = problem(status, self._refusal, _DETAILS[self._refusal], {"Retry-After": str(RETRY_SECONDS)})
        await answer(scope, receive, send)


class Awaited(Enum):
    """What a peer still has to send."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()
    REST = auto()
    """What follows an answer that did not wait for it: read and dropped."""


class BoundedProtocol(H11Protocol):
    """One connection. `_receiving` and `_sending` say for how much longer the peer is waited for, while it is."""

    conn: StrictConnection

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        ours = cast("HttpConfig", config)
        self._limits, self._all = ours.limits, ours.connections
        self.conn = StrictConnection(ours.limits)
        self._address = ""
        self._awaited = Awaited.NOTHING
        self._receiving: Patience | None = None
        self._sending: Patience | None = None
        self._unsent = 0
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, and wait for its first request."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        refusal = self._all.opened(self._address)
        if refusal is not None:
            self.app = cast("Any", TooMany(cast("ASGIApp", self.app), refusal))
        self._follow()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._receiving = self._sending = None
        self._watch()
        self._all.closed(self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came; after a refusal they are dropped."""
        if self._refused:
            return
        super().data_received(data)
        if self._receiving is not None:
            self._receiving.moved(len(data))
        self._follow()

    def on_response_complete(self) -> None:
        """A response was written whole."""
        super().on_response_complete()
        self._follow()

    def pause_writing(self) -> None:
        """The peer reads more slowly than it is sent to."""
        super().pause_writing()
        self._sending = MinimumRate(self._limits.stall_seconds, self._limits.rate)
        self._unsent = self.transport.get_write_buffer_size()
        self._watch()

    def resume_writing(self) -> None:
        """The peer has read most of it."""
        super().resume_writing()
        self._sending = None
        self._watch()

    def shutdown(self) -> None:
        """The server is about to stop."""
        if self._refused:
            self.transport.abort()
        else:
            super().shutdown()

    def waited(self, seconds: float) -> None:
        """The peer was waited for so much longer."""
        if self._receiving is not None and not self.flow.read_paused and self._receiving.exhausted(seconds):
            self._end_receiving()
        elif self._sending is not None:
            unsent = self.transport.get_write_buffer_size()
            self._sending.moved(self._unsent - unsent)
            self._unsent = unsent
            if self._sending.exhausted(seconds):
                self._all.refused(Refusal.STALLED)
                self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request: uvicorn's answer to an error of h11's."""
        self._refuse(self.conn.refusal_status, Refusal.MALFORMED)

    def _should_upgrade(self) -> bool:
        """Never: a request to upgrade is answered as if it were none (RFC 9110, 7.8)."""
        return False

    def _follow(self) -> None:
        """Wait for what the peer has to send next, if it has to send anything."""
        awaited = self._next_awaited()
        if awaited is not self._awaited:
            self._awaited = awaited
            self._receiving = self._patience(awaited)
            self._watch()

    def _next_awaited(self) -> Awaited:
        if self.transport.is_closing():
            return Awaited.NOTHING
        if self._refused:
            return Awaited.REST
        if self.conn.their_state is h11.IDLE:
            return Awaited.NOTHING if self.timeout_keep_alive_task else Awaited.HEAD
        if self.conn.their_state is h11.SEND_BODY:
            return Awaited.BODY if self.conn.our_state in (h11.SEND_RESPONSE, h11.SEND_BODY) else Awaited.REST
        return Awaited.NOTHING

    def _patience(self, awaited: Awaited) -> Patience | None:
        match awaited:
            case Awaited.NOTHING:
                return None
            case Awaited.BODY:
                return MinimumRate(self._limits.stall_seconds, self._limits.rate)
            case Awaited.HEAD | Awaited.REST:
                return Deadline(self._limits.head_seconds)

    def _watch(self) -> None:
        self._all.watch(self, waiting=self._receiving is not None or self._sending is not None)

    def _end_receiving(self) -> None:
        if self._refused:
            self.transport.abort()
        elif self._awaited is Awaited.HEAD and not self.conn.trailing_data[0]:
            self.transport.close()  # a browser opens connections before it needs them: nothing to tell
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, Refusal.TIMEOUT)
        self._follow()

    def _refuse(self, status: int, reason: Refusal) -> None:
        """Tell why, where no response began yet, and end the connection; the application sees a client that left.

        What the client still sends is read and dropped: closed at once, it would get a reset instead of the answer
        (RFC 9112, 9.6).
        """
        self._all.refused(reason)
        self._refused = True
        self.flow.resume_reading()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(_refusal(status, reason))
            self.transport.write_eof()
        else:
            self.transport.abort()
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()


def _refusal(status: int, reason: Refusal) -> bytes:
    """A whole response, not made by h11, whose connection is in no state to send one."""
    answer = problem(status, reason, _DETAILS[reason], {})
    head = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
    head += [b"%b: %b" % header for header in answer.raw_headers]
    return b"\r\n".join([*head, b"", bytes(answer.body)])
