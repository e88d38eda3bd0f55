"""Endpoints and deliveries in PostgreSQL. Every method raises `DatabaseUnavailable` while it is away."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from services.common.database import connection, queries
from services.webhooks.errors import UnknownDelivery, UnknownEndpoint

SQL = queries(Path(__file__).parent / "sql" / "webhooks.sql")


@dataclass(frozen=True)
class Endpoint:
    """An address of an institution. No `event_types` stands for every one; `secrets` are encrypted."""

    id: UUID
    institution_id: str
    url: str
    event_types: tuple[str, ...]
    secrets: bytes
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_reason: str | None


@dataclass(frozen=True)
class Due:
    """A delivery that was claimed, with what is needed to make it. `attempts` counts this one."""

    id: int
    endpoint_id: UUID
    event_id: UUID
    body: str
    attempts: int
    url: str
    secrets: bytes


@dataclass(frozen=True)
class Delivery:
    """An entry of an endpoint's log. Over where `next_at` is None: delivered, or else given up."""

    event_id: UUID
    event_type: str
    created_at: datetime
    attempts: int
    next_at: datetime | None
    delivered_at: datetime | None
    last_status: int | None
    last_error: str | None


class Store:
    """Reads and writes of both tables."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, institution_id: str, url: str, event_types: Collection[str], secrets: bytes) -> Endpoint:
        """A new endpoint."""
        return await self._endpoint("add", uuid4(), institution_id, url, list(event_types), secrets)

    async def all(self, institution_id: str | None = None) -> list[Endpoint]:
        """Every endpoint, or those of an institution."""
        return [_endpoint(row) for row in await self._rows("all", institution_id)]

    async def find(self, endpoint_id: UUID) -> Endpoint:
        """An endpoint.

        Raises:
            UnknownEndpoint: as every method that takes an endpoint's id.
        """
        return await self._endpoint("find", endpoint_id)

    async def remove(self, endpoint_id: UUID) -> Endpoint:
        """Delete an endpoint and all that was to be delivered to it."""
        return await self._endpoint("remove", endpoint_id)

    async def set_secrets(self, endpoint_id: UUID, secrets: bytes) -> Endpoint:
        """Replace the secrets."""
        return await self._endpoint("set_secrets", endpoint_id, secrets)

    async def enable(self, endpoint_id: UUID) -> Endpoint:
        """Deliver again what is not given up yet."""
        return await self._endpoint("enable", endpoint_id)

    async def disable(self, endpoint_id: UUID, reason: str) -> bool:
        """Deliver nothing more; whether it was enabled."""
        return bool(await self._rows("disable", endpoint_id, reason))

    async def disable_failing(self, age: timedelta, reason: str) -> list[Endpoint]:
        """Disable the endpoints that have failed for that long without a success."""
        return [_endpoint(row) for row in await self._rows("disable_failing", age, reason)]

    async def enqueue(self, institution_id: str, event_id: UUID, event_type: str, body: str) -> None:
        """Have an event delivered to each endpoint of its institution that wants it, once."""
        await self._rows("enqueue", institution_id, event_id, event_type, body)

    async def claim(self, count: int, each: int, lease: timedelta) -> list[Due]:
        """Deliveries that are due, at most `count` and at most `each` under way to one endpoint. Nobody else has them
        until the lease ends.
        """
        rows = await self._rows("claim", count, each, lease)
        return [Due(**{name: row[name] for name in Due.__dataclass_fields__}) for row in rows]

    async def delivered(self, delivery_id: int, status: int) -> None:
        """Note a success."""
        await self._rows("delivered", delivery_id, status)

    async def failed(self, delivery_id: int, status: int | None, error: str, again: timedelta | None) -> None:
        """Note a failure; tried again after a while, or given up (None)."""
        await self._rows("failed", delivery_id, status, error[:500], again)

    async def deliveries(self, endpoint_id: UUID, count: int) -> list[Delivery]:
        """The latest deliveries to an endpoint, newest first."""
        names = Delivery.__dataclass_fields__
        rows = await self._rows("deliveries", endpoint_id, count)
        return [Delivery(**{name: row[name] for name in names}) for row in rows]

    async def redeliver(self, endpoint_id: UUID, event_id: UUID) -> None:
        """Deliver an event once more, from the first attempt.

        Raises:
            UnknownEndpoint, UnknownDelivery.
        """
        await self.find(endpoint_id)
        if not await self._rows("redeliver", endpoint_id, event_id):
            raise UnknownDelivery

    async def forget(self, age: timedelta) -> None:
        """Delete what is over and that old."""
        await self._rows("forget", age)

    async def counts(self) -> tuple[int, int]:
        """Deliveries that wait, and endpoints that are disabled."""
        (row,) = await self._rows("waiting")
        return row["waiting"], row["disabled"]

    async def _rows(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        async with connection(self._pool) as db:
            rows: list[asyncpg.Record] = await db.fetch(SQL[name], *arguments)
        return rows

    async def _endpoint(self, name: str, *arguments: Any) -> Endpoint:
        rows = await self._rows(name, *arguments)
        if not rows:
            raise UnknownEndpoint
        return _endpoint(rows[0])


def _endpoint(row: asyncpg.Record) -> Endpoint:
    return Endpoint(
        row["id"],
        row["institution_id"],
        row["url"],
        tuple(row["event_types"]),
        row["secrets"],
        row["failing_since"],
        row["disabled_at"],
        row["disabled_reason"],
    )
