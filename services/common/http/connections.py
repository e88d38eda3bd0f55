"""The open connections of a server: how many there are, from where, and which of them are waited for."""

from collections import Counter as Tally
from enum import StrEnum
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge

from services.common.http.limits import HttpLimits
from services.common.http.proxies import Address, TrustedProxies, parse_address

LONGEST_STEP = 1.0
"""Seconds that one sweep counts at most: a loop that stood still is no fault of those who send."""


class Refusal(StrEnum):
    """Why a connection or a request was refused before any route saw it."""

    TOO_MANY = "too_many_connections"
    TOO_MANY_OF_ADDRESS = "too_many_connections_of_address"
    TIMEOUT = "request_timeout"
    STALLED = "response_stalled"
    MALFORMED = "malformed_request"


class Waiting(Protocol):
    """A connection that the server waits for."""

    def waited(self, seconds: float) -> None:
        """So many seconds more went by."""


class Connections:
    """All connections of one server. Not thread-safe: the loop's only."""

    def __init__(self, limits: HttpLimits, trusted: TrustedProxies, registry: CollectorRegistry) -> None:
        self._limits = limits
        self._trusted = trusted
        self._count = 0
        self._of_address: Tally[Address] = Tally()
        self._waiting: set[Waiting] = set()
        self._swept: float | None = None
        self._refused = Counter(
            "http_refused_total", "Connections and requests refused before any route.", ("reason",), registry=registry
        )
        for reason in Refusal:
            self._refused.labels(reason)
        gauge = Gauge("http_connections", "Open connections.", registry=registry)
        gauge.set_function(lambda: self._count)

    def opened(self, address: str) -> Refusal | None:
        """Count a connection; why it is one too many, if it is."""
        self._count += 1
        client = parse_address(address)
        if client is not None:
            self._of_address[client] += 1
        if self._count > self._limits.connections:
            return self.refused(Refusal.TOO_MANY)
        if client is not None and client not in self._trusted and self._over(client):
            return self.refused(Refusal.TOO_MANY_OF_ADDRESS)
        return None

    def closed(self, address: str) -> None:
        """A connection that was counted is gone."""
        self._count -= 1
        client = parse_address(address)
        if client is not None:
            self._of_address[client] -= 1
            if not self._of_address[client]:
                del self._of_address[client]

    def refused(self, reason: Refusal) -> Refusal:
        """Count a refusal."""
        self._refused.labels(reason).inc()
        return reason

    def watch(self, connection: Waiting, *, waiting: bool) -> None:
        """Tell a connection of the time that goes by, or no longer."""
        if waiting:
            self._waiting.add(connection)
        else:
            self._waiting.discard(connection)

    def sweep(self, now: float) -> None:
        """Let the time since the last sweep count against every connection that is waited for."""
        step = 0.0 if self._swept is None else min(now - self._swept, LONGEST_STEP)
        self._swept = now
        for connection in tuple(self._waiting):
            connection.waited(step)

    def _over(self, client: Address) -> bool:
        return self._of_address[client] > self._limits.connections_per_address
