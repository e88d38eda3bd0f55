"""Authentication and authorisation of every route, in this order: session, account, role, origin, exam.

An account counts as it is now, not as it was when its session began. A foreign exam answers like an absent one.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from services.gateway import csrf, sessions
from services.gateway.dependencies import Dependencies, dependencies
from services.gateway.directory import Exam
from services.gateway.errors import AccountArchived, ExamNotFound, NotATeacher, NotSignedIn
from services.gateway.parsing import storable
from services.gateway.sessions import Session
from services.gateway.store import Actor
from services.gateway.stream import Owner

TEACHERS = frozenset({"TEACHER", "SCHOOL_ADMIN", "PLATFORM_ADMIN"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Caller:
    """An authenticated teacher."""

    session: Session
    name: str
    ip_address: str | None

    @property
    def user_id(self) -> str:
        """The user's id in Correcta."""
        return self.session.user_id

    @property
    def institution_id(self) -> str:
        """The institution whose exams they may see."""
        return self.session.institution_id

    @property
    def owner(self) -> Owner:
        """The key of their exports in the hub."""
        return Owner(self.institution_id, self.user_id)

    @property
    def actor(self) -> Actor:
        """Their entry in the audit."""
        return Actor(self.user_id, self.ip_address)


def teachers_only(
    handler: Callable[[Request, Caller], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """A handler that is called with the authenticated teacher, and not at all for anybody else."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        return await handler(request, await caller(request))

    return endpoint


async def caller(request: Request) -> Caller:
    """The teacher who sent a request.

    Raises:
        NotSignedIn, AccountArchived, NotATeacher, CsrfRefused: it may not be answered.
        DatabaseUnavailable: it can't be known.
    """
    deps = dependencies(request)
    session = sessions.read(request.headers, request.cookies, deps.key, deps.now())
    name = await _check(deps, session)
    if request.method not in SAFE and not session.bearer:
        csrf.check(request.headers, request.cookies, deps.settings.site)
    return Caller(session, name, _address(request))


def _address(request: Request) -> str | None:
    """Where the request came from, as far as trusted proxies tell."""
    peer = request.client.host if request.client else ""
    found = dependencies(request).settings.trusted_proxies.client(peer, request.headers.getlist("x-forwarded-for"))
    return None if found is None else str(found)


async def still_allowed(deps: Dependencies, session: Session) -> bool:
    """Whether a session that was valid when a stream began is valid now.

    Raises:
        DatabaseUnavailable: it can't be known.
    """
    if session.expires_at + sessions.LEEWAY_SECONDS <= deps.now().timestamp():
        return False
    try:
        await _check(deps, session)
    except (NotSignedIn, AccountArchived, NotATeacher):
        return False
    return True


async def exam(request: Request, who: Caller) -> Exam:
    """The exam in a request's path.

    Raises:
        ExamNotFound: there is none in the caller's institution.
    """
    exam_id = request.path_params["exam_id"]
    found = await dependencies(request).directory.exam(exam_id, who.institution_id) if storable(exam_id) else None
    if found is None:
        raise ExamNotFound
    return found


async def _check(deps: Dependencies, session: Session) -> str:
    user = await deps.directory.user(session.user_id) if storable(session.user_id) else None
    if user is None or (user.institution_id or "") != session.institution_id:
        raise NotSignedIn("the account is gone or has moved")
    if user.archived:
        raise AccountArchived
    if session.role not in TEACHERS or user.role not in TEACHERS:
        raise NotATeacher
    return user.name
