"""Start, status, list, cancel: JSON in, JSON out. A start only commits; nothing is published inside a request."""

from functools import partial
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.events import ExportCancelled
from contracts.states import ExportStatus, Format
from services.common.failpoints import failpoint
from services.gateway import access, requests
from services.gateway.access import Caller
from services.gateway.directory import Exam
from services.gateway.errors import ClassNotFound, ExportEnded, ExportNotFound
from services.gateway.exports import Export, described, listed, status_answer
from services.gateway.problems import language_of
from services.gateway.requests import Wish
from services.gateway.room import Room, room_of
from services.gateway.routes.bodies import body
from services.gateway.sentences import error_of
from services.gateway.store import Created

NO_STORE = {"Cache-Control": "no-store", "Vary": "Accept-Language"}


async def start(request: Request, kind: Format) -> Response:
    """POST `.../export/{format}`: keep the wish, answer 202."""
    room = room_of(request)
    who = await access.caller(request)
    exam = await access.exam(request, who)
    key = requests.idempotency_key(request.headers.get("idempotency-key"))
    wish = requests.wish(await body(request, room.settings.body_limit))
    made = await create(room, who, exam, kind, wish, key=key)
    failpoint("start.committed")
    headers = {**NO_STORE, "Idempotency-Replayed": "true"} if made.replayed else NO_STORE
    return JSONResponse({"jobId": str(made.export.id), "status": ExportStatus.QUEUED}, 202, headers)


async def create(
    room: Room,
    who: Caller,
    exam: Exam,
    kind: Format,
    wish: Wish,
    *,
    key: str | None = None,
    reuse_running: bool = False,
) -> Created:
    """Keep a new export of an exam.

    Raises:
        ClassNotFound: a class that is not the course's.
        TooManyExports, IdempotencyKeyReused: as `Store.create`.
    """
    if wish.class_ids and not await room.directory.has_classes(exam.course_id, wish.class_ids):
        raise ClassNotFound
    export = Export(
        id=uuid4(),
        institution_id=who.institution_id,
        exam_id=exam.id,
        requested_by=who.user_id,
        format=kind,
        options=wish.options,
        class_ids=wish.class_ids,
        requested_at=room.now(),
    )
    quota = room.settings.exports_per_institution
    return await room.store.create(export, quota=quota, actor=who.actor, key=key, reuse_running=reuse_running)


async def status(request: Request) -> Response:
    """GET `.../export/status?jobId=`: where an export stands, in the words Correcta's client reads."""
    who = await access.caller(request)
    export = await asked_export(request, who, request.query_params.get("jobId"))
    return JSONResponse(status_answer(export, error_of(export, language_of(request))), headers=NO_STORE)


async def asked_export(request: Request, who: Caller, job_id: str | None) -> Export:
    """The export a request is about.

    Raises:
        MissingJobId, ExamNotFound, ExportNotFound.
    """
    exam = await access.exam(request, who)
    export = await room_of(request).store.find(who.institution_id, exam.id, requests.job_id(job_id))
    if export is None:
        raise ExportNotFound
    return export


async def of_exam(request: Request) -> Response:
    """GET `.../export/jobs`: the caller's recent exports of one exam."""
    who = await access.caller(request)
    exam = await access.exam(request, who)
    exports = await room_of(request).store.recent(who.institution_id, who.user_id, exam_id=exam.id)
    return _list(request, exports, {exam.id: exam.title})


async def of_caller(request: Request) -> Response:
    """GET `/api/exports`: the caller's recent exports of every exam."""
    room, who = room_of(request), await access.caller(request)
    exports = await room.store.recent(who.institution_id, who.user_id)
    titles = await room.directory.titles(sorted({export.exam_id for export in exports}), who.institution_id)
    return _list(request, exports, titles)


async def cancel(request: Request) -> Response:
    """DELETE `.../export/jobs/{jobId}`: end an export, unless something else ended it first."""
    room, who = room_of(request), await access.caller(request)
    export = await asked_export(request, who, request.path_params["job_id"])
    after, _ = await room.store.finish(export.id, partial(_cancelled, request=request), who.actor)
    failpoint("cancel.committed")
    if after is None:
        raise ExportNotFound
    if after.status is not ExportStatus.CANCELLED:
        raise ExportEnded(jobId=str(after.id), exportStatus=after.status)
    return JSONResponse(described(after, error_of(after, language_of(request))), headers=NO_STORE)


def _cancelled(export: Export, request: Request) -> ExportCancelled:
    return ExportCancelled(
        export_id=export.id,
        institution_id=export.institution_id,
        exam_id=export.exam_id,
        requested_by=export.requested_by,
        cancelled_at=room_of(request).now(),
    )


def _list(request: Request, exports: list[Export], titles: dict[str, str]) -> Response:
    language = language_of(request)
    jobs: list[dict[str, Any]] = [
        {**listed(export, error_of(export, language)), "examTitle": titles.get(export.exam_id)} for export in exports
    ]
    return JSONResponse({"jobs": jobs}, headers=NO_STORE)


def export_routes() -> list[Route]:
    """The addresses of this module."""
    base = "/api/exams/{exam_id}/export"

    def starting(kind: Format) -> Route:
        async def endpoint(request: Request) -> Response:
            return await start(request, kind)

        return Route(f"{base}/{kind}", endpoint, methods=["POST"], name=f"start_{kind}")

    return [
        *map(starting, Format),
        Route(f"{base}/status", status),
        Route(f"{base}/jobs", of_exam),
        Route(f"{base}/jobs/{{job_id}}", cancel, methods=["DELETE"]),
        Route("/api/exports", of_caller),
    ]
