"""Storage's HTTP: files in, files out. Everything but the health routes needs the internal token."""

import hmac
import time
from dataclasses import dataclass
from uuid import UUID

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.base import UtcTime, Wire
from services.storage import keys
from services.storage.deposits import Bounds, Deposit, deposit
from services.storage.downloads import FileBody, answer, live_record, open_live
from services.storage.errors import FileMissing, InvalidRequest, StorageError, TooLarge, Unauthorized
from services.storage.expiry import Expiry
from services.storage.files import Files
from services.storage.headers import describe
from services.storage.keys import Key
from services.storage.ledger import Ledger
from services.storage.metrics import Metrics
from services.storage.problems import problem

log = structlog.get_logger()

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})


class Stored(Wire):
    """The answer to a PUT."""

    key: str
    size: int
    sha256: str
    expires_at: UtcTime


@dataclass(frozen=True)
class Room:
    """What the routes work with."""

    files: Files
    ledger: Ledger
    expiry: Expiry
    bounds: Bounds
    metrics: Metrics


class TokenGate:
    """Lets a request through when it carries the internal token; compared in constant time."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on or refuse."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or self._admits(scope):
            await self._app(scope, receive, send)
        else:
            await problem(Unauthorized("The internal token is absent or wrong."))(scope, receive, send)

    def _admits(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        return len(given) == 1 and hmac.compare_digest(given[0], self._expected)


def file_routes(room: Room) -> list[Route]:
    """PUT, GET, HEAD and DELETE of files."""

    async def put(request: Request) -> Response:
        started = time.perf_counter()
        try:
            stored = await _take(room, request)
        except StorageError as error:
            room.metrics.deposits.labels(error.code).inc()
            raise
        except ClientDisconnect:
            room.metrics.deposits.labels("disconnected").inc()
            return Response(status_code=400)
        room.metrics.deposits.labels("stored").inc()
        room.metrics.deposit_seconds.observe(time.perf_counter() - started)
        room.metrics.deposit_bytes.observe(stored.size)
        log.info("deposit.stored", export_id=str(stored.key.export_id), size=stored.size)
        return Response(_said(stored).to_json(), status_code=201, media_type="application/json")

    async def get(request: Request) -> Response:
        key = _parsed_key(request)
        record = await live_record(room.ledger, key)
        answered = answer(record, request.headers, body=request.method == "GET")
        room.metrics.downloads.labels(str(answered.status)).inc()
        if answered.part is None:
            return Response(status_code=answered.status, headers=dict(answered.headers))
        found = await open_live(room.files, room.ledger, record, answered.part)
        return FileBody(found, answered, answered.part)

    async def delete(request: Request) -> Response:
        if not await room.ledger.retire(_parsed_key(request)):
            raise FileMissing("No such file was ever stored.")
        room.expiry.wake()
        return Response(status_code=204)

    return [
        Route("/exports/{export_id}/file", put, methods=["PUT"]),
        Route("/files/{export_id}/{sha256}", get, methods=["GET", "HEAD"]),
        Route("/files/{export_id}/{sha256}", delete, methods=["DELETE"]),
    ]


async def _take(room: Room, request: Request) -> Deposit:
    export_id = _parsed_export(request)
    _check_length(request, room.bounds)
    described = describe(request.headers)
    await room.ledger.ping()
    return await deposit(room.files, room.ledger, export_id, described, request.stream(), room.bounds)


def _said(stored: Deposit) -> Stored:
    return Stored(key=str(stored.key), size=stored.size, sha256=stored.key.sha256, expires_at=stored.expires_at)


def _parsed_export(request: Request) -> UUID:
    try:
        return keys.export_id(request.path_params["export_id"])
    except keys.InvalidKey as error:
        raise InvalidRequest("The address must hold an export's id.") from error


def _parsed_key(request: Request) -> Key:
    try:
        return keys.make(request.path_params["export_id"], request.path_params["sha256"])
    except keys.InvalidKey as error:
        raise FileMissing("No such file was ever stored.") from error


def _check_length(request: Request, bounds: Bounds) -> None:
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > bounds.size:
        raise TooLarge(f"A file may have {bounds.size} bytes at most.")
