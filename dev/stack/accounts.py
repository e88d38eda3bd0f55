"""The services' own accounts at private servers, made as `deploy/` says.

Passwords are derived from the administrator's, so that whoever knows that one knows them all.
"""

from hashlib import sha256
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from dev.paths import ROOT

FOLDER = ROOT / "deploy" / "postgresql"
MIGRATIONS = "exports_migrations"


def role_of(service: str) -> str:
    """The role of a service at PostgreSQL."""
    return f"exports_{service}"


ROLES = (MIGRATIONS, *(role_of(service) for service in ("gateway", "renderer", "storage")))


def as_account(administrators_url: str, account: str) -> str:
    """The same server, with an account's name and password."""
    parts = urlsplit(administrators_url)
    password = sha256(f"{parts.password}/{account}".encode()).hexdigest()[:32]
    return urlunsplit(parts._replace(netloc=f"{account}:{password}@{parts.netloc.rpartition('@')[2]}"))


async def make_roles(superuser_url: str) -> None:
    """The services' roles at a PostgreSQL server."""
    await run(superuser_url, "roles.sql")
    passwords = {role: urlsplit(as_account(superuser_url, role)).password for role in ROLES}
    await _execute(superuser_url, "; ".join(f"ALTER ROLE {role} PASSWORD '{passwords[role]}'" for role in ROLES))


async def run(superuser_url: str, *scripts: str) -> None:
    """Run scripts of `deploy/postgresql` in the URL's database, each in one transaction."""
    for script in scripts:
        await _execute(superuser_url, (FOLDER / script).read_text(encoding="utf-8"))


async def _execute(url: str, script: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(script)
    finally:
        await connection.close()
