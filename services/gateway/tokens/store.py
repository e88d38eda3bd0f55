"""Reads and writes service tokens in PostgreSQL. Minting and revoking are audited by the statement that does it."""

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import structlog

from contracts.http import TokenScope
from services.common.database import connection, queries
from services.gateway.errors import InvalidToken, TokenExpired, TokenRevoked
from services.gateway.tokens.credential import PREFIX, RANDOM_BYTES, ServiceToken, digest

log = structlog.get_logger()

SQL = queries(Path(__file__).parent.parent / "sql" / "tokens.sql")


class TokenStore:
    """The service tokens.

    Every method raises `services.common.database.DatabaseUnavailable` while PostgreSQL is away.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def mint(
        self, institution_id: str, name: str, scopes: frozenset[TokenScope], lifetime: timedelta, by: str | None
    ) -> tuple[str, ServiceToken]:
        """A new token, which can't be read again, and what is kept of it. `by` is named in the audit."""
        token = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
        row = await self._row("mint", uuid4(), digest(token), institution_id, name, sorted(scopes), lifetime, by)
        assert row is not None
        return token, _token_of(row)

    async def authenticate(self, token: str) -> ServiceToken:
        """The token that a request presents; its use is noted, at most once a minute.

        Raises:
            InvalidToken, TokenExpired, TokenRevoked: it opens nothing.
        """
        row = await self._row("by_digest", digest(token))
        found = _usable(None if row is None else _token_of(row))
        async with connection(self._pool) as db:
            await db.execute(SQL["used"], found.id)
        return found

    async def recheck(self, token_id: UUID) -> ServiceToken:
        """A token that was authenticated before, as it is now.

        Raises:
            InvalidToken, TokenExpired, TokenRevoked: it no longer opens anything.
        """
        row = await self._row("by_id", token_id)
        return _usable(None if row is None else _token_of(row))

    async def all(self, institution_id: str | None = None) -> list[ServiceToken]:
        """Every token, revoked and expired ones too; of one institution where it is given."""
        async with connection(self._pool) as db:
            return [_token_of(row) for row in await db.fetch(SQL["all"], institution_id)]

    async def revoke(self, token_id: UUID, by: str | None) -> tuple[ServiceToken | None, bool]:
        """The token as it stands afterwards (None: there is none), and whether this call revoked it."""
        if (row := await self._row("revoke", token_id, by)) is not None:
            return _token_of(row), True
        row = await self._row("by_id", token_id)
        return (None if row is None else _token_of(row)), False

    async def _row(self, name: str, *arguments: Any) -> asyncpg.Record | None:
        async with connection(self._pool) as db:
            return await db.fetchrow(SQL[name], *arguments)


def _usable(token: ServiceToken | None) -> ServiceToken:
    if token is None:
        raise InvalidToken("no such token")
    if token.revoked_at is None and not token.expired:
        return token
    log.info("token.refused", token=str(token.id), revoked=token.revoked_at is not None)
    raise TokenRevoked if token.revoked_at is not None else TokenExpired


def _token_of(row: asyncpg.Record) -> ServiceToken:
    return ServiceToken(
        id=row["id"],
        institution_id=row["institution_id"],
        name=row["name"],
        scopes=frozenset(scope for scope in TokenScope if scope in row["scopes"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        expired=row["expired"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
    )
