"""`python -m services.webhooks.endpoints`: adds, lists, changes and removes endpoints, and shows what was delivered.

It reads the environment. A new secret is printed on stdout, alone; all else goes to stderr, but for lists.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import typer
from cryptography.fernet import Fernet

from services.common.database import DatabaseUnavailable, make_pool
from services.common.settings import read
from services.webhooks.addresses import checked_url
from services.webhooks.calling import Caller
from services.webhooks.consumer import TYPES
from services.webhooks.errors import EndpointError, UnknownEventType
from services.webhooks.secrets import Keyring, WrongKey, new_secret
from services.webhooks.settings import EndpointSettings
from services.webhooks.store import Delivery, Endpoint, Store

FAILED, ASKED_WRONGLY = 1, 2

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Means:
    """What a command works with."""

    settings: EndpointSettings
    store: Store
    keyring: Keyring


async def _with_means(work: Callable[[Means], Awaitable[Answer]]) -> Answer:
    settings = read(EndpointSettings)
    async with await make_pool(settings.database_url.get_secret_value(), size=1) as pool:
        return await work(Means(settings, Store(pool), settings.keyring))


def run(work: Callable[[Means], Awaitable[Answer]]) -> Answer:
    """What `work` answers; ends the command with a sentence where it can't be done."""
    try:
        return asyncio.run(_with_means(work))
    except DatabaseUnavailable as error:
        typer.echo(f"The database is away, or the service has not migrated it yet ({error})", err=True)
        raise typer.Exit(FAILED) from None
    except WrongKey as error:
        typer.echo(str(error.__doc__), err=True)
        raise typer.Exit(FAILED) from None
    except EndpointError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(ASKED_WRONGLY) from None


app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=__doc__)

Id = Annotated[UUID, typer.Argument(metavar="ID", help="As `list` prints it")]


@app.command()
def key() -> None:
    """Print a new key for WEBHOOK_KEYS: put it first, keep the others until every endpoint's secret was rotated."""
    typer.echo(Fernet.generate_key().decode())


@app.command()
def add(
    institution: Annotated[str, typer.Option(metavar="ID", help="Whose events it hears")],
    url: Annotated[str, typer.Argument(help="An https:// address")],
    event_type: Annotated[list[str] | None, typer.Option("--type", help="Repeat for several; else every one")] = None,
) -> None:
    """Add an endpoint and print its secret, which is shown this once."""
    secret = new_secret()

    async def work(means: Means) -> Endpoint:
        checked_url(url, allow_http=means.settings.webhook_allow_http)
        if not TYPES.issuperset(event_type or ()):
            raise UnknownEventType
        await _check_address(means, url)
        sealed = means.keyring.seal([(secret, None)])
        return await means.store.add(institution, url, sorted(set(event_type or ())), sealed)

    typer.echo(_line(run(work)), err=True)
    typer.echo(secret)


async def _check_address(means: Means, url: str) -> None:
    caller, parts = Caller(means.settings.networks), urlsplit(url)
    try:
        await caller.check(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    finally:
        await caller.close()


@app.command("list")
def list_endpoints(
    institution: Annotated[str | None, typer.Option(metavar="ID", help="Only those of this institution")] = None,
) -> None:
    """Print every endpoint, one a line: id, institution, state, event types, address."""
    for endpoint in run(lambda means: means.store.all(institution)):
        typer.echo(_line(endpoint))


@app.command()
def remove(endpoint_id: Id) -> None:
    """Delete an endpoint, with what waits to be delivered to it and its log."""
    typer.echo(_line(run(lambda means: means.store.remove(endpoint_id))), err=True)


@app.command()
def enable(endpoint_id: Id) -> None:
    """Deliver to an endpoint again that was disabled."""
    typer.echo(_line(run(lambda means: means.store.enable(endpoint_id))), err=True)


@app.command()
def rotate(
    endpoint_id: Id,
    hours: Annotated[float, typer.Option(min=0, max=24 * 30, help="How long the secret before stays valid")] = 24,
) -> None:
    """Print a new secret. Deliveries are signed with both until the one before ends."""
    secret = new_secret()

    async def work(means: Means) -> Endpoint:
        held = (await means.store.find(endpoint_id)).secrets
        return await means.store.set_secrets(endpoint_id, means.keyring.rotated(held, secret, timedelta(hours=hours)))

    typer.echo(_line(run(work)), err=True)
    typer.echo(secret)


@app.command()
def deliveries(endpoint_id: Id, count: Annotated[int, typer.Option(min=1, max=10_000)] = 50) -> None:
    """Print the latest deliveries to an endpoint, newest first: event id, type, state, attempts, last answer."""

    async def work(means: Means) -> list[Delivery]:
        await means.store.find(endpoint_id)
        return await means.store.deliveries(endpoint_id, count)

    for delivery in run(work):
        typer.echo(_delivery_line(delivery))


@app.command()
def redeliver(endpoint_id: Id, event_id: Annotated[UUID, typer.Argument(metavar="EVENT")]) -> None:
    """Deliver an event to an endpoint once more."""
    run(lambda means: means.store.redeliver(endpoint_id, event_id))


def _line(endpoint: Endpoint) -> str:
    state = "failing" if endpoint.failing_since else "good"
    if endpoint.disabled_at:
        state = f"disabled ({endpoint.disabled_reason})"
    kinds = ",".join(endpoint.event_types) or "every event"
    return "  ".join((str(endpoint.id), endpoint.institution_id, state, kinds, endpoint.url))


def _delivery_line(delivery: Delivery) -> str:
    if delivery.delivered_at is not None:
        state = f"delivered {_minute(delivery.delivered_at)}"
    else:
        state = f"again {_minute(delivery.next_at)}" if delivery.next_at is not None else "given up"
    answer = delivery.last_error or delivery.last_status or "-"
    parts = (str(delivery.event_id), delivery.event_type, state, f"{delivery.attempts} attempts", str(answer))
    return "  ".join(parts)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%MZ}"


if __name__ == "__main__":
    app()
