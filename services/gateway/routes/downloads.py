"""A finished export's file, by name; and the grades as CSV by one address, made while the browser waits."""

import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.states import ExportStatus, FailureCode, Format
from services.gateway import access, requests
from services.gateway.downloads import download
from services.gateway.errors import (
    CsrfRefused,
    ExportExpired,
    ExportFailed,
    ExportNotFound,
    GatewayError,
    StreamsFull,
)
from services.gateway.exports import Export, addresses
from services.gateway.requests import Wish, storable
from services.gateway.room import Room, room_of
from services.gateway.routes.exports import NO_STORE, create


async def by_name(request: Request) -> Response:
    """GET `.../export/download/{filename}`: exam, institution and name must all agree with one row of ours."""
    room, who = room_of(request), await access.caller(request)
    exam = await access.exam(request, who)
    filename = request.path_params["filename"]
    export = await room.store.find_file(who.institution_id, exam.id, filename) if storable(filename) else None
    if export is None:
        raise ExportNotFound
    return await download(room, request, export, who)


async def csv(request: Request) -> Response:
    """GET `.../export/csv?classId=`: an export as any other; its file if it is done in time, else where to find it.

    A running twin of the same user is waited for instead of made again: a link may be followed twice.
    """
    room, who = room_of(request), await access.caller(request)
    _refuse_embedding(request)
    exam = await access.exam(request, who)
    class_ids = requests.class_ids(request.query_params.getlist("classId"))
    made = await create(room, who, exam, Format.CSV, Wish(class_ids), reuse_running=True)
    export = await _ended(room, made.export, room.settings.direct_download_seconds)
    if export.running:
        body = {"jobId": str(export.id), "status": export.status, **addresses(export)}
        return JSONResponse(body, 202, {**NO_STORE, "Retry-After": "5", "Location": body["statusUrl"]})
    if export.status is not ExportStatus.COMPLETED:
        raise _why_not(export)
    return await download(room, request, export, who)


async def _ended(room: Room, export: Export, seconds: float) -> Export:
    """The export once it has ended, or as it is after `seconds`."""
    deadline = time.monotonic() + seconds
    with room.hub.subscribe(exports=[export]) as subscription:
        for row in await room.store.read([export.id]):
            room.hub.learn(row)
        while subscription.known[export.id].running and (left := deadline - time.monotonic()) > 0:
            await subscription.changes(left)
            if subscription.closed:
                raise StreamsFull
        return subscription.known[export.id]


def _why_not(export: Export) -> GatewayError:
    if export.status is ExportStatus.FAILED:
        return ExportFailed(export.failure_code or FailureCode.INTERNAL)
    return ExportExpired()


def _refuse_embedding(request: Request) -> None:
    """Another site may link here, but not have its pages' images start exports (Fetch Metadata, W3C)."""
    headers = request.headers
    if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
        raise CsrfRefused("embedded by another site")


def download_routes() -> list[Route]:
    """The addresses of this module."""
    base = "/api/exams/{exam_id}/export"
    return [Route(f"{base}/download/{{filename}}", by_name), Route(f"{base}/csv", csv)]
