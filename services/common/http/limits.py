"""What a connection may cost a server, with the defaults. Times are in seconds, sizes in bytes."""

from pydantic import BaseModel, ConfigDict, Field


class HttpLimits(BaseModel):
    """Bounds of one server; `HTTP_<NAME>` in the environment overrides any of them."""

    model_config = ConfigDict(frozen=True)

    head_seconds: float = Field(default=10.0, gt=0)
    """How long the request line and all headers may take, from the connection or their first byte on; and the rest of a
    body that the response did not wait for.
    """

    head_bytes: int = Field(default=64 * 1024, gt=0)
    """The greatest request line with all headers: a session's cookie may have 16 KiB, and Correcta sets others."""

    target_bytes: int = Field(default=8 * 1024, gt=0)
    """The longest address in a request line: RFC 9112 (3) asks for 8,000 at least."""

    stall_seconds: float = Field(default=60.0, gt=0)
    """A body that comes, or a response that is read, more slowly than `HTTP_RATE` for so long is cut."""

    rate: float = Field(default=1024.0, gt=0)
    """Bytes a second below which a body or a reader counts as stalled."""

    idle_seconds: int = Field(default=75, gt=0)
    """How long a connection is kept between two requests: longer than a balancer keeps its own (60 as a rule), or it
    meets ours as they close.
    """

    connections: int = Field(default=12_000, gt=0)
    """Open connections of the process; beyond it only probes are served."""

    connections_per_address: int = Field(default=1_000, gt=0)
    """Open connections of an address that is no trusted proxy: a whole school may share one."""
