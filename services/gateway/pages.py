"""HTML pages: Jinja templates with autoescape, in the reader's language, and errors as pages."""

import json
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contracts.numbers import rounded
from contracts.options import Language, ReportOptions
from contracts.states import Format, options_of
from contracts.timezones import local
from services.common.database import DatabaseUnavailable
from services.gateway.dependencies import dependencies
from services.gateway.errors import DatabaseAway, GatewayError, NotSignedIn
from services.gateway.language.languages import texts_in
from services.gateway.problems import language_of

WEB = Path(__file__).parent / "web"
STATIC = WEB / "static"
SIGN_IN = "/demo/sign-in"

Page = Callable[[Request], Awaitable[Response]]


def points(value: Decimal | None, language: Language) -> str:
    """Points as written for a reader: at most two decimals, rounded half up, no trailing zeros; a dash for None."""
    if value is None:
        return "—"
    return f"{rounded(value):f}".replace(".", texts_in(language).decimal_mark)


def formats_with(*options: str) -> str:
    """The formats for which any of these options is offered, as the attribute `data-for` takes them."""
    return " ".join(kind for kind in Format if options_of(kind).intersection(options))


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """A day and an hour in a zone, as both languages write them in a table: `20/01/2026 11:05`."""
    return f"{local(moment, zone):%d/%m/%Y %H:%M}"


TEMPLATES = Environment(
    loader=FileSystemLoader(WEB / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
TEMPLATES.filters["points"] = points
TEMPLATES.filters["clock"] = clock
TEMPLATES.globals["browser_modules"] = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.js"))
TEMPLATES.globals["formats"] = tuple(Format)
TEMPLATES.globals["formats_with"] = formats_with
TEMPLATES.globals["switches"] = {
    name: field.default for name, field in ReportOptions.model_fields.items() if field.annotation is bool
}
TEMPLATES.globals["languages"] = [texts_in(language) for language in Language]
TEMPLATES.globals["script_words"] = {
    language: json.loads((STATIC / "correcta-export" / f"{language}.json").read_text("utf-8")) for language in Language
}


def render(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A rendered template; sets the CSRF cookie where the browser has none yet."""
    language = language_of(request)
    settings = dependencies(request).settings
    html = TEMPLATES.get_template(template).render(
        language=language,
        t=texts_in(language).pages,
        demo=settings.demo,
        csrf_cookie=settings.csrf_cookie_name,
        **values,
    )
    headers = {"Cache-Control": "no-store", "Content-Language": language, "Vary": "Accept-Language"}
    response = HTMLResponse(html, status, headers)
    if settings.csrf_cookie_name not in request.cookies:
        give_csrf_cookie(request, response)
    return response


def give_csrf_cookie(request: Request, response: Response) -> None:
    """Set the cookie that our scripts repeat in a header and other sites can't read."""
    settings = dependencies(request).settings
    token = secrets.token_urlsafe(32)
    response.set_cookie(settings.csrf_cookie_name, token, path="/", secure=settings.secure, samesite="lax")


def page(handler: Page) -> Page:
    """A handler whose errors are HTML pages; without a session, the demo redirects to its sign-in."""

    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except NotSignedIn as error:
            if dependencies(request).settings.demo and request.method == "GET":
                return RedirectResponse(f"{SIGN_IN}?next={quote(request.url.path)}", 303)
            return _error_page(request, error)
        except GatewayError as error:
            return _error_page(request, error)
        except DatabaseUnavailable as error:
            return _error_page(request, DatabaseAway(str(error)))

    guarded.__name__ = handler.__name__
    return guarded


def _error_page(request: Request, error: GatewayError) -> Response:
    sentence = texts_in(language_of(request)).sentences[error.text]
    title = HTTPStatus(error.status).phrase
    response = render(request, "error.html", error.status, title=title, sentence=sentence, code=error.code)
    response.headers.update(error.headers())
    return response
