"""What the server answers, read tolerantly: unknown fields are ignored, so that an older client works with a newer
server.
"""

from datetime import datetime

from pydantic import AwareDatetime

from contracts.base import Wire
from contracts.events import Warning
from contracts.states import RUNNING, ExportStatus, Format, Phase


class Result(Wire):
    """The file of a completed export."""

    filename: str
    size: int
    sha256: str
    download_url: str
    attempt_count: int = 0
    pages: int = 0
    expires_at: AwareDatetime | None = None
    warnings: tuple[Warning, ...] = ()


class State(Wire):
    """Where an export stands."""

    status: ExportStatus
    progress: int = 0
    phase: Phase = Phase.QUEUED
    processed: int = 0
    total: int = 0
    attempt: int = 0
    result: Result | None = None
    error: str | None = None
    error_code: str | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.status not in RUNNING


class Started(Wire):
    """The answer to a POST."""

    job_id: str


class Listed(State):
    """An export in a list."""

    job_id: str
    format: Format
    requested_at: datetime


class Problem(Wire):
    """RFC 9457, or Correcta's own `{"error"}`."""

    detail: str = ""
    error: str = ""
    title: str = ""
    code: str = ""

    @property
    def sentence(self) -> str:
        """What to show."""
        return self.detail or self.error or self.title
