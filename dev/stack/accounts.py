"""The services' own accounts at private servers, made by what `deploy/` has for them.

Passwords are derived from the administrator's, so that whoever knows that one knows them all.
"""

import json
import os
import subprocess
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from dev.paths import ROOT

FOLDER = ROOT / "deploy" / "postgresql"
DEFINITIONS = ROOT / "deploy" / "rabbitmq" / "definitions.sh"
MIGRATIONS = "exports_migrations"
SERVICES = ("gateway", "renderer", "storage")


def role_of(service: str) -> str:
    """The role of a service at PostgreSQL."""
    return f"exports_{service}"


def user_of(service: str, namespace: str = "") -> str:
    """The user of a service at RabbitMQ."""
    return f"{namespace}.{service}" if namespace else service


ROLES = (MIGRATIONS, *map(role_of, (*SERVICES, "webhooks")))


def as_account(administrators_url: str, account: str) -> str:
    """The same server, or each of several nodes, with an account's name and password."""
    return " ".join(_as_account(url, account) for url in administrators_url.split(" "))


def _as_account(url: str, account: str) -> str:
    parts = urlsplit(url)
    password = password_of(account, parts.password or "")
    return urlunsplit(parts._replace(netloc=f"{account}:{password}@{parts.netloc.rpartition('@')[2]}"))


def password_of(account: str, administrators_password: str) -> str:
    """The password of an account."""
    return sha256(f"{administrators_password}/{account}".encode()).hexdigest()[:32]


async def make_roles(superuser_url: str) -> None:
    """The services' roles at a PostgreSQL server."""
    await run(superuser_url, "roles.sql")
    password = urlsplit(superuser_url).password or ""
    statements = [f"ALTER ROLE {role} PASSWORD '{password_of(role, password)}'" for role in ROLES]
    await _execute(superuser_url, "; ".join(statements))


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


def services_definitions(administrators_password: str, namespace: str = "") -> dict[str, Any]:
    """The services' users at RabbitMQ with their rights, as RabbitMQ imports them."""
    passwords = {
        f"{service.upper()}_BROKER_PASSWORD": password_of(user_of(service, namespace), administrators_password)
        for service in SERVICES
    }
    return _definitions("services", BROKER_NAMESPACE=namespace, **passwords)


def subscribers_definitions(name: str, administrators_password: str, namespace: str = "") -> dict[str, Any]:
    """The user of a subscriber with its rights, as RabbitMQ imports them."""
    password = password_of(name, administrators_password)
    return _definitions("subscriber", name, BROKER_NAMESPACE=namespace, SUBSCRIBER_PASSWORD=password)


def _definitions(*arguments: str, **environment: str) -> dict[str, Any]:
    command = ["sh", str(DEFINITIONS), *arguments]
    own = {"PATH": os.environ.get("PATH", os.defpath), **environment}
    printed = subprocess.run(command, env=own, capture_output=True, check=True).stdout
    made: dict[str, Any] = json.loads(printed)
    return made
