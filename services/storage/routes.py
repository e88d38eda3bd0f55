"""Storage's HTTP: files in, files out, each for its owner only. Everything but the health routes needs a token."""

import time
from uuid import UUID

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.http import FileAddress, FileStored
from services.common import tracing
from services.common.numerals import natural
from services.storage import keys
from services.storage.dependencies import Dependencies
from services.storage.deposits import Deposit, deposit
from services.storage.downloads import OpenFileResponse, live_record, open_live, response_head
from services.storage.errors import FileMissing, InvalidRequest, StorageError, TooLarge
from services.storage.headers import describe, owner
from services.storage.keys import Key
from services.storage.policy import UploadLimits

log = structlog.get_logger()

LONGEST_ADDRESS = 60
"""Seconds that a file's presigned address may live: whoever has it needs no token."""


def file_routes(deps: Dependencies) -> list[Route]:
    """PUT, GET, HEAD and DELETE of files, and their presigned addresses where the place has any (204 where not)."""

    async def put(request: Request) -> Response:
        started = time.perf_counter()
        try:
            stored = await _receive(deps, request)
        except StorageError as error:
            deps.metrics.deposits.labels(error.code).inc()
            raise
        except ClientDisconnect:
            deps.metrics.deposits.labels("disconnected").inc()
            return Response(status_code=400)
        deps.metrics.deposits.labels("stored").inc()
        deps.metrics.deposit_seconds.observe(time.perf_counter() - started)
        deps.metrics.deposit_bytes.observe(stored.size)
        return Response(_answer_of(stored).to_json(), status_code=201, media_type="application/json")

    async def get(request: Request) -> Response:
        key = _parsed_key(request)
        with tracing.of_export(key.export_id):
            record = await live_record(deps.ledger, key, owner(request.headers))
            head = response_head(record, request.headers, body=request.method == "GET")
            deps.metrics.downloads.labels(str(head.status)).inc()
            if head.part is None:
                return Response(status_code=head.status, headers=dict(head.headers))
            found = await open_live(deps.files, deps.ledger, record, head.part)
            return OpenFileResponse(found, head, head.part)

    async def address(request: Request) -> Response:
        url = await _address(deps, request)
        if url is None:
            return Response(status_code=204)
        return Response(FileAddress(url=url).to_json(), media_type="application/json")

    async def delete(request: Request) -> Response:
        if not await deps.ledger.retire(_parsed_key(request)):
            raise FileMissing("No such file was ever stored.")
        deps.expiry.wake()
        return Response(status_code=204)

    return [
        Route("/exports/{export_id}/file", put, methods=["PUT"]),
        Route("/files/{export_id}/{sha256}", get, methods=["GET", "HEAD"]),
        Route("/files/{export_id}/{sha256}/address", address, methods=["GET"]),
        Route("/files/{export_id}/{sha256}", delete, methods=["DELETE"]),
    ]


async def _address(deps: Dependencies, request: Request) -> str | None:
    key = _parsed_key(request)
    await live_record(deps.ledger, key, owner(request.headers))
    seconds = natural(request.query_params.get("seconds", ""), digits=2)
    if not seconds or seconds > LONGEST_ADDRESS:
        raise InvalidRequest(f"An address lives for 1 to {LONGEST_ADDRESS} seconds.")
    return await deps.files.address(key, seconds)


async def _receive(deps: Dependencies, request: Request) -> Deposit:
    export_id = _parsed_export(request)
    _check_length(request, deps.limits)
    described = describe(request.headers)
    with tracing.of_export(export_id):
        await deps.ledger.check_owner(export_id, described.owner)
        stored = await deposit(deps.files, deps.ledger, export_id, described, request.stream(), deps.limits)
        log.info("deposit.stored", size=stored.size)
    return stored


def _answer_of(stored: Deposit) -> FileStored:
    return FileStored(key=str(stored.key), size=stored.size, sha256=stored.key.sha256, expires_at=stored.expires_at)


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


def _check_length(request: Request, limits: UploadLimits) -> None:
    length = natural(request.headers.get("content-length", ""), digits=20)
    if length is not None and length > limits.max_bytes:
        raise TooLarge(f"A file may have {limits.max_bytes} bytes at most.")
