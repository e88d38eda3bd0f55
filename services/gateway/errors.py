"""The errors of the HTTP interface. Each has a stable code, a status, and a sentence for the teacher in every language
(`language.texts.Sentences`); causes go to the log, never to the browser.

GatewayError
├── BadRequest            MissingJobId, RepeatedParameter, InvalidJson, DuplicateMember, InvalidIdempotencyKey,
│                         UnknownHost, InvalidCursor (UnknownCursor), InvalidLimit, UnknownEventType
├── NotSignedIn           no session, or one that is over
├── InvalidToken          TokenExpired, TokenRevoked
├── Forbidden             NotATeacher, AccountArchived, CsrfRefused, InsufficientScope, SessionRequired, TokenRequired
├── NotFound              ExamNotFound, ExportNotFound: a foreign thing answers like an absent one
├── MethodNotAllowed
├── ExportEnded           cancelled too late
├── NoFile                not completed, so there is none
├── ExportExpired         the file is gone
├── CursorExpired         events that a reader has not seen are gone
├── BodyTooLarge, BodyTimeout, RangeNotSatisfiable
├── Unprocessable         InvalidRequest, UnknownOption, InvalidOption, ClassNotFound, IdempotencyKeyReused
├── TooMany               TooManyRequests, TooManyExports, TooManyFiles, TooManyStreams, TooManyOwnExports,
│                         TooManyOwnFiles
├── ExportFailed          a direct download whose export failed
├── Unavailable           DatabaseAway, ProviderAway, StorageAway, StreamsFull, StillRunning, PrefetchRefused: the same
│                         request may succeed later
└── InternalError
"""

import math
from typing import assert_never

from contracts.http import TokenScope
from contracts.states import AnyFailureCode, ExportStatus, FailureCode, known_failure


class GatewayError(Exception):
    """Root of the tree. `text` names its sentence in `Sentences`; `extra` joins the problem's members, and never holds
    more than the caller may know.
    """

    status: int = 500
    code: str = "internal"
    text: str = "internal"
    retry_after: int | None = None

    def __init__(self, cause: str | None = None, **extra: object) -> None:
        super().__init__(cause or self.code)
        self.extra = extra

    def headers(self) -> dict[str, str]:
        """Headers the answer needs beyond its body."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class InternalError(GatewayError):
    """A mistake of ours; logged with its cause."""


class BadRequest(GatewayError):
    """The request can't be read."""

    status = 400
    code = text = "bad_request"


class MissingJobId(BadRequest):
    """No `jobId` in the query."""

    code = text = "missing_job_id"


class RepeatedParameter(BadRequest):
    """A parameter that names one thing is in the query more than once."""

    code = text = "repeated_parameter"


class InvalidJson(BadRequest):
    """The body is no JSON."""

    code = text = "invalid_json"


class DuplicateMember(BadRequest):
    """An object in the body has two members of one name: either could be meant."""

    code = text = "duplicate_member"


class InvalidCursor(BadRequest):
    """`after` is no position that an answer of ours named."""

    code = text = "invalid_cursor"


class UnknownCursor(InvalidCursor):
    """`after` lies beyond the latest event: it is another system's, or a database was put back."""

    code = "unknown_cursor"


class CursorExpired(GatewayError):
    """Events after that position were deleted; `oldest` is the position from which all are there."""

    status = 410
    code = text = "cursor_expired"


class InvalidLimit(BadRequest):
    """`limit` is no number of events that an answer may have."""

    code = text = "invalid_limit"


class UnknownEventType(BadRequest):
    """`type` names none of the events that are told."""

    code = text = "unknown_event_type"


class InvalidIdempotencyKey(BadRequest):
    """The key is empty, too long or not printable."""

    code = text = "invalid_idempotency_key"


class UnknownHost(BadRequest):
    """The `Host` is none of this site's."""

    code = "unknown_host"


