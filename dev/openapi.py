"""The gateway's HTTP interface as an OpenAPI 3.1 document, put together from the contracts' own models.

Correcta's client works unmodified against it: the paths, `jobId` and `attemptCount` are its words.
"""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.json_schema import models_json_schema

from contracts.base import UtcTime
from contracts.events import Warning
from contracts.options import ReportOptions
from contracts.states import CONTENT_TYPES, ExportStatus, Format, Phase

Document = dict[str, Any]


class Body(BaseModel):
    """What crosses the interface: camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ExportRequest(Body):
    """What a teacher may ask for. Nothing at all asks for every class with the usual options."""

    class_ids: list[str] | None = None
    options: ReportOptions | None = None


class Accepted(Body):
    """The export is kept and will be made."""

    job_id: UUID
    status: ExportStatus
    status_url: str | None = None
    events_url: str | None = None


class Result(Body):
    """The file of a completed export. `attemptCount` is the number of copies; `pages` is 0 where a format has none."""

    filename: str
    size: int
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    attempt_count: int
    pages: int
    download_url: str
    expires_at: UtcTime | None
    warnings: list[Warning]


class Status(Body):
    """Where an export stands. `error` is a sentence for the teacher, `errorCode` a stable word for programs."""

    status: ExportStatus
    progress: int = Field(ge=0, le=100)
    phase: Phase
    processed: int = Field(ge=0)
    total: int = Field(ge=0)
    attempt: int = Field(ge=0)
    result: Result | None = None
    error: str | None = None
    error_code: str | None = None


class Described(Status):
    """A status that says which export it is about: an entry of a list, or an event's data."""

    job_id: UUID
    exam_id: str
    format: Format
    requested_at: UtcTime


class Problem(BaseModel):
    """RFC 9457. `code` is stable; `detail` and `error` are the same sentence, in French unless English is preferred."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    error: str


class Health(BaseModel):
    """A dependency each in `checks`, `ok` or what is wrong with it."""

    status: Literal["alive", "ready", "unavailable"]
    checks: dict[str, str] | None = None


MODELS = (ExportRequest, Accepted, Status, Described, Problem, Health)
STREAM = (
    "Server-sent events `progress`, `completed`, `failed`, `cancelled`, each with the export as `Described` JSON in "
    "`data` and a strictly increasing `id`. First a snapshot; the stream ends after the last. A comment every 15 s."
)


def document() -> Document:
    """The whole OpenAPI document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Correcta exports",
            "version": "1.0.0",
            "description": "Exports of graded exams: start, follow, download, cancel. Errors are RFC 9457 problems.",
        },
        "paths": _export_paths() | _probe_paths(),
        "components": {"schemas": _schemas(), "securitySchemes": _schemes()},
    }


def _schemas() -> Document:
    _, definitions = models_json_schema(
        [(model, "serialization") for model in MODELS], ref_template="#/components/schemas/{model}"
    )
    return dict(definitions["$defs"])


def _schemes() -> Document:
    return {
        "session": {"type": "apiKey", "in": "cookie", "name": "next-auth.session-token"},
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWE"},
        "csrf": {"type": "apiKey", "in": "header", "name": "x-csrf-token"},
    }


