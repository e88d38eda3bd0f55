"""`python -m services.gateway.tokens`: mints, lists and revokes service tokens. It reads the environment.

A minted token is printed on stdout, alone, so that it can be piped to where it is kept; all else goes to stderr.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, NoReturn, TypeVar
from uuid import UUID

import typer
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.http import TokenScope
from services.common.database import DatabaseUnavailable, make_pool
from services.common.settings import DatabaseUrl, read
from services.gateway.directory import Directory
from services.gateway.tokens.credential import ServiceToken
from services.gateway.tokens.store import TokenStore

FAILED, ASKED_WRONGLY = 1, 2
MAX_NAME = 100

Answer = TypeVar("Answer")


class TokenSettings(BaseSettings):
    """Of the gateway's settings, those that the command needs."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    database_url: DatabaseUrl
    correcta_database_url: DatabaseUrl


@dataclass(frozen=True)
class Databases:
    """Where tokens are kept, and where institutions are looked up."""

    tokens: TokenStore
    directory: Directory


async def with_databases(work: Callable[[Databases], Awaitable[Answer]]) -> Answer:
    """What `work` answers over connections that are closed afterwards."""
    settings = read(TokenSettings)
    async with (
        await make_pool(settings.database_url.get_secret_value(), size=1) as ours,
        await make_pool(settings.correcta_database_url.get_secret_value(), size=1) as correctas,
    ):
        return await work(Databases(TokenStore(ours), Directory(correctas)))


def run(work: Callable[[Databases], Awaitable[Answer]]) -> Answer:
    """`with_databases`; ends the command where one is away."""
    try:
        return asyncio.run(with_databases(work))
    except DatabaseUnavailable as error:
        stop(f"A database is away, or the gateway has not migrated it yet ({error})", FAILED)


def stop(sentence: str, exit_code: int) -> NoReturn:
    """End the command with a sentence on stderr."""
    typer.echo(sentence, err=True)
    raise typer.Exit(exit_code)


def _checked_name(name: str) -> str:
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise typer.BadParameter(f"must be 1 to {MAX_NAME} printable characters")
    return name


Institution = Annotated[str, typer.Option(metavar="ID", help="The institution's id in Correcta")]
By = Annotated[str | None, typer.Option(help="Who does it, for the audit")]

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=__doc__)


@app.command()
def mint(
    institution: Institution,
    name: Annotated[str, typer.Option(callback=_checked_name, help="What the token is for, as lists show it")],
    scope: Annotated[list[TokenScope], typer.Option(help="What it may do; repeat for several")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is good for")] = 365,
    by: By = None,
) -> None:
    """Print a new token. It is shown this once: only a digest of it is kept."""

    async def work(found: Databases) -> tuple[str, ServiceToken]:
        if not await found.directory.has_institution(institution):
            stop("Correcta has no institution of this id.", ASKED_WRONGLY)
        return await found.tokens.mint(institution, name, frozenset(scope), timedelta(days=days), by)

    token, kept = run(work)
    typer.echo(_line(kept), err=True)
    typer.echo(token)


@app.command("list")
def list_tokens(
    institution: Annotated[str | None, typer.Option(metavar="ID", help="Only those of this institution")] = None,
) -> None:
    """Print every token, one a line: id, institution, state, expiry, last use, scopes, name."""
    for token in run(lambda found: found.tokens.all(institution)):
        typer.echo(_line(token))


@app.command()
def revoke(token_id: Annotated[UUID, typer.Argument(metavar="ID", help="As `list` prints it")], by: By = None) -> None:
    """End a token at once: its next request is refused, and its open streams within seconds."""
    token, revoked = run(lambda found: found.tokens.revoke(token_id, by))
    if token is None:
        stop("There is no token of this id.", ASKED_WRONGLY)
    typer.echo(f"{'Revoked' if revoked else 'Revoked before'}: {_line(token)}", err=True)


def _line(token: ServiceToken) -> str:
    state = "revoked" if token.revoked_at is not None else "expired" if token.expired else "good"
    used = f"used {_minute(token.last_used_at)}" if token.last_used_at is not None else "never used"
    scopes = ",".join(sorted(token.scopes))
    parts = (str(token.id), token.institution_id, state, f"until {_minute(token.expires_at)}", used, scopes, token.name)
    return "  ".join(parts)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%MZ}"


if __name__ == "__main__":
    app()