class NotSignedIn(GatewayError):
    """No session, or one that is malformed or over."""

    status = 401
    code = text = "not_signed_in"

    def headers(self) -> dict[str, str]:
        """RFC 9110, 15.5.2: a 401 names a scheme."""
        return {"WWW-Authenticate": 'Bearer realm="correcta"'}


class InvalidToken(GatewayError):
    """A service token that is malformed or was never minted. Final: no other credential of the request counts."""

    status = 401
    code = text = "invalid_token"

    def headers(self) -> dict[str, str]:
        """RFC 6750, 3.1."""
        return {"WWW-Authenticate": 'Bearer realm="correcta", error="invalid_token"'}


class TokenExpired(InvalidToken):
    """The service token's time is over."""

    code = text = "token_expired"


class TokenRevoked(InvalidToken):
    """The service token was revoked."""

    code = text = "token_revoked"


class Forbidden(GatewayError):
    """Signed in, but not allowed."""

    status = 403
    code = text = "forbidden"


class NotATeacher(Forbidden):
    """The role may not export."""

    code = text = "not_a_teacher"


class AccountArchived(Forbidden):
    """The account was archived after its session began."""

    code = text = "account_archived"


class CsrfRefused(Forbidden):
    """The request doesn't prove that it comes from the site's own pages."""

    code = text = "csrf_refused"


class InsufficientScope(Forbidden):
    """The service token lacks the scope that the address needs; `scope` names it."""

    code = text = "insufficient_scope"

    def __init__(self, scope: TokenScope) -> None:
        super().__init__(scope=scope)
        self._scope = scope

    def headers(self) -> dict[str, str]:
        """RFC 6750, 3.1."""
        challenge = f'Bearer realm="correcta", error="insufficient_scope", scope="{self._scope}"'
        return {"WWW-Authenticate": challenge}


class SessionRequired(Forbidden):
    """An address for teachers, whatever the scopes of a service token."""

    code = text = "session_required"


class TokenRequired(Forbidden):
    """An address for other services, whatever a session's role."""

    code = text = "token_required"


class NotFound(GatewayError):
    """Absent, or somebody else's: the answer is the same."""

    status = 404
    code = text = "not_found"


class ExamNotFound(NotFound):
    """No such exam in the caller's institution."""

    code = text = "exam_not_found"


class ExportNotFound(NotFound):
    """No such export of this exam."""

    code = text = "export_not_found"


class MethodNotAllowed(GatewayError):
    """The address exists, the method doesn't."""

    status = 405
    code = text = "method_not_allowed"


class ExportEnded(GatewayError):
    """The export ended before it could be cancelled; `status` says how."""

    status = 409
    code = text = "export_already_ended"


class NoFile(GatewayError):
    """An export without a file, because it runs, failed or was cancelled; `exportStatus` says which."""

    status = 409
    code = text = "export_has_no_file"

    def __init__(self, status: ExportStatus, *, running: bool) -> None:
        super().__init__(exportStatus=status)
        self.retry_after = 5 if running else None


class ExportExpired(GatewayError):
    """The file was deleted by the retention policy."""

    status = 410
    code = text = "export_expired"


class BodyTooLarge(GatewayError):
    """The body is over the cap."""

    status = 413
    code = text = "body_too_large"


class BodyTimeout(GatewayError):
    """The body stopped coming."""

    status = 408
    code = text = "body_timeout"


class RangeNotSatisfiable(GatewayError):
    """The asked bytes lie beyond the file's end."""

    status = 416
    code = text = "range_not_satisfiable"

    def __init__(self, content_range: str) -> None:
        super().__init__()
        self._content_range = content_range

    def headers(self) -> dict[str, str]:
        """RFC 9110, 15.5.17: a 416 says how long the file is."""
        return {"Content-Range": self._content_range}


class Unprocessable(GatewayError):
    """Readable, but it asks for something that does not exist."""

    status = 422


