"""What the routes work with: made once by `app`, carried by every request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from joserfc.jwk import OctKey
from starlette.requests import Request

from services.gateway.directory import Directory
from services.gateway.files import Files
from services.gateway.settings import GatewaySettings
from services.gateway.store import Store
from services.gateway.stream import Hub


def utc_now() -> datetime:
    """This machine's clock, for sessions; durations that matter go by the database's."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Room:
    """The gateway's adapters and settings."""

    settings: GatewaySettings
    key: OctKey
    store: Store
    directory: Directory
    files: Files
    hub: Hub
    now: Callable[[], datetime] = utc_now


def room_of(request: Request) -> Room:
    """The room a request is served in."""
    room: Room = request.state.room
    return room
