"""Errors as problem+json (RFC 9457), with `error` for Correcta's client: the same sentence as `detail`."""

from http import HTTPStatus

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from contracts.options import Language
from services.common.problems import problem_response
from services.gateway.errors import DatabaseAway, GatewayError, MethodNotAllowed, NotFound
from services.gateway.language.languages import preferred, texts_in

log = structlog.get_logger()


def language_of(connection: HTTPConnection) -> Language:
    """The language of the answer to a request."""
    return preferred(connection.headers, connection.query_params)


def problem(error: GatewayError, language: Language) -> Response:
    """The response that tells an error."""
    sentence = texts_in(language).sentences[error.text]
    headers = {**error.headers(), "Cache-Control": "no-store", "Content-Language": language, "Vary": "Accept-Language"}
    return problem_response(error.status, error.code, sentence, headers, error=sentence, **error.extra)


async def on_gateway_error(request: Request, error: Exception) -> Response:
    """Log the cause, which the browser never sees, and answer with the problem."""
    assert isinstance(error, GatewayError)
    record = log.warning if error.status >= 500 else log.debug
    record("request.refused", code=error.code, status=error.status, cause=str(error))
    return problem(error, language_of(request))


async def on_database_unavailable(request: Request, error: Exception) -> Response:
    """PostgreSQL is away: answer 503."""
    return await on_gateway_error(request, DatabaseAway(str(error)))


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer unknown addresses and methods with a problem too."""
    assert isinstance(error, HTTPException)
    known = MethodNotAllowed() if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else NotFound()
    answer = problem(known, language_of(request))
    answer.headers.update(error.headers or {})
    return answer