class InvalidRequest(Unprocessable):
    """The body has the wrong shape."""

    code = text = "invalid_request"


class UnknownOption(Unprocessable):
    """An option that does not exist."""

    code = text = "unknown_option"


class InvalidOption(Unprocessable):
    """A value the option doesn't take."""

    code = text = "invalid_option"


class ClassNotFound(Unprocessable):
    """A class that is not one of the exam's course."""

    code = text = "class_not_found"


class IdempotencyKeyReused(Unprocessable):
    """The key came before with another request."""

    code = text = "idempotency_key_reused"


class TooMany(GatewayError):
    """Over a quota; the same request may succeed later."""

    status = 429
    code = "too_many"
    retry_after = 30


class TooManyRequests(TooMany):
    """The user or the institution sent as many requests of this kind in a minute as it may."""

    code = text = "too_many_requests"

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.retry_after = max(1, math.ceil(seconds))


class TooManyExports(TooMany):
    """The institution has as many exports running as it may."""

    code = text = "too_many_exports"


class TooManyFiles(TooMany):
    """The institution has as many files of this kind as are kept, and each is promised to somebody still."""

    code = text = "too_many_files"

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.retry_after = seconds or TooMany.retry_after


class TooManyOwnExports(TooMany):
    """The requester has as many of the institution's exports running as one may."""

    code = text = "too_many_own_exports"


class TooManyOwnFiles(TooManyFiles):
    """The requester has as many of the institution's files of this kind as one may."""

    code = text = "too_many_own_files"


class TooManyStreams(TooMany):
    """The user or the institution follows as many exports live as it may."""

    code = text = "too_many_streams"


class Unavailable(GatewayError):
    """Something the gateway needs is away."""

    status = 503
    code = text = "service_unavailable"
    retry_after = 2


class DatabaseAway(Unavailable):
    """PostgreSQL is away or not yet migrated."""

    code = "database_unavailable"


class ProviderAway(Unavailable):
    """The identity provider doesn't answer, so that its tokens can't be verified."""

    code = "identity_provider_unavailable"


class StorageAway(Unavailable):
    """Storage doesn't answer."""

    code = "storage_unavailable"


class StillRunning(Unavailable):
    """A direct download that was not done in time; the export goes on."""

    code = text = "export_still_running"
    retry_after = 5


class PrefetchRefused(Unavailable):
    """A browser asks for an address before anybody clicked on it, and serving it has an effect."""

    code = "prefetch_refused"


class StreamsFull(Unavailable):
    """This process holds as many streams as it may, or is about to stop."""

    code = "streams_unavailable"


class ExportFailed(GatewayError):
    """A direct download whose export failed; the code is the failure's."""

    def __init__(self, failure: AnyFailureCode) -> None:
        super().__init__()
        known = known_failure(failure)
        self.code, self.text, self.status = failure, known, _status_of(known)
        self.retry_after = 10 if self.status == 503 else None


def _status_of(failure: FailureCode) -> int:
    """503 where the same request may succeed later, 507 once space was freed, 500 where the fault is ours, 422 where it
    can't succeed.
    """
    match failure:
        case FailureCode.DATABASE_UNAVAILABLE | FailureCode.STORAGE_UNAVAILABLE | FailureCode.TIMED_OUT:
            return 503
        case FailureCode.STORAGE_FULL:
            return 507
        case FailureCode.RENDER_FAILED | FailureCode.RENDERER_CRASHED | FailureCode.INTERNAL:
            return 500
        case (
            FailureCode.EXAM_NOT_FOUND
            | FailureCode.CLASS_NOT_FOUND
            | FailureCode.NO_COPIES
            | FailureCode.INVALID_REQUEST
            | FailureCode.INVALID_EXAM
            | FailureCode.TOO_MANY_COPIES
            | FailureCode.TOO_MANY_PAGES
        ):
            return 422
        case _:
            assert_never(failure)
