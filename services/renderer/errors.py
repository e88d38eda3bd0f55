"""The renderer's error tree: an error has a stable code, knows if trying again may help, and speaks to the teacher.

`message` says what happened, why and what to do, in French, and never holds a path, an address or a library's words;
`detail` is for the logs. A library's errors are wrapped by the adapter that called it.
"""

from typing import ClassVar

from contracts.states import FailureCode


class RendererError(Exception):
    """Anything that keeps an export from being made.

    Args:
        detail: what really happened, for the logs.
        message: the teacher's sentence, where the class's own is not precise enough.
    """

    code: ClassVar[FailureCode] = FailureCode.INTERNAL
    permanent: ClassVar[bool] = False
    sentence: ClassVar[str] = (
        "L'export a échoué à cause d'une erreur interne. Relancez-le ; si l'erreur persiste, prévenez l'administrateur."
    )

    def __init__(self, detail: str = "", *, message: str | None = None) -> None:
        super().__init__(detail or message or self.sentence)
        self.detail = detail
        self.message = message or self.sentence


class RequestError(RendererError):
    """What was asked for cannot be made, now or later."""

    permanent = True


class ExamNotFound(RequestError):
    """The exam does not exist, or not in this institution: the two look the same."""

    code = FailureCode.EXAM_NOT_FOUND
    sentence = "Cet examen est introuvable : il a peut-être été supprimé depuis la demande."


class ClassNotFound(RequestError):
    """A class of the filter is not one of the exam's course."""

    code = FailureCode.CLASS_NOT_FOUND
    sentence = (
        "Une des classes choisies n'existe pas dans le cours de cet examen. Rechargez la page et choisissez de nouveau."
    )


class NoCopies(RequestError):
    """Nobody of the chosen classes handed in a copy."""

    code = FailureCode.NO_COPIES
    sentence = "Aucune copie n'a été rendue pour les classes choisies : il n'y a rien à exporter."


class InvalidExam(RequestError):
    """The exam's data break the rules of `graded-exam.v1`."""

    code = FailureCode.INVALID_EXAM
    sentence = (
        "Les données de cet examen sont incohérentes et ne peuvent pas être exportées. Prévenez l'administrateur."
    )


class TooManyCopies(RequestError):
    """More copies than one export may hold."""

    code = FailureCode.TOO_MANY_COPIES
    sentence = "Cet examen compte trop de copies pour un seul export. Exportez-le classe par classe."


class TooManyPages(RequestError):
    """More pages than one document may hold."""

    code = FailureCode.TOO_MANY_PAGES
    sentence = "Le document compterait trop de pages. Exportez l'examen classe par classe, ou sans les énoncés."


class Unavailable(RendererError):
    """Something the renderer depends on does not answer; it will."""


class DatabaseUnavailable(Unavailable):
    """Correcta's database does not answer."""

    code = FailureCode.DATABASE_UNAVAILABLE
    sentence = "La base de données ne répond pas. Relancez l'export dans quelques minutes."


class StorageUnavailable(Unavailable):
    """The file is made, but storage does not take it."""

    code = FailureCode.STORAGE_UNAVAILABLE
    sentence = "Le document est prêt mais n'a pas pu être enregistré. Relancez l'export dans quelques minutes."


class StorageFull(RendererError):
    """Storage, or the renderer's own disk, has no room left."""

    code = FailureCode.STORAGE_FULL
    sentence = "Il n'y a plus de place pour enregistrer le document. Prévenez l'administrateur."


class RenderFailed(RendererError):
    """The document could not be typeset; not one copy's fault."""

    code = FailureCode.RENDER_FAILED
    sentence = (
        "Le document n'a pas pu être composé. Relancez l'export ; si l'erreur persiste, prévenez l'administrateur."
    )


class TimedOut(RendererError):
    """The whole export took longer than it may."""

    code = FailureCode.TIMED_OUT
    sentence = "L'export a pris trop de temps. Exportez l'examen classe par classe."
