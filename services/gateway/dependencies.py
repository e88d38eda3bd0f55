"""The adapters and settings a request is served with: made once by `app`, carried in every request's state."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request

from services.common.migrations import Migrator
from services.gateway.correcta_audit import CorrectaAudit
from services.gateway.directory import Directory
from services.gateway.forecast import LatestForecasts
from services.gateway.history import History
from services.gateway.identity.authentication import Authentication
from services.gateway.metrics import Metrics
from services.gateway.rates import RequestRates
from services.gateway.settings import GatewaySettings
from services.gateway.storage_client import StorageClient
from services.gateway.store import Store
from services.gateway.stream import Hub
from services.gateway.tokens.store import TokenStore


def utc_now() -> datetime:
    """This machine's clock, for sessions and events; durations that matter go by the database's."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Dependencies:
    """What route handlers use."""

    settings: GatewaySettings
    authentication: Authentication
    store: Store
    history: History
    tokens: TokenStore
    directory: Directory
    storage: StorageClient
    hub: Hub
    metrics: Metrics
    correcta_audit: CorrectaAudit
    rates: RequestRates
    forecasts: LatestForecasts
    migrator: Migrator
    now: Callable[[], datetime] = utc_now


def dependencies(request: Request) -> Dependencies:
    """The dependencies in a request's state."""
    found: Dependencies = request.state.dependencies
    return found
