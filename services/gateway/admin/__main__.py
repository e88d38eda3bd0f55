"""`correcta-exports-admin`: an export's whole story, parked events, retention now, an export once more, service tokens.

It reads the gateway's environment, and is in its image (`python -m services.gateway.admin` there).
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from uuid import UUID, uuid4

import asyncpg
import typer

from services.common import logs
from services.common.database import DatabaseUnavailable, make_pool
from services.common.settings import read
from services.gateway.admin import story
from services.gateway.errors import TooMany
from services.gateway.exports import Export
from services.gateway.retention import policy_of, sweep
from services.gateway.settings import GatewaySettings
from services.gateway.store import Actor, Quota, Store
from services.gateway.tokens.__main__ import ASKED_WRONGLY, FAILED, stop
from services.gateway.tokens.__main__ import app as tokens

Answer = TypeVar("Answer")

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=__doc__)
app.add_typer(tokens, name="tokens", help="Mint, list and revoke service tokens.")


def run(work: Callable[[asyncpg.Pool, GatewaySettings], Awaitable[Answer]]) -> Answer:
    """What `work` answers; ends the command where the database is away."""
    settings = read(GatewaySettings)
    logs.configure("admin", "WARNING")

    async def with_pool() -> Answer:
        async with await make_pool(settings.database_url.get_secret_value(), size=1) as pool:
            return await work(pool, settings)

    try:
        return asyncio.run(with_pool())
    except DatabaseUnavailable as error:
        stop(f"The database is away, or the gateway has not migrated it yet ({error})", FAILED)


@app.command("export")
def show_export(
    export_id: Annotated[UUID, typer.Argument(metavar="ID", help="The export's id, `jobId` of the interface")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document")] = False,
) -> None:
    """Print all that is known of an export: its row, events to be published and published, audit, trace."""
    found = run(lambda pool, _: story.read(pool, export_id))
    if found is None:
        stop("There is no export of this id, or its row was deleted (FORGET_DAYS).", ASKED_WRONGLY)
    typer.echo(found.to_json() if as_json else "\n".join(found.lines()))


@app.command()
def parked(
    release: Annotated[bool, typer.Option(help="Have them tried again at once")] = False,
) -> None:
    """Print the events that no queue took, one a line. Each is tried again by itself, within a minute."""
    for row in run(lambda pool, _: story.parked(pool)):
        typer.echo("  ".join(str(value) for value in row.values()))
    if release:
        typer.echo(f"Released: {run(lambda pool, _: story.release(pool))}", err=True)


@app.command()
def retention() -> None:
    """Do at once what the gateway does each SWEEP_SECONDS: end what is overdue or past its time, delete old rows."""
    run(lambda pool, settings: sweep(Store(pool), policy_of(settings)))


@app.command()
def again(
    export_id: Annotated[UUID, typer.Argument(metavar="ID", help="An export that has ended")],
    by: Annotated[str, typer.Option(help="Who does it, for the audit")],
) -> None:
    """Start an export like one that ended, for the same person, and print its id.

    For a request that was dead-lettered (`renderer_crashed`), after its cause was mended. The ended one stays as it is:
    everybody was told its end.
    """
    typer.echo(str(run(lambda pool, settings: _again(pool, settings, export_id, by))))


async def _again(pool: asyncpg.Pool, settings: GatewaySettings, export_id: UUID, by: str) -> UUID:
    store = Store(pool)
    found = await store.read([export_id])
    if not found:
        stop("There is no export of this id, or its row was deleted (FORGET_DAYS).", ASKED_WRONGLY)
    (ended,) = found
    if ended.running:
        stop("It has not ended yet. One that no renderer knows of is requested again by itself.", ASKED_WRONGLY)
    made = _like(ended)
    quota = Quota(settings.exports_per_institution, settings.files_per_institution(made.format))
    try:
        await store.create(made, quota=quota, actor=Actor(f"operator:{by}"))
    except TooMany as error:
        stop(f"The institution has as many as it may ({error.code}).", FAILED)
    await store.audit("export.requested_again", ended, Actor(f"operator:{by}"), {"as": str(made.id)})
    return made.id


def _like(ended: Export) -> Export:
    """A new export of the same exam with the same options, for the same requester."""
    return Export(
        id=uuid4(),
        institution_id=ended.institution_id,
        exam_id=ended.exam_id,
        requested_by=ended.requested_by,
        format=ended.format,
        options=ended.options,
        class_ids=ended.class_ids,
        requested_at=datetime.now(UTC),
        exam_title=ended.exam_title,
        copies=ended.copies,
    )


if __name__ == "__main__":
    app()
