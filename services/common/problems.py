"""Errors as problem+json (RFC 9457), the same form in every service."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse


def problem_response(
    status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **extra: object
) -> JSONResponse:
    """The answer to a request that failed.

    Args:
        code: the stable name of the error; clients act on it.
        detail: a sentence for whoever reads the answer.
        extra: further members of the body.
    """
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,  # RFC 9457, 4.2.1: what `about:blank` asks for
        "status": status,
        "code": code,
        "detail": detail,
        **extra,
    }
    return JSONResponse(body, status, headers, media_type="application/problem+json")
