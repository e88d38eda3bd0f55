"""HTML pages: templates that escape everything, the words of their reader's language, an error told as a page."""

import secrets
from collections.abc import Awaitable, Callable
from decimal import ROUND_HALF_UP, Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contracts.options import Language
from services.common.database import DatabaseUnavailable
from services.gateway import csrf
from services.gateway.errors import DatabaseAway, GatewayError, NotSignedIn
from services.gateway.problems import language_of
from services.gateway.room import room_of
from services.gateway.sentences import spoken

WEB = Path(__file__).parent / "web"
SIGN_IN = "/demo/sign-in"

Page = Callable[[Request], Awaitable[Response]]


def points(value: Decimal | None, language: str) -> str:
    """A number of points as it is written: at most two decimals, rounded half up, none that say nothing."""
    if value is None:
        return "—"
    rounded = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    text = f"{rounded.normalize():f}"
    return text.replace(".", ",") if language == Language.FR else text


TEMPLATES = Environment(
    loader=FileSystemLoader(WEB / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
TEMPLATES.filters["points"] = points


def render(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page; it carries the CSRF cookie where the browser has none yet."""
    language = language_of(request)
    demo = room_of(request).settings.demo
    html = TEMPLATES.get_template(template).render(language=str(language), demo=demo, **values)
    headers = {"Cache-Control": "no-store", "Content-Language": language, "Vary": "Accept-Language"}
    response = HTMLResponse(html, status, headers)
    if csrf.COOKIE not in request.cookies:
        give_csrf_cookie(request, response)
    return response


def give_csrf_cookie(request: Request, response: Response) -> None:
    """The half of the CSRF proof that our scripts read and other sites can't."""
    secure = room_of(request).settings.secure
    response.set_cookie(csrf.COOKIE, secrets.token_urlsafe(32), path="/", secure=secure, samesite="lax")


def page(handler: Page) -> Page:
    """A handler whose errors are pages too; without a session the demo leads to its sign-in."""

    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except NotSignedIn as error:
            if room_of(request).settings.demo and request.method == "GET":
                return RedirectResponse(f"{SIGN_IN}?next={quote(request.url.path)}", 303)
            return _error_page(request, error)
        except GatewayError as error:
            return _error_page(request, error)
        except DatabaseUnavailable as error:
            return _error_page(request, DatabaseAway(str(error)))

    guarded.__name__ = handler.__name__
    return guarded


def _error_page(request: Request, error: GatewayError) -> Response:
    sentence = spoken(error.sentence, language_of(request))
    title = HTTPStatus(error.status).phrase
    response = render(request, "error.html", error.status, title=title, sentence=sentence, code=error.code)
    response.headers.update(error.headers())
    return response
