"""Why an export has no file, as a sentence for its teacher in a language, and the messages of events."""

from typing import assert_never

from contracts.options import Language
from contracts.states import AnyFailureCode, AnyWarningCode, ExportStatus, WarningCode, known_failure
from services.gateway.exports import Export
from services.gateway.language.languages import texts_in

MESSAGE_LANGUAGE = Language.FR
"""The language of the messages in events."""


def message(code: AnyFailureCode) -> str:
    """The message of an `export.failed` event with this code: our own words, whoever says that it failed."""
    return texts_in(MESSAGE_LANGUAGE).sentences[known_failure(code)]


def warning(code: AnyWarningCode) -> str:
    """The message of a warning in an `export.completed` event, which quotes nothing."""
    known = code if isinstance(code, WarningCode) else "other"
    return str(getattr(texts_in(MESSAGE_LANGUAGE).warnings, known))


def error_of(export: Export, language: Language) -> str | None:
    """Why an export has no file, for its teacher; None while it may have one."""
    match export.status:
        case ExportStatus.CANCELLED:
            return texts_in(language).sentences.cancelled
        case ExportStatus.EXPIRED:
            return texts_in(language).sentences.export_expired
        case ExportStatus.FAILED:
            return _failure(export, language)
        case ExportStatus.QUEUED | ExportStatus.ACTIVE | ExportStatus.COMPLETED:
            return None
        case _:
            assert_never(export.status)


def _failure(export: Export, language: Language) -> str:
    if language is MESSAGE_LANGUAGE and export.failure_message:
        return export.failure_message
    return texts_in(language).sentences[known_failure(export.failure_code)]
