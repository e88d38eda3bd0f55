"""The language of an answer, and the sentences about an export in it. French unless another is preferred."""

from collections.abc import Mapping
from typing import NamedTuple, assert_never

from contracts.options import Language
from contracts.states import ExportStatus, FailureCode
from services.gateway.exports import Export


class Sentence(NamedTuple):
    """One sentence in every `Language`."""

    fr: str
    en: str


UNEXPECTED = Sentence(
    "Une erreur inattendue s'est produite. Réessayez ; si elle persiste, prévenez l'administrateur.",
    "An unexpected error occurred. Try again; if it persists, tell your administrator.",
)
EXPIRED = Sentence("Ce fichier a expiré. Relancez l'export.", "This file has expired. Start the export again.")

FAILURES: dict[FailureCode, Sentence] = {
    FailureCode.EXAM_NOT_FOUND: Sentence("Cet examen est introuvable.", "This exam can't be found."),
    FailureCode.CLASS_NOT_FOUND: Sentence(
        "Cette classe n'existe pas dans le cours de l'examen.", "This class doesn't exist in the exam's course."
    ),
    FailureCode.NO_COPIES: Sentence("Aucune copie à exporter.", "There are no copies to export."),
    FailureCode.INVALID_REQUEST: Sentence(
        "La requête n'a pas la forme attendue.", "The request doesn't have the expected form."
    ),
    FailureCode.INVALID_EXAM: Sentence("Les données de l'examen sont invalides.", "The exam's data are invalid."),
    FailureCode.TOO_MANY_COPIES: Sentence(
        "L'examen a trop de copies. Exportez-le classe par classe.", "Too many copies. Export class by class."
    ),
    FailureCode.TOO_MANY_PAGES: Sentence(
        "Le rapport a trop de pages. Exportez-le classe par classe.", "Too many pages. Export class by class."
    ),
    FailureCode.DATABASE_UNAVAILABLE: Sentence(
        "La base de données n'a pas répondu. Relancez l'export.", "The database didn't answer. Start the export again."
    ),
    FailureCode.STORAGE_UNAVAILABLE: Sentence(
        "Le fichier n'a pas pu être enregistré. Relancez l'export.",
        "The file could not be saved. Start the export again.",
    ),
    FailureCode.STORAGE_FULL: Sentence(
        "L'espace de stockage est plein. Prévenez l'administrateur.", "Storage is full. Tell your administrator."
    ),
    FailureCode.RENDER_FAILED: Sentence(
        "Le document n'a pas pu être composé. Relancez l'export ; si l'erreur persiste, prévenez l'administrateur.",
        "The document could not be typeset. Start the export again; if the error persists, tell your administrator.",
    ),
    FailureCode.RENDERER_CRASHED: Sentence(
        "La composition du document s'est interrompue à plusieurs reprises. Prévenez l'administrateur.",
        "Typesetting the document broke off repeatedly. Tell your administrator.",
    ),
    FailureCode.TIMED_OUT: Sentence(
        "L'export n'a plus donné de nouvelles et a été abandonné. Relancez-le.",
        "The export gave no more news and was abandoned. Start it again.",
    ),
    FailureCode.INTERNAL: UNEXPECTED,
}
"""What each failure means to a teacher; the message in the event, where there is one, is more precise."""

MESSAGE_LANGUAGE = Language.FR
"""The language of the message in an `export.failed` event."""

_BY_TAG = {language.value: language for language in Language}

CANCELLED = Sentence("L'export a été annulé.", "The export was cancelled.")


def preferred(headers: Mapping[str, str], query: Mapping[str, str]) -> Language:
    """The language of the query's `lang`, else the preferred one of `Accept-Language` (RFC 9110, 12.5.4); French where
    neither names a `Language`. A browser's EventSource can't send a header.
    """
    accepted = sorted(map(_weighed, headers.get("accept-language", "").split(",")), key=lambda pair: -pair[1])
    for tag, weight in (_weighed(query.get("lang", "")), *accepted):
        if weight > 0 and tag in _BY_TAG:
            return _BY_TAG[tag]
    return Language.FR


def _weighed(entry: str) -> tuple[str, float]:
    tag, _, parameter = entry.partition(";")
    try:
        weight = float(parameter.strip().removeprefix("q=")) if parameter.strip() else 1.0
    except ValueError:
        weight = 0.0
    return tag.strip().lower().partition("-")[0], weight


def spoken(sentence: Sentence, language: Language) -> str:
    """A sentence in one language."""
    match language:
        case Language.FR:
            return sentence.fr
        case Language.EN:
            return sentence.en
        case _:
            assert_never(language)


def message(code: FailureCode) -> str:
    """The message of an `export.failed` event with this code."""
    return spoken(FAILURES[code], MESSAGE_LANGUAGE)


def error_of(export: Export, language: Language) -> str | None:
    """Why an export has no file, for its teacher; None while it may have one."""
    match export.status:
        case ExportStatus.CANCELLED:
            return spoken(CANCELLED, language)
        case ExportStatus.EXPIRED:
            return spoken(EXPIRED, language)
        case ExportStatus.FAILED:
            return _failure(export, language)
        case ExportStatus.QUEUED | ExportStatus.ACTIVE | ExportStatus.COMPLETED:
            return None
        case _:
            assert_never(export.status)


def _failure(export: Export, language: Language) -> str:
    if language is MESSAGE_LANGUAGE and export.failure_message:
        return export.failure_message
    return spoken(FAILURES[export.failure_code] if export.failure_code else UNEXPECTED, language)