def _ref(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(name: str, description: str) -> Document:
    return {"description": description, "content": {"application/json": {"schema": _ref(name)}}}


def _problems(*codes: int) -> Document:
    content = {"application/problem+json": {"schema": _ref("Problem")}}
    words = {
        400: "Unreadable",
        401: "Not signed in",
        403: "Not allowed",
        404: "Absent, or somebody else's",
        409: "Too late",
        410: "Expired",
        413: "Too large",
        416: "No such range",
        422: "Asks for what does not exist",
        429: "Over a quota",
        500: "Our mistake",
        503: "Briefly unavailable",
        507: "Storage is full",
    }
    return {str(code): {"description": words[code], "content": content} for code in (*codes, 500, 503)}


def _string(name: str, place: str, *, required: bool = True, **schema: Any) -> Document:
    return {"name": name, "in": place, "required": required, "schema": {"type": "string", **schema}}


EXAM = _string("examId", "path")
JOB = _string("jobId", "query", format="uuid")
READING: list[Document] = [{"session": []}, {"bearer": []}]
WRITING: list[Document] = [{"session": [], "csrf": []}, {"bearer": []}]


def _operation(summary: str, security: list[Document], parameters: list[Document], responses: Document) -> Document:
    return {"summary": summary, "security": security, "parameters": parameters, "responses": responses}


def _start(kind: Format) -> Document:
    key = _string("Idempotency-Key", "header", required=False, maxLength=200)
    answers = {"202": _json("Accepted", "Kept; it will be made")} | _problems(400, 401, 403, 404, 413, 422, 429)
    body = {"required": False, "content": {"application/json": {"schema": _ref("ExportRequest")}}}
    return _operation(f"Start an export as {kind.value}", WRITING, [EXAM, key], answers) | {"requestBody": body}


def _export_paths() -> Document:
    base = "/api/exams/{examId}/export"
    paths: Document = {f"{base}/{kind.value}": {"post": _start(kind)} for kind in Format}
    paths[f"{base}/csv"]["get"] = _csv()
    paths[f"{base}/status"] = {
        "get": _operation(
            "Where an export stands",
            READING,
            [EXAM, JOB],
            {"200": _json("Status", "Its state")} | _problems(400, 401, 403, 404),
        )
    }
    paths[f"{base}/events"] = {"get": _events()}
    paths[f"{base}/download/{{filename}}"] = {"get": _download(), "head": _download()}
    entries = {"type": "object", "properties": {"jobs": {"type": "array", "items": _ref("Described")}}}
    listing = {"description": "The caller's recent exports", "content": {"application/json": {"schema": entries}}}
    paths[f"{base}/jobs"] = {
        "get": _operation("Recent exports", READING, [EXAM], {"200": listing} | _problems(401, 403, 404))
    }
    cancelled = {"200": _json("Status", "Cancelled")} | _problems(400, 401, 403, 404, 409)
    job = _string("jobId", "path", format="uuid")
    paths[f"{base}/jobs/{{jobId}}"] = {"delete": _operation("Cancel an export", WRITING, [EXAM, job], cancelled)}
    return paths


def _csv() -> Document:
    group = _string("classId", "query", required=False)
    file = {"description": "The grades", "content": {CONTENT_TYPES[Format.CSV]: {"schema": {"type": "string"}}}}
    answers = {"200": file, "202": _json("Accepted", "Not done within 20 s")}
    return _operation(
        "The grades as CSV, at once",
        READING,
        [EXAM, group],
        answers | _problems(400, 401, 403, 404, 410, 422, 429, 507),
    )


def _events() -> Document:
    last = _string("Last-Event-ID", "header", required=False)
    stream = {"description": STREAM, "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    return _operation(
        "Follow an export live", READING, [EXAM, JOB, last], {"200": stream} | _problems(400, 401, 403, 404, 429)
    )


def _download() -> Document:
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in CONTENT_TYPES.values()}
    answers = {
        "200": {"description": "The file", "content": content},
        "206": {"description": "A part of the file", "content": content},
        "304": {"description": "Unchanged"},
    }
    ranges = _string("Range", "header", required=False)
    return _operation(
        "Download", READING, [EXAM, _string("filename", "path"), ranges], answers | _problems(401, 403, 404, 410, 416)
    )


def _probe_paths() -> Document:
    health = {"200": _json("Health", "Yes"), "503": _json("Health", "No")}
    text = {
        "200": {"description": "Prometheus' text format", "content": {"text/plain": {"schema": {"type": "string"}}}}
    }
    return {
        "/healthz": {"get": _operation("Is the process alive", [], [], {"200": health["200"]})},
        "/readyz": {"get": _operation("Is what it depends on there", [], [], health)},
        "/metrics": {"get": _operation("How it fares", [], [], text)},
    }
