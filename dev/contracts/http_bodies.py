"""The bodies of the gateway's HTTP interface, as its OpenAPI document describes them."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from contracts.base import UtcTime
from contracts.events import Warning
from contracts.options import ReportOptions
from contracts.states import ExportStatus, Format, Phase


class Body(BaseModel):
    """What crosses the interface: camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ExportRequest(Body):
    """What a teacher may ask for. Nothing at all asks for every class with the usual options."""

    model_config = ConfigDict(extra="forbid")

    class_ids: list[str] | None = None
    options: ReportOptions | None = None


class Accepted(Body):
    """The export is kept and will be made."""

    job_id: UUID
    status: ExportStatus
    status_url: str | None = None
    events_url: str | None = None


class Result(Body):
    """The file of a completed export. `attemptCount` is the number of copies; `pages` is 0 where a format has none."""

    filename: str
    size: int
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    attempt_count: int
    pages: int
    download_url: str
    expires_at: UtcTime | None
    warnings: list[Warning]


class Status(Body):
    """Where an export stands. `error` is a sentence for the teacher, `errorCode` a stable word for programs."""

    status: ExportStatus
    progress: int = Field(ge=0, le=100)
    phase: Phase
    processed: int = Field(ge=0)
    total: int = Field(ge=0)
    attempt: int = Field(ge=0)
    result: Result | None = None
    error: str | None = None
    error_code: str | None = None


class Described(Status):
    """A status that says which export it is about: an event's data. `position` grows with each change."""

    job_id: UUID
    exam_id: str
    format: Format
    position: int = Field(ge=0)
    requested_at: UtcTime


class Listed(Described):
    """An entry of a list: with what was asked."""

    exam_title: str | None
    options: ReportOptions
    class_ids: list[str]


class Exports(Body):
    """A caller's exports, newest first."""

    jobs: list[Listed]


class Problem(BaseModel):
    """RFC 9457. `code` is stable; `detail` and `error` are the same sentence, in French unless English is preferred."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    error: str


class Health(BaseModel):
    """`checks` has an entry a dependency: `ok`, or what is wrong. Degraded still works: exports are kept and wait."""

    status: Literal["alive", "ready", "degraded", "unavailable"]
    checks: dict[str, str] | None = None


MODELS: tuple[type[BaseModel], ...] = (ExportRequest, Accepted, Status, Described, Exports, Problem, Health)
