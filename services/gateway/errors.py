"""The errors of the HTTP interface. Each has a stable code, a status, and a sentence for the teacher in French and in
English; causes go to the log, never to the browser.

GatewayError
├── BadRequest            MissingJobId, InvalidJson, InvalidIdempotencyKey
├── NotSignedIn           no session, or one that is over
├── Forbidden             NotATeacher, AccountArchived, CsrfRefused
├── NotFound              ExamNotFound, ExportNotFound: a foreign thing answers like an absent one
├── MethodNotAllowed
├── ExportEnded           cancelled too late
├── ExportExpired         the file is gone
├── BodyTooLarge, BodyTimeout, RangeNotSatisfiable
├── Unprocessable         InvalidRequest, UnknownOption, InvalidOption, ClassNotFound, IdempotencyKeyReused
├── TooMany               TooManyExports, TooManyStreams
├── ExportFailed          a direct download whose export failed
├── Unavailable           DatabaseAway, StorageAway, StreamsFull: the same request may succeed later
└── InternalError
"""

from typing import assert_never

from contracts.states import FailureCode
from services.gateway.sentences import EXPIRED, FAILURES, UNEXPECTED, Sentence


class GatewayError(Exception):
    """Root of the tree. `extra` joins the problem's members; it never holds more than the caller may know."""

    status: int = 500
    code: str = "internal"
    sentence: Sentence = UNEXPECTED
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
    code = "bad_request"
    sentence = Sentence("La requête est illisible.", "The request can't be read.")


class MissingJobId(BadRequest):
    """No `jobId` in the query."""

    code = "missing_job_id"
    sentence = Sentence("Le paramètre jobId est obligatoire.", "The jobId parameter is required.")


class InvalidJson(BadRequest):
    """The body is no JSON."""

    code = "invalid_json"
    sentence = Sentence("Le corps de la requête n'est pas du JSON valide.", "The request's body is not valid JSON.")


class InvalidIdempotencyKey(BadRequest):
    """The key is empty, too long or not printable."""

    code = "invalid_idempotency_key"
    sentence = Sentence(
        "L'en-tête Idempotency-Key doit compter 1 à 200 caractères imprimables.",
        "The Idempotency-Key header must hold 1 to 200 printable characters.",
    )


class NotSignedIn(GatewayError):
    """No session, or one that is malformed or over."""

    status = 401
    code = "not_signed_in"
    sentence = Sentence("Votre session a expiré. Reconnectez-vous.", "Your session has ended. Sign in again.")

    def headers(self) -> dict[str, str]:
        """RFC 9110, 15.5.2: a 401 names a scheme."""
        return {"WWW-Authenticate": 'Bearer realm="correcta"'}


class Forbidden(GatewayError):
    """Signed in, but not allowed."""

    status = 403
    code = "forbidden"
    sentence = Sentence("Vous n'avez pas accès à cette page.", "You may not see this page.")


class NotATeacher(Forbidden):
    """The role may not export."""

    code = "not_a_teacher"
    sentence = Sentence("Seul un enseignant peut exporter des copies.", "Only a teacher may export copies.")


class AccountArchived(Forbidden):
    """The account was archived after its session began."""

    code = "account_archived"
    sentence = Sentence("Votre compte est archivé.", "Your account is archived.")


class CsrfRefused(Forbidden):
    """The request doesn't prove that it comes from the site's own pages."""

    code = "csrf_refused"
    sentence = Sentence(
        "La requête ne vient pas du site. Rechargez la page et réessayez.",
        "The request doesn't come from the site. Reload the page and try again.",
    )


class NotFound(GatewayError):
    """Absent, or somebody else's: the answer is the same."""

    status = 404
    code = "not_found"
    sentence = Sentence("Cette adresse n'existe pas.", "There is nothing at this address.")


class ExamNotFound(NotFound):
    """No such exam in the caller's institution."""

    code = "exam_not_found"
    sentence = FAILURES[FailureCode.EXAM_NOT_FOUND]


