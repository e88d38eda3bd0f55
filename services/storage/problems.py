"""Exception handlers: what a request that failed is answered, and what of it is logged."""

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.common.problems import problem_response
from services.storage.errors import InvalidRequest, StorageError

log = structlog.get_logger()


def problem(error: StorageError) -> Response:
    """An error as problem+json."""
    return problem_response(error.status, error.code, error.public, error.headers())


async def on_storage_error(request: Request, error: Exception) -> Response:
    """Log what the caller does not see, answer what it may."""
    assert isinstance(error, StorageError)
    record = log.warning if error.status >= 500 else log.info
    record("request.refused", method=request.method, code=error.code, status=error.status, cause=error.cause)
    return problem(error)


async def on_http_error(_: Request, error: Exception) -> Response:
    """Unknown addresses and methods, in the same form."""
    assert isinstance(error, HTTPException)
    return problem_response(error.status_code, InvalidRequest.code, error.detail, error.headers)


async def on_crash(request: Request, error: Exception) -> Response:
    """A mistake of ours: logged whole, told as `internal`."""
    log.error("request.crashed", method=request.method, exc_info=error)
    return problem(StorageError("Something went wrong in storage; it was logged."))
