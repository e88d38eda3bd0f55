"""Start, status, list, cancel: JSON in, JSON out. A start only commits; nothing is published inside a request."""

from collections.abc import Mapping
from functools import partial
from uuid import uuid4

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.base import Wire
from contracts.events import LONGEST_TEXT
from contracts.http import ALL_STATES, STATES_HEADER, Exports, TokenScope
from contracts.states import ExportStatus, Format
from contracts.topology import SMALL_COPIES
from services.common import tracing
from services.common.failpoints import failpoint
from services.gateway import access, answers, parsing
from services.gateway.access import Caller, teachers_and_services, teachers_only
from services.gateway.bodies import read_body
from services.gateway.dependencies import Dependencies, dependencies
from services.gateway.directory import Exam
from services.gateway.errors import ClassNotFound, ExportEnded, ExportNotFound
from services.gateway.exports import Export, cancelled
from services.gateway.parsing import ExportRequestBody
from services.gateway.problems import language_of
from services.gateway.rates import Action
from services.gateway.selection import Owner, Selection
from services.gateway.sentences import error_of
from services.gateway.store import Created, Quota

log = structlog.get_logger()

NO_STORE = {"Cache-Control": "no-store", "Vary": "Accept-Language"}


def json_response(body: Wire, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A body of the HTTP interface as a response that nobody caches."""
    return Response(body.to_json(), status, {**NO_STORE, **(headers or {})}, media_type="application/json")


async def start(request: Request, who: Caller, format: Format) -> Response:
    """POST `.../export/{format}`: store the request, answer 202."""
    deps = dependencies(request)
    deps.migrator.require()  # what is stored before may never leave
    deps.rates.admit(Action.START, who.institution_id, who.user_id)
    exam = await access.exam(request, who)
    key = parsing.idempotency_key(request.headers.get("idempotency-key"))
    asked = parsing.export_request(await read_body(request, deps.settings.body_limit, deps.settings.body_seconds))
    made = await create(deps, who, exam, format, asked, key=key)
    failpoint("start.committed")
    return json_response(
        answers.accepted(made.export), 202, {"Idempotency-Replayed": "true"} if made.replayed else None
    )


async def create(
    deps: Dependencies,
    who: Caller,
    exam: Exam,
    format: Format,
    asked: ExportRequestBody,
    *,
    key: str | None = None,
    reuse: bool = False,
) -> Created:
    """Store a new export of an exam.

    Raises:
        ClassNotFound: a class that is not the course's.
        TooMany, IdempotencyKeyReused: as `Store.create`.
    """
    if asked.class_ids and not await deps.directory.has_classes(exam.course_id, asked.class_ids):
        raise ClassNotFound
    export = Export(
        id=uuid4(),
        institution_id=who.institution_id,
        exam_id=exam.id,
        requested_by=who.user_id,
        format=format,
        options=asked.options,
        class_ids=asked.class_ids,
        requested_at=deps.now(),
        exam_title=exam.title[:LONGEST_TEXT],
        copies=await deps.directory.copies(exam.id, SMALL_COPIES + 1),
    )
    settings = deps.settings
    quota = Quota(
        settings.exports_per_institution, settings.files_per_institution(format), settings.requester_share_percent
    )
    made = await deps.store.create(export, quota=quota, actor=who.actor, key=key, reuse=reuse)
    with tracing.of_export(made.export.id):
        log.info("export.requested", format=format.value, replayed=made.replayed)
    if not made.replayed:
        deps.correcta_audit.note(export, who.ip_address)
    return made


async def status(request: Request, who: Caller) -> Response:
    """GET `.../export/status?jobId=`: the state of an export, in the words that Correcta's client reads unless the
    request says that it knows them all.
    """
    export = await named_export(request, who)
    forecast = dependencies(request).forecasts.of(export.id)
    body = answers.status(export, error_of(export, language_of(request)), forecast)
    knows_all = request.headers.get(STATES_HEADER, "").strip().lower() == ALL_STATES
    varies = {"Vary": f"Accept-Language, {STATES_HEADER}"}
    return json_response(body if knows_all else answers.for_correctas_client(body), headers=varies)


async def named_export(request: Request, who: Caller) -> Export:
    """The export that the query's `jobId` names.

    Raises:
        MissingJobId, RepeatedParameter, ExamNotFound, ExportNotFound.
    """
    return await asked_export(request, who, parsing.single(request.query_params.getlist("jobId")))


async def asked_export(request: Request, who: Caller, job_id: str | None) -> Export:
    """The export a request is about.

    Raises:
        MissingJobId, ExamNotFound, ExportNotFound.
    """
    exam = await access.exam(request, who)
    export = await dependencies(request).store.find(who.institution_id, exam.id, parsing.job_id(job_id))
    if export is None:
        raise ExportNotFound
    return export


async def of_exam(request: Request, who: Caller) -> Response:
    """GET `.../export/jobs`: the caller's recent exports of one exam; a service's are its institution's."""
    exam = await access.exam(request, who)
    exports = await dependencies(request).store.recent(who.institution_id, who.lists, exam_id=exam.id)
    return await _list(request, who, exports, {exam.id: exam.title})


async def of_caller(request: Request, who: Caller) -> Response:
    """GET `/api/exports?exam=`: the caller's recent exports of every exam, and everybody's running ones of these; a
    service's are its institution's.
    """
    deps = dependencies(request)
    exports = await deps.store.in_selection(followed(request, who))
    exam_ids = await access.visible(deps, who, {export.exam_id for export in exports})
    titles = await deps.directory.titles(sorted(exam_ids), who.institution_id)
    return await _list(request, who, [export for export in exports if export.exam_id in exam_ids], titles)


def followed(request: Request, who: Caller) -> Selection:
    """The exports that a caller's list and stream tell of: with `exam` in the query, also everybody's of these.

    Raises:
        InvalidRequest: more exams than a stream follows.
    """
    return Selection(Owner(who.institution_id, who.lists), parsing.followed_exams(request.query_params.getlist("exam")))


async def cancel(request: Request, who: Caller) -> Response:
    """DELETE `.../export/jobs/{jobId}`: cancel an export, unless it ended first."""
    deps = dependencies(request)
    deps.rates.admit(Action.CANCEL, who.institution_id, who.user_id)
    export = await asked_export(request, who, request.path_params["job_id"])
    after, _ = await deps.store.finish(export.id, partial(cancelled, now=deps.now()), who.actor)
    failpoint("cancel.committed")
    if after is None:
        raise ExportNotFound
    with tracing.of_export(export.id):
        log.info("export.cancel_asked", status=after.status.value)
    if after.status is not ExportStatus.CANCELLED:
        raise ExportEnded(jobId=str(after.id), exportStatus=after.status)
    own = after.requested_by == who.user_id
    return json_response(answers.described(after, error_of(after, language_of(request)), own=own))


async def _list(request: Request, who: Caller, exports: list[Export], titles: dict[str, str]) -> Response:
    language = language_of(request)
    others = {export.requested_by for export in exports} - {who.user_id}
    names = await dependencies(request).directory.names(sorted(others), who.institution_id) if others else {}
    jobs = [
        answers.listed(
            export,
            error_of(export, language),
            titles.get(export.exam_id),
            own=export.requested_by == who.user_id,
            requester=names.get(export.requested_by),
            forecast=dependencies(request).forecasts.of(export.id),
        )
        for export in exports
    ]
    return json_response(Exports(jobs=jobs))


def lifecycle_routes() -> list[Route]:
    """The addresses of this module."""
    base = "/api/exams/{exam_id}/export"

    def start_route(format: Format) -> Route:
        async def start_format(request: Request, who: Caller) -> Response:
            return await start(request, who, format)

        endpoint = teachers_and_services(start_format, TokenScope.EXPORTS_START)
        return Route(f"{base}/{format}", endpoint, methods=["POST"], name=f"start_{format}")

    return [
        *map(start_route, Format),
        Route(f"{base}/status", teachers_and_services(status, TokenScope.EXPORTS_READ)),
        Route(f"{base}/jobs", teachers_and_services(of_exam, TokenScope.EXPORTS_READ)),
        Route(f"{base}/jobs/{{job_id}}", teachers_only(cancel), methods=["DELETE"]),
        Route("/api/exports", teachers_and_services(of_caller, TokenScope.EXPORTS_READ)),
    ]