class ExportNotFound(NotFound):
    """No such export of this exam."""

    code = "export_not_found"
    sentence = Sentence("Cet export est introuvable.", "This export can't be found.")


class MethodNotAllowed(GatewayError):
    """The address exists, the method doesn't."""

    status = 405
    code = "method_not_allowed"
    sentence = Sentence("Cette méthode n'est pas permise ici.", "This method is not allowed here.")


class ExportEnded(GatewayError):
    """The export ended before it could be cancelled; `status` says how."""

    status = 409
    code = "export_already_ended"
    sentence = Sentence("Cet export est déjà terminé.", "This export has already ended.")


class ExportExpired(GatewayError):
    """The file was deleted by the retention policy."""

    status = 410
    code = "export_expired"
    sentence = EXPIRED


class BodyTooLarge(GatewayError):
    """The body is over the cap."""

    status = 413
    code = "body_too_large"
    sentence = Sentence("La requête est trop volumineuse.", "The request is too large.")


class BodyTimeout(GatewayError):
    """The body stopped coming."""

    status = 408
    code = "body_timeout"
    sentence = Sentence("La requête n'est pas arrivée à temps.", "The request didn't arrive in time.")


class RangeNotSatisfiable(GatewayError):
    """The asked bytes lie beyond the file's end."""

    status = 416
    code = "range_not_satisfiable"
    sentence = Sentence("Le fichier n'a pas autant d'octets.", "The file doesn't have that many bytes.")

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

    code = "invalid_request"
    sentence = FAILURES[FailureCode.INVALID_REQUEST]


class UnknownOption(Unprocessable):
    """An option that does not exist."""

    code = "unknown_option"
    sentence = Sentence("Cette option n'existe pas.", "There is no such option.")


class InvalidOption(Unprocessable):
    """A value the option doesn't take."""

    code = "invalid_option"
    sentence = Sentence("Cette option n'accepte pas cette valeur.", "The option doesn't take this value.")


class ClassNotFound(Unprocessable):
    """A class that is not one of the exam's course."""

    code = "class_not_found"
    sentence = FAILURES[FailureCode.CLASS_NOT_FOUND]


class IdempotencyKeyReused(Unprocessable):
    """The key came before with another request."""

    code = "idempotency_key_reused"
    sentence = Sentence(
        "Cette clé d'idempotence a déjà servi pour une autre demande.",
        "This idempotency key was already used for another request.",
    )


class TooMany(GatewayError):
    """Over a quota; the same request may succeed later."""

    status = 429
    code = "too_many"
    retry_after = 30


class TooManyExports(TooMany):
    """The institution has as many exports running as it may."""

    code = "too_many_exports"
    sentence = Sentence(
        "Trop d'exports sont en cours dans votre établissement. Réessayez dans un instant.",
        "Too many exports are running in your institution. Try again in a moment.",
    )


class TooManyStreams(TooMany):
    """The user or the institution follows as many exports live as it may."""

    code = "too_many_streams"
    sentence = Sentence(
        "Trop de pages suivent des exports en direct. Fermez-en une.",
        "Too many pages follow exports live. Close one of them.",
    )


class Unavailable(GatewayError):
    """Something the gateway needs is away."""

    status = 503
    code = "service_unavailable"
    retry_after = 2
    sentence = Sentence(
        "Le service est momentanément indisponible. Réessayez dans un instant.",
        "The service is briefly unavailable. Try again in a moment.",
    )


class DatabaseAway(Unavailable):
    """PostgreSQL is away or not yet migrated."""

    code = "database_unavailable"


class StorageAway(Unavailable):
    """Storage doesn't answer."""

    code = "storage_unavailable"


class StreamsFull(Unavailable):
    """This process holds as many streams as it may, or is about to stop."""

    code = "streams_unavailable"


class ExportFailed(GatewayError):
    """A direct download whose export failed; the code is the failure's."""

    def __init__(self, failure: FailureCode) -> None:
        super().__init__()
        self.code = failure
        self.sentence = FAILURES[failure]
        self.status = _status_of(failure)
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
