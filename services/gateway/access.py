"""Who is asking, and may they: on every route, in this order: session, account, role, origin of the request, exam.

An account is judged as it is now, not as it was when its session began. A foreign exam looks absent.
"""

from dataclasses import dataclass

from starlette.requests import Request

from services.gateway import csrf, sessions
from services.gateway.directory import Exam
from services.gateway.errors import AccountArchived, ExamNotFound, NotATeacher, NotSignedIn
from services.gateway.requests import storable
from services.gateway.room import Room, room_of
from services.gateway.sessions import Session
from services.gateway.store import Actor
from services.gateway.stream import Owner

TEACHERS = frozenset({"TEACHER", "SCHOOL_ADMIN", "PLATFORM_ADMIN"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Caller:
    """A teacher, with the session that says so."""

    session: Session
    name: str
    ip_address: str | None

    @property
    def user_id(self) -> str:
        """The user's id in Correcta."""
        return self.session.user_id

    @property
    def institution_id(self) -> str:
        """Whose exams they may see."""
        return self.session.institution_id

    @property
    def owner(self) -> Owner:
        """Whose exports are theirs."""
        return Owner(self.institution_id, self.user_id)

    @property
    def actor(self) -> Actor:
        """How the audit names them."""
        return Actor(self.user_id, self.ip_address)


async def caller(request: Request) -> Caller:
    """The teacher who asks.

    Raises:
        NotSignedIn, AccountArchived, NotATeacher, CsrfRefused: nobody may, here and now.
        DatabaseUnavailable: it can't be known.
    """
    room = room_of(request)
    session = sessions.read(request.headers, request.cookies, room.key, room.now())
    name = await _check(room, session)
    if request.method not in SAFE and not session.bearer:
        csrf.check(request.headers, request.cookies, room.settings.site)
    return Caller(session, name, request.client.host if request.client else None)


async def still_allowed(room: Room, session: Session) -> bool:
    """Whether a session that was good when a stream began is good now.

    Raises:
        DatabaseUnavailable: it can't be known.
    """
    if session.expires_at + sessions.LEEWAY_SECONDS <= room.now().timestamp():
        return False
    try:
        await _check(room, session)
    except (NotSignedIn, AccountArchived, NotATeacher):
        return False
    return True


async def exam(request: Request, who: Caller) -> Exam:
    """The exam in the address.

    Raises:
        ExamNotFound: there is none in the caller's institution.
    """
    exam_id = request.path_params["exam_id"]
    found = await room_of(request).directory.exam(exam_id, who.institution_id) if storable(exam_id) else None
    if found is None:
        raise ExamNotFound
    return found


async def _check(room: Room, session: Session) -> str:
    user = await room.directory.user(session.user_id) if storable(session.user_id) else None
    if user is None or (user.institution_id or "") != session.institution_id:
        raise NotSignedIn("the account is gone or has moved")
    if user.archived:
        raise AccountArchived
    if session.role not in TEACHERS or user.role not in TEACHERS:
        raise NotATeacher
    return user.name
