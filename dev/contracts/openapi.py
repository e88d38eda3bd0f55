"""The gateway's HTTP interface as an OpenAPI 3.1 document, put together from the contracts' own models.

Correcta's client works unmodified against it: the paths, `jobId` and `attemptCount` are its words.
"""

from typing import Any

from pydantic.json_schema import models_json_schema

from contracts import VERSION
from contracts.http import ALL_STATES, MODELS, MOST_EVENTS, MOST_FOLLOWED_EXAMS, STATES_HEADER, TokenScope
from contracts.options import Language
from contracts.states import Format, content_type

Document = dict[str, Any]


ALL_STREAM = (
    "Server-sent events as above, of many exports, none of which ends the stream. `id` is a cursor: given back as "
    "`Last-Event-ID`, or as `after`, it brings only what changed since. `alive` (every 15 s) brings a new cursor; "
    "`reset` comes first where the cursor is older than an hour or unknown, and everything recent follows it. "
    "Ignore events of other names."
)

STREAM = (
    "Server-sent events `progress`, `completed`, `failed`, `cancelled`, each with the export as `Described` JSON in "
    "`data` and a strictly increasing `id`. First a snapshot; the stream ends after the last. A comment every 15 s."
)

SERVICE = (
    "Another service's token, for one institution, until it expires or is revoked. It opens the addresses that name "
    "one of its scopes ({scopes}), needs no CSRF token, and is final: no cookie beside it is read. A service has its "
    "institution's exports where a teacher has their own."
)


