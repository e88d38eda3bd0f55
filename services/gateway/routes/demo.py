"""The demo's sign-in as any teacher of the sample school: routed in demo mode only, which refuses a public site."""

import secrets
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.gateway.bodies import read_body
from services.gateway.dependencies import dependencies
from services.gateway.directory import Teacher
from services.gateway.errors import CsrfRefused, NotSignedIn
from services.gateway.identity import csrf, sessions
from services.gateway.pages import SIGN_IN, give_csrf_cookie, page, render

SESSION_SECONDS = 8 * 3600
FORM_BYTES = 4096


@page
async def choose(request: Request) -> Response:
    """GET `/demo/sign-in`: the list of teachers to sign in as."""
    teachers = await dependencies(request).directory.teachers()
    return render(request, "sign_in.html", teachers=teachers, next=local_path(request.query_params.get("next", "")))


@page
async def enter(request: Request) -> Response:
    """POST `/demo/sign-in`: set a session cookie as Correcta would have."""
    _refuse_foreign(request)
    form = parse_qs(
        (await read_body(request, FORM_BYTES, dependencies(request).settings.body_seconds)).decode("utf-8", "replace")
    )
    user_id = form.get("userId", [""])[0]
    teachers = await dependencies(request).directory.teachers()
    chosen = next((teacher for teacher in teachers if teacher.id == user_id), None)
    if chosen is None:
        raise NotSignedIn("no such teacher")
    response = RedirectResponse(local_path(form.get("next", [""])[0]), 303)
    _sign_in(request, response, chosen)
    return response


@page
async def leave(request: Request) -> Response:
    """POST `/demo/sign-out`: delete the session cookie."""
    _refuse_foreign(request)
    response = RedirectResponse(SIGN_IN, 303)
    response.delete_cookie(cookie_name(request), path="/")
    return response


def local_path(address: str) -> str:
    """A path of this site to redirect to; anything else becomes the dashboard."""
    parts = urlsplit(address)
    inside = not parts.scheme and not parts.netloc and address.startswith("/") and not address.startswith("//")
    return address if inside and "\\" not in address and address.isprintable() else "/dashboard"


def cookie_name(request: Request) -> str:
    """The name of the session cookie: another one on an https site."""
    settings = dependencies(request).settings
    name = settings.session_cookie_name[0]
    return f"{sessions.SECURE}{name}" if settings.secure and not name.startswith("__") else name


def demo_routes() -> list[Route]:
    """The addresses of this module."""
    return [
        Route(SIGN_IN, choose, methods=["GET"]),
        Route(SIGN_IN, enter, methods=["POST"]),
        Route("/demo/sign-out", leave, methods=["POST"]),
    ]


def _sign_in(request: Request, response: Response, teacher: Teacher) -> None:
    deps = dependencies(request)
    now = int(deps.now().timestamp())
    claims = {
        "id": teacher.id,
        "role": teacher.role,
        "institutionId": teacher.institution_id,
        "name": teacher.name,
        "email": teacher.email,
        "iat": now,
        "exp": now + SESSION_SECONDS,
        "jti": secrets.token_hex(16),
    }
    response.set_cookie(
        cookie_name(request),
        sessions.mint(claims, deps.authentication.keys[0].key),
        max_age=SESSION_SECONDS,
        path="/",
        secure=deps.settings.secure,
        httponly=True,
        samesite="lax",
    )
    give_csrf_cookie(request, response)


def _refuse_foreign(request: Request) -> None:
    """A form of another site must sign nobody in or out."""
    stated = request.headers.get("origin") or request.headers.get("referer") or ""
    if csrf.origin(stated) not in dependencies(request).settings.site:
        raise CsrfRefused("a form of another site")
