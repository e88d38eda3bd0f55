"""Authentication and authorisation of every route, in this order: session, account, role, origin, exam; of a service:
token, scope, exam.

An account counts as it is now, not as it was when its session began. A foreign exam answers like an absent one. A
service token is final: where there is one, no session of the same request is read.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from contracts.http import TokenScope
from services.gateway.dependencies import Dependencies, dependencies
from services.gateway.directory import Exam, User
from services.gateway.errors import (
    AccountArchived,
    ExamNotFound,
    Forbidden,
    InvalidToken,
    NotATeacher,
    NotSignedIn,
    SessionRequired,
    TokenRequired,
)
from services.gateway.identity import credentials, csrf
from services.gateway.identity.session_claims import Session
from services.gateway.parsing import storable
from services.gateway.selection import Owner
from services.gateway.store import Actor
from services.gateway.tokens.credential import ServiceToken, presented

TEACHERS = frozenset({"TEACHER", "SCHOOL_ADMIN", "PLATFORM_ADMIN"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Caller:
    """An authenticated teacher, or another service.

    `own_exams_only`: of the institution's exams they see those that they wrote or teach a class of.
    """

    credential: Session | ServiceToken
    name: str
    ip_address: str | None
    own_exams_only: bool = False

    @property
    def user_id(self) -> str:
        """Who asks for the exports they start: the user's id in Correcta, or `service:` and the token's id."""
        return self.credential.user_id

    @property
    def institution_id(self) -> str:
        """The institution whose exams they may see."""
        return self.credential.institution_id

    @property
    def lists(self) -> str | None:
        """Whose exports their lists and streams show; None for every one of the institution, as services see it."""
        return None if isinstance(self.credential, ServiceToken) else self.user_id

    @property
    def owner(self) -> Owner:
        """Under whom their streams are counted."""
        return Owner(self.institution_id, self.user_id)

    @property
    def actor(self) -> Actor:
        """Their entry in the audit."""
        return Actor(self.user_id, self.ip_address)


def teachers_only(
    handler: Callable[[Request, Caller], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """A handler that is called with the authenticated teacher, and not at all for anybody else."""
    return _with_caller(handler, None)


def teachers_and_services(
    handler: Callable[[Request, Caller], Awaitable[Response]], scope: TokenScope
) -> Callable[[Request], Awaitable[Response]]:
    """A handler that is called with the authenticated teacher or the service whose token has a scope."""
    return _with_caller(handler, scope)


def services_only(
    handler: Callable[[Request, Caller], Awaitable[Response]], scope: TokenScope
) -> Callable[[Request], Awaitable[Response]]:
    """A handler that is called with the service whose token has a scope, and not at all for anybody else."""

    @wraps(handler)
    async def for_services(request: Request, who: Caller) -> Response:
        if not isinstance(who.credential, ServiceToken):
            raise TokenRequired
        return await handler(request, who)

    return _with_caller(for_services, scope)


def _with_caller(
    handler: Callable[[Request, Caller], Awaitable[Response]], scope: TokenScope | None
) -> Callable[[Request], Awaitable[Response]]:
    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        return await handler(request, await caller(request, scope))

    return endpoint


async def caller(request: Request, scope: TokenScope | None = None) -> Caller:
    """Who sent a request to an address that is open to teachers, and with a `scope` to services.

    Raises:
        NotSignedIn, AccountArchived, NotATeacher, CsrfRefused, InvalidToken, InsufficientScope, SessionRequired: it may
            not be answered.
        DatabaseUnavailable, ProviderAway: it can't be known.
    """
    deps = dependencies(request)
    ip_address = _address(request)
    if (token := presented(request.headers.getlist("authorization"))) is not None:
        return await _service(deps, token, scope, ip_address)
    session = await deps.authentication.session(request.headers, deps.now())
    user = await _teacher(deps, session)
    if request.method not in SAFE and not session.bearer:
        _check_origin(request)
    return Caller(session, user.name, ip_address, _own_exams_only(deps, user))


def _address(request: Request) -> str | None:
    """Where the request came from, as far as trusted proxies tell."""
    peer = request.client.host if request.client else ""
    found = dependencies(request).settings.trusted_proxies.client(peer, request.headers.getlist("x-forwarded-for"))
    return None if found is None else str(found)


async def rechecked(deps: Dependencies, who: Caller) -> Caller | None:
    """The caller of a stream that goes on, as they are now; None where their credential no longer opens anything.

    Raises:
        DatabaseUnavailable: it can't be known.
    """
    credential = who.credential
    try:
        if isinstance(credential, ServiceToken):
            return replace(who, credential=await deps.tokens.recheck(credential.id))
        if credential.over(deps.now()):
            return None
        user = await _teacher(deps, credential)
    except (NotSignedIn, InvalidToken, Forbidden):
        return None
    return replace(who, own_exams_only=_own_exams_only(deps, user))


async def exam(request: Request, who: Caller) -> Exam:
    """The exam in a request's path.

    Raises:
        ExamNotFound: there is none that the caller may see.
    """
    deps, exam_id = dependencies(request), request.path_params["exam_id"]
    found = await deps.directory.exam(exam_id, who.institution_id) if storable(exam_id) else None
    if found is None or not await visible(deps, who, {exam_id}):
        raise ExamNotFound
    return found


async def visible(deps: Dependencies, who: Caller, exam_ids: Collection[str]) -> frozenset[str]:
    """Those of these exams of the caller's institution that they may see."""
    if not who.own_exams_only:
        return frozenset(exam_ids)
    return await deps.directory.taught(list(exam_ids), who.user_id)


async def _service(
    deps: Dependencies, presented_token: str, scope: TokenScope | None, ip_address: str | None
) -> Caller:
    token = await deps.tokens.authenticate(presented_token)
    if scope is None:
        raise SessionRequired
    token.require(scope)
    return Caller(token, token.name, ip_address)


def _check_origin(request: Request) -> None:
    settings = dependencies(request).settings
    if settings.csrf_enabled:
        cookies = credentials.cookies(request.headers.getlist("cookie"))
        csrf.check(request.headers, cookies.get(settings.csrf_cookie_name, ()), settings.allowed_origins)


def _own_exams_only(deps: Dependencies, user: User) -> bool:
    return deps.settings.export_scope == "course" and user.role == "TEACHER"


async def _teacher(deps: Dependencies, session: Session) -> User:
    user = await deps.directory.user(session.user_id) if storable(session.user_id) else None
    if user is None or (user.institution_id or "") != session.institution_id:
        raise NotSignedIn("the account is gone or has moved")
    if user.archived:
        raise AccountArchived
    if session.role not in TEACHERS or user.role not in TEACHERS:
        raise NotATeacher
    return user
