"""The JSON bodies of HTTP interfaces: the gateway's, described in OpenAPI, and what storage answers a renderer.

The field names are Correcta's (`jobId`, `attemptCount`). A member that is only sometimes there is left out, never null;
readers ignore members they do not know.
"""

from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue

from contracts.base import UtcTime, Wire
from contracts.events import Warning
from contracts.options import ReportOptions
from contracts.states import RUNNING, AnyPhase, ExportStatus, Format

STATES_HEADER = "X-Export-States"
"""A client that knows every `ExportStatus` sends it with `ALL_STATES`; others are told `failed` for `cancelled` and
`expired`, because Correcta's own client would wait for another end.
"""
ALL_STATES = "all"


class TokenScope(StrEnum):
    """What a service token may do, within its institution."""

    EXPORTS_START = "exports:start"
    EXPORTS_READ = "exports:read"
    EVENTS_READ = "events:read"
    FILES_READ = "files:read"


def _is_none(value: object) -> bool:
    return value is None


class ExportRequest(Wire):
    """What a teacher may ask for. Nothing at all asks for every class with the usual options."""

    model_config = ConfigDict(extra="forbid")

    class_ids: list[str] | None = Field(default=None, exclude_if=_is_none)
    options: ReportOptions | None = Field(default=None, exclude_if=_is_none)


class Accepted(Wire):
    """The export is kept and will be made."""

    job_id: UUID
    status: ExportStatus


class Result(Wire):
    """The file of a completed export. `attemptCount` is the number of copies; `pages` is 0 where a format has none."""

    filename: str
    size: int
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    attempt_count: int
    pages: int
    download_url: str
    expires_at: UtcTime | None
    warnings: list[Warning]


class Status(Wire):
    """Where an export stands. `error` is a sentence for the teacher, `errorCode` a stable word for programs.
    `queuePosition` counts the exports that wait before a renderer begins, from 1; `etaSeconds` are left to the end, as
    far as can be told. Neither is there once the export has ended.
    """

    status: ExportStatus
    progress: int = Field(ge=0, le=100)
    phase: AnyPhase
    processed: int = Field(ge=0)
    total: int = Field(ge=0)
    attempt: int = Field(ge=0)
    result: Result | None = Field(default=None, exclude_if=_is_none)
    error: str | None = Field(default=None, exclude_if=_is_none)
    error_code: str | None = Field(default=None, exclude_if=_is_none)
    queue_position: int | None = Field(default=None, ge=1, exclude_if=_is_none)
    eta_seconds: int | None = Field(default=None, ge=0, exclude_if=_is_none)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.status not in RUNNING


class _Subject(Wire):
    job_id: UUID
    exam_id: str
    format: Format
    position: int = Field(ge=0)
    requested_at: UtcTime


class Described(Status, _Subject):
    """A status that says which export it is about: an event's data. `position` grows with each change; `own` says
    whether the caller asked for it (a gateway of an earlier version tells of no others).
    """

    own: bool = True


class ExportForecast(Wire):
    """Of an export that runs: its place in the queue, and the seconds that are left."""

    job_id: UUID
    queue_position: int | None = Field(default=None, ge=1, exclude_if=_is_none)
    eta_seconds: int | None = Field(default=None, ge=0, exclude_if=_is_none)


class Forecasts(Wire):
    """The data of a stream's event `forecast`, which has no id: nothing is lost with it."""

    jobs: tuple[ExportForecast, ...]


class Listed(Described):
    """An entry of a list: with what was asked, and by whom, where a colleague of this name did."""

    options: ReportOptions
    class_ids: list[str]
    exam_title: str | None
    requested_by_name: str | None = Field(default=None, exclude_if=_is_none)


class Exports(Wire):
    """A caller's exports, newest first."""

    jobs: list[Listed]


class Problem(Wire):
    """RFC 9457. `code` is stable; `detail` and `error` are the same sentence, in French unless English is preferred."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    error: str


class Refusal(Wire):
    """What a client may count on in an error's body: a problem of ours, or Correcta's own `{"error"}`."""

    sentence: str = Field(default="", validation_alias=AliasChoices("detail", "error", "title"))
    code: str = ""


HealthStatus = Literal["alive", "ready", "degraded", "unavailable", "stopping"]


class Health(Wire):
    """`checks` has an entry a dependency: `ok`, or what is wrong. Degraded still works: exports are kept and wait."""

    status: HealthStatus
    checks: dict[str, str] | None = None


class CloudEvent(BaseModel):
    """An event in CloudEvents' JSON format (1.0.2). `data` is what the broker's message has as its body."""

    specversion: str
    id: UUID
    source: str
    type: str
    time: UtcTime
    subject: str
    datacontenttype: str
    dataschema: str
    partitionkey: str
    sequence: str
    data: dict[str, JsonValue]


MOST_EVENTS = 500
"""How many events an answer holds at most."""


class Events(Wire):
    """Events of an institution in the order in which they were told. `next` is what to give as `after` for those that
    follow; `more` says whether there are some already.
    """

    events: list[CloudEvent]
    next: str
    more: bool


MOST_FOLLOWED_EXAMS = 20
"""How many exams a list or a stream tells of, beside the caller's own exports."""


MODELS: tuple[type[BaseModel], ...] = (
    ExportRequest,
    Accepted,
    Status,
    Described,
    Forecasts,
    Exports,
    Events,
    Problem,
    Health,
)
"""The bodies that the OpenAPI document describes."""


class FileAddress(Wire):
    """Storage's answer where a file can be had without it."""

    url: str


class FileStored(Wire):
    """Storage's answer to the PUT of an export's file. `key` is storage's own; `sha256` is of the bytes it received."""

    key: str
    size: int = Field(ge=0)
    sha256: str
    expires_at: UtcTime | None = None
