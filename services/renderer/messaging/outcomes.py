"""How a delivery of a request ends, as a value: decided here, applied by the consumer. Pure.

Attempts travel in a header of our own; a delivery that ends without an outcome (a crash, a lost connection, a stop)
burns none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.envelope import ATTEMPT_HEADER
from contracts.events import ExportCompleted, ExportFailed, ExportRequested
from contracts.options import Language
from contracts.signatures import SIGNATURE_HEADER
from contracts.states import FailureCode
from contracts.topology import MAX_ATTEMPTS
from services.renderer.errors import RendererError
from services.renderer.language.languages import words_in

EVENT_LANGUAGE = Language.FR
"""Of the sentences in events: teachers read them in Correcta, which speaks French."""


@dataclass(frozen=True)
class Done:
    """The file is stored."""

    event: ExportCompleted


@dataclass(frozen=True)
class Failed:
    """There will be no file."""

    event: ExportFailed


@dataclass(frozen=True)
class Retry:
    """Another attempt may succeed; its number."""

    attempt: int
    code: FailureCode


@dataclass(frozen=True)
class Cancelled:
    """The export was cancelled and has ended already."""


@dataclass(frozen=True)
class Requeue:
    """This renderer stops before the export is made; another one will make it."""


@dataclass(frozen=True)
class Unreadable:
    """Not a request: it is dead-lettered, and the gateway ends its export."""

    cause: str


Outcome = Done | Failed | Retry | Cancelled | Requeue | Unreadable


def of_error(request: ExportRequested, attempt: int, error: BaseException, now: datetime) -> Outcome:
    """The outcome of an error: another attempt if one is left and may succeed, else the failure."""
    code = error.code if isinstance(error, RendererError) else FailureCode.INTERNAL
    permanent = isinstance(error, RendererError) and error.permanent
    if not permanent and attempt < MAX_ATTEMPTS:
        return Retry(attempt + 1, code)
    return Failed(
        ExportFailed(
            **request.identity,
            attempt=attempt,
            code=code,
            message=words_in(EVENT_LANGUAGE).failures[code],
            failed_at=now,
        )
    )


def redeliveries(headers: Mapping[str, object]) -> int:
    """How often the broker has delivered a message again, by its own count; 0 where it tells none."""
    count = headers.get("x-delivery-count", 0)
    return count if isinstance(count, int) else 0


def retry_headers(headers: Mapping[str, object], attempt: int) -> dict[str, str]:
    """A message's own headers for its next attempt, or for the same one once more. The broker's (`x-death` and others)
    are left behind: copied, they would make it take the retry for a loop and drop it. The request's signature stays.
    """
    own = {key: str(value) for key, value in headers.items() if not key.startswith("x-") or key == SIGNATURE_HEADER}
    return own | {ATTEMPT_HEADER: str(attempt)}
