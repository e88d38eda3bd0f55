"""Errors as problem+json (RFC 9457), with `error` for Correcta's client: the same sentence as `detail`."""

from http import HTTPStatus

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from contracts.options import Language
from services.gateway.errors import DatabaseAway, GatewayError, MethodNotAllowed, NotFound
from services.gateway.sentences import preferred, spoken

log = structlog.get_logger()


def language_of(connection: HTTPConnection) -> Language:
    """The language in which a request is answered."""
    return preferred(connection.headers, connection.query_params)


def problem(error: GatewayError, language: Language) -> JSONResponse:
    """An error as its answer."""
    sentence = spoken(error.sentence, language)
    body = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": sentence,
        "error": sentence,
        **error.extra,
    }
    headers = {**error.headers(), "Cache-Control": "no-store", "Content-Language": language, "Vary": "Accept-Language"}
    return JSONResponse(body, error.status, headers, media_type="application/problem+json")


async def on_gateway_error(request: Request, error: Exception) -> Response:
    """Log what the browser doesn't see, answer what it may."""
    assert isinstance(error, GatewayError)
    record = log.warning if error.status >= 500 else log.debug
    record("request.refused", code=error.code, status=error.status, cause=str(error))
    return problem(error, language_of(request))


async def on_database_unavailable(request: Request, error: Exception) -> Response:
    """PostgreSQL is away: never a 500."""
    return await on_gateway_error(request, DatabaseAway(str(error)))


async def on_http_error(request: Request, error: Exception) -> Response:
    """Unknown addresses and methods, in the same form."""
    assert isinstance(error, HTTPException)
    known = MethodNotAllowed() if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else NotFound()
    answer = problem(known, language_of(request))
    answer.headers.update(error.headers or {})
    return answer