def document() -> Document:
    """The whole OpenAPI document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Correcta exports",
            "version": VERSION,
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
        "service": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "cxt_...",
            "description": SERVICE.format(scopes=", ".join(f"`{scope}`" for scope in TokenScope)),
        },
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
        409: "Too late, or too early",
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
JOB = _string("jobId", "query")
EXAMS: Document = {
    "name": "exam",
    "in": "query",
    "required": False,
    "description": "Everybody's running exports of these exams, too, as far as the caller may see them",
    "schema": {"type": "array", "items": {"type": "string"}, "maxItems": MOST_FOLLOWED_EXAMS},
}
LAST = _string("Last-Event-ID", "header", required=False)
LANG = _string("lang", "query", required=False, enum=[*Language]) | {
    "description": "The language of `error`, before Accept-Language; any other is ignored"
}
STATES = _string(STATES_HEADER, "header", required=False, enum=[ALL_STATES]) | {
    "description": "Without it `cancelled` and `expired` are told as `failed`, and a phase is one that Correcta knows"
}
TEACHERS_READING: list[Document] = [{"session": []}, {"bearer": []}]
TEACHERS_WRITING: list[Document] = [{"session": [], "csrf": []}, {"bearer": []}]


def _or_service(teachers: list[Document], scope: TokenScope) -> list[Document]:
    """For teachers, or for a service whose token has a scope (OpenAPI 3.1 lets any scheme name what it requires)."""
    return [*teachers, {"service": [scope]}]


STARTING = _or_service(TEACHERS_WRITING, TokenScope.EXPORTS_START)
READING = _or_service(TEACHERS_READING, TokenScope.EXPORTS_READ)
FOLLOWING = _or_service(TEACHERS_READING, TokenScope.EVENTS_READ)
FETCHING = _or_service(TEACHERS_READING, TokenScope.FILES_READ)


def _operation(summary: str, security: list[Document], parameters: list[Document], responses: Document) -> Document:
    return {"summary": summary, "security": security, "parameters": parameters, "responses": responses}


def _start(kind: Format) -> Document:
    key = _string("Idempotency-Key", "header", required=False, maxLength=200)
    answers = {"202": _json("Accepted", "Kept; it will be made")} | _problems(400, 401, 403, 404, 413, 422, 429)
    body = {"required": False, "content": {"application/json": {"schema": _ref("ExportRequest")}}}
    return _operation(f"Start an export as {kind.value}", STARTING, [EXAM, key], answers) | {"requestBody": body}


def _export_paths() -> Document:
    base = "/api/exams/{examId}/export"
    paths: Document = {f"{base}/{kind.value}": {"post": _start(kind)} for kind in Format}
    paths[f"{base}/csv"] |= {"get": _csv(), "head": _csv_head()}
    paths[f"{base}/status"] = {
        "get": _operation(
            "Where an export stands",
            READING,
            [EXAM, JOB, LANG, STATES],
            {"200": _json("Status", "Its state")} | _problems(400, 401, 403, 404),
        )
    }
    paths[f"{base}/events"] = {"get": _events("Follow an export live", [EXAM, JOB, LANG, LAST])}
    paths[f"{base}/download/{{filename}}"] = {"get": _download(), "head": _download()}
    paths[f"{base}/jobs"] = {"get": _listing("The caller's recent exports of one exam", [EXAM, LANG])}
    paths["/api/exports/{exportId}/file"] = {"get": _file(), "head": _file()}
    paths["/api/exports"] = {"get": _listing("The caller's recent exports", [EXAMS, LANG], 422)}
    paths["/api/events"] = {"get": _history()}
    paths["/api/exports/events"] = {"get": _caller_events()}
    cancelled = {"200": _json("Described", "Cancelled")} | _problems(400, 401, 403, 404, 409, 429)
    job = _string("jobId", "path")
    paths[f"{base}/jobs/{{jobId}}"] = {
        "delete": _operation("Cancel an export", TEACHERS_WRITING, [EXAM, job, LANG], cancelled)
    }
    return paths


def _csv() -> Document:
    group = {"name": "classId", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
    file = {"description": "The grades", "content": {content_type(Format.CSV): {"schema": {"type": "string"}}}}
    late = "Not done within 20 s: the export goes on, and the same request finds it; or briefly unavailable"
    problems = _problems(400, 401, 403, 404, 410, 422, 429, 507)
    return _operation(
        "The grades as CSV, at once",
        TEACHERS_READING,
        [EXAM, group],
        {"200": file} | problems | {"503": problems["503"] | {"description": late}},
    )


def _csv_head() -> Document:
    answers = {"200": {"description": "What kind of file a GET is answered with; no export begins"}}
    return _operation("The grades as CSV", READING, [EXAM], answers | _problems(401, 403, 404))


def _listing(summary: str, parameters: list[Document], *problems: int) -> Document:
    answers = {"200": _json("Exports", "Newest first")} | _problems(401, 403, 404, *problems)
    return _operation(summary, READING, parameters, answers)


def _stream(description: str) -> Document:
    return {"description": description, "content": {"text/event-stream": {"schema": {"type": "string"}}}}


def _events(summary: str, parameters: list[Document]) -> Document:
    answers = {"200": _stream(STREAM), "204": {"description": "All was seen: do not come back"}}
    return _operation(summary, FOLLOWING, parameters, answers | _problems(400, 401, 403, 404, 429))


def _caller_events() -> Document:
    after = _string("after", "query", required=False) | {"description": "The cursor, where no header can be set"}
    answers = {"200": _stream(ALL_STREAM)} | _problems(400, 401, 403, 404, 422, 429)
    summary = "Follow all of the caller's exports live"
    return _operation(summary, FOLLOWING, [EXAMS, after, LAST, LANG], answers)


def _history() -> Document:
    after = _string("after", "query", required=False) | {
        "description": "`next` of the answer before; without it, from the oldest that is kept"
    }
    kinds = {"name": "type", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": MOST_EVENTS}}
    return _operation(
        "What was told of the institution's exports, oldest first",
        [{"service": [TokenScope.EVENTS_READ]}],
        [after, kinds, limit],
        {"200": _json("Events", "The events after that position")} | _problems(400, 401, 403, 410),
    )


def _download() -> Document:
    return _fetching("Download", [EXAM, _string("filename", "path")])


def _file() -> Document:
    summary = "The file of an export of the caller's; of its institution's, for a service"
    return _fetching(summary, [_string("exportId", "path")], 409)


def _fetching(summary: str, parameters: list[Document], *problems: int) -> Document:
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in map(content_type, Format)}
    answers = {
        "200": {"description": "The file", "content": content},
        "206": {"description": "A part of the file", "content": content},
        "304": {"description": "Unchanged"},
    }
    if problems:
        answers["307"] = {"description": "Where the file is for a minute, for services, if files are in a bucket"}
    ranges = _string("Range", "header", required=False)
    return _operation(summary, FETCHING, [*parameters, ranges], answers | _problems(401, 403, 404, *problems, 410, 416))


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
