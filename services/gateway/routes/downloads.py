"""Downloads: a finished export's file by its name or its id, and the grades as CSV by one address, made while the
browser waits.

A file is served by the export's row, never by its name alone.
"""

import re
import time

import httpx2
import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contracts.http import TokenScope
from contracts.states import ExportStatus, FailureCode, Format, content_type
from services.common import tracing
from services.common.content_disposition import content_disposition
from services.gateway import access, answers, parsing
from services.gateway.access import Caller, teachers_and_services, teachers_only
from services.gateway.dependencies import Dependencies, dependencies
from services.gateway.errors import (
    CsrfRefused,
    ExportExpired,
    ExportFailed,
    ExportNotFound,
    GatewayError,
    NoFile,
    PrefetchRefused,
    StillRunning,
    StreamsFull,
)
from services.gateway.exports import Export
from services.gateway.parsing import ExportRequestBody, storable
from services.gateway.rates import Action
from services.gateway.routes.lifecycle import create
from services.gateway.storage_client import ProxiedFile
from services.gateway.tokens.credential import ServiceToken

log = structlog.get_logger()

OWN_SITE = frozenset({"same-origin", "none"})
"""`Sec-Fetch-Site` of our own pages and of the address bar. Not `same-site`: pages of a school's other hosts send its
cookies too.
"""

PURPOSES = ("sec-purpose", "purpose", "x-purpose", "x-moz")
LOOKING_AHEAD = re.compile(r"\b(?:prefetch|prerender|preview)\b", re.IGNORECASE)
"""By which browsers say that nobody clicked: Chromium and Firefox today, and what they and Safari sent before."""


async def by_name(request: Request, who: Caller) -> Response:
    """GET `.../export/download/{filename}`: exam, institution and name must all agree with one row."""
    deps = dependencies(request)
    _count(deps, who)
    exam = await access.exam(request, who)
    filename = request.path_params["filename"]
    export = await deps.store.find_file(who.institution_id, exam.id, filename) if storable(filename) else None
    if export is None:
        raise ExportNotFound
    return await download(deps, request, export, who)


async def by_id(request: Request, who: Caller) -> Response:
    """GET `/api/exports/{exportId}/file`: of the caller's own exports; a service's are its institution's."""
    deps = dependencies(request)
    _count(deps, who)
    export = await deps.store.find_by_id(who.institution_id, parsing.job_id(request.path_params["export_id"]))
    if export is None or who.lists not in (export.requested_by, None):
        raise ExportNotFound
    if not await access.visible(deps, who, {export.exam_id}):
        raise ExportNotFound
    if export.status not in (ExportStatus.COMPLETED, ExportStatus.EXPIRED):
        raise NoFile(export.status, running=export.running)
    return await _redirected(deps, request, export, who) or await download(deps, request, export, who)


async def _redirected(deps: Dependencies, request: Request, export: Export, who: Caller) -> Response | None:
    """A redirect of a service to the file's presigned address, audited; None where there is none."""
    seconds, file = deps.settings.file_address_seconds, export.file
    if not seconds or file is None or request.method != "GET" or not isinstance(who.credential, ServiceToken):
        return None
    url = await deps.storage.address(export, file, seconds) if export.status is ExportStatus.COMPLETED else None
    if url is None:
        return None
    await deps.store.download(export, who.actor, {"status": 307, "range": request.headers.get("range", "")[:100]})
    return RedirectResponse(url, 307, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def _count(deps: Dependencies, who: Caller) -> None:
    """Count a file that a service asks for; teachers click."""
    if isinstance(who.credential, ServiceToken):
        deps.rates.admit(Action.FETCH, who.institution_id, who.user_id)


async def csv(request: Request, who: Caller) -> Response:
    """GET `.../export/csv?classId=`: an export as any other; its file if it is done in time. HEAD tells what kind of
    file that is, and begins none.

    Else 503, because Correcta's link saves whatever a success carries as the file. The export goes on: the same request
    of the same user waits for it, or has the file that nobody was sent yet, instead of making another one.
    """
    deps = dependencies(request)
    _refuse_unasked(request)
    exam = await access.exam(request, who)
    if request.method == "HEAD":
        return _described()
    deps.rates.admit(Action.START, who.institution_id, who.user_id)
    class_ids = parsing.class_ids(request.query_params.getlist("classId"))
    made = await create(deps, who, exam, Format.CSV, ExportRequestBody(class_ids), reuse=True)
    export = await _ended(deps, made.export, deps.settings.direct_download_seconds)
    if export.running:
        raise StillRunning(**answers.addresses(export))
    if export.status is not ExportStatus.COMPLETED:
        raise _why_not(export)
    return await download(deps, request, export, who)


async def download(deps: Dependencies, request: Request, export: Export, who: Caller) -> Response:
    """The file of an export, or the range of it the request asks for; audited before the first byte is sent.

    Raises:
        ExportExpired, RangeNotSatisfiable: the file, or that part of it, is not there.
        StorageAway: storage doesn't answer.
    """
    if export.status is not ExportStatus.COMPLETED or export.file is None:
        raise ExportExpired
    with tracing.of_export(export.id):
        source = await deps.storage.open(export, export.file, request.method, request.headers)
        log.info("file.sent", method=request.method, status=source.status_code)
    try:
        if request.method == "GET" and source.status_code != 304:
            detail = {"status": source.status_code, "range": request.headers.get("range", "")[:100]}
            if _begins(source):
                await deps.store.download(export, who.actor, detail)
            else:
                await deps.store.audit("export.downloaded", export, who.actor, detail)
    except BaseException:
        await source.aclose()
        raise
    return ProxiedFile(
        source,
        {
            "Content-Type": export.file.content_type,
            "Content-Disposition": content_disposition(export.file.filename),
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "ETag": f'"{export.file.sha256}"',
        },
    )


def _begins(source: httpx2.Response) -> bool:
    """Whether an answer carries the file's first byte: a download goes on in any number of ranges."""
    return source.status_code == 200 or source.headers.get("content-range", "").startswith("bytes 0-")


async def _ended(deps: Dependencies, export: Export, seconds: float) -> Export:
    """The export once it has ended, or as it is after `seconds`."""
    deadline = time.monotonic() + seconds
    with deps.hub.subscribe(exports=[export]) as subscription:
        for row in await deps.store.read([export.id]):
            deps.hub.apply_row(row)
        while subscription.known[export.id].running and (left := deadline - time.monotonic()) > 0:
            await subscription.changes(left)
            if subscription.closed:
                raise StreamsFull
        return subscription.known[export.id]


def _why_not(export: Export) -> GatewayError:
    if export.status is ExportStatus.FAILED:
        return ExportFailed(export.failure_code or FailureCode.INTERNAL)
    return ExportExpired()


def _described() -> Response:
    """A GET's headers that are known beforehand (RFC 9110, 9.3.2): no length, as there is no file yet."""
    answer = Response(media_type=content_type(Format.CSV), headers={"Cache-Control": "private, no-store"})
    del answer.headers["content-length"]
    return answer


def _refuse_unasked(request: Request) -> None:
    """Pass a request of our own pages, or of somebody who follows another site's link (Fetch Metadata, W3C).

    Raises:
        CsrfRefused: another site's page embeds it, as an image, a frame or a script.
        PrefetchRefused: the browser looks ahead.
    """
    headers = request.headers
    ours = headers.get("sec-fetch-site", "none") in OWN_SITE  # an older browser sends none, nor cookies to other sites
    followed = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("navigate", "document")
    if not ours and not followed:
        raise CsrfRefused("embedded by another site")
    if any(LOOKING_AHEAD.search(headers.get(name, "")) for name in PURPOSES):
        raise PrefetchRefused


def download_routes() -> list[Route]:
    """The addresses of this module."""
    base = "/api/exams/{exam_id}/export"
    return [
        Route(f"{base}/download/{{filename}}", teachers_and_services(by_name, TokenScope.FILES_READ)),
        Route("/api/exports/{export_id}/file", teachers_and_services(by_id, TokenScope.FILES_READ)),
        Route(f"{base}/csv", teachers_only(csv)),
    ]
