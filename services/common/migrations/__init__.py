"""Applies a service's migrations to schema `exports`: raw SQL in Alembic's order, noted in a table of that service.

Version 1 had one history for all services, in `exports.alembic_version`. A database that it made is recognised: the
service's first revision is noted as applied without running. The old table is never written, neither there, so that
version 1 can be rolled back to, nor in a new database, which version 1 has never seen.

Tables of a later version are worked with where its revisions only added to them. One that does not sets
`least_compatible` in its module: the least revision whose code still works with what it made. `exports.schema_version`
keeps the highest of them for each service, so that an older version, rolled back to, knows whether it may serve.
"""

import asyncio
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command, op
from alembic.config import Config
from sqlalchemy import Connection

from services.common.database import DatabaseUnavailable, database_errors
from services.common.health import NotReady
from services.common.retrying import retry
from services.common.settings import DatabaseSettings

_MIGRATING = threading.Lock()
"""Alembic keeps its context in the module: one migration at a time within a process."""


@dataclass(frozen=True)
class Migrations:
    """A folder of revisions `NNNN_name.py`, each with its SQL in `NNNN_name.sql` beside it, and `grants.sql`."""

    folder: Path
    version_table: str
    version_1: str
    """The revision of version 1's history that made what revision `0001` of the folder makes."""


def migrate(url: str, migrations: Migrations, *, owner_url: str | None = None) -> None:
    """Bring a service's tables up to date; an advisory lock lets one migrator in at a time, whichever service it is.

    Blocks; call it in a thread, not on a running event loop.

    Args:
        url: the database as the service itself connects to it.
        owner_url: the same as the role that owns the tables, where that is another one: it applies the revisions, then
            grants the service's role what `grants.sql` beside them says. Without it, the service's role owns them, or
            only sees whether somebody else has applied them.

    Raises:
        DatabaseUnavailable: the database could not be reached.
        SchemaUnfit: the service's role may not apply what is missing, or a later version of the service has changed
            the tables in a way that this one does not know.
    """
    config = Config()
    config.set_main_option("script_location", _escaped(Path(__file__).parent))
    config.set_main_option("version_locations", _escaped(migrations.folder))
    config.set_main_option("path_separator", "newline")
    config.attributes.update(url=url, owner_url=owner_url or url, migrations=migrations)
    with _MIGRATING, database_errors():
        command.upgrade(config, "head")


class SchemaUnfit(DatabaseUnavailable):
    """The tables are not those that this version of the service works with; the text says which they are."""


class Migrator:
    """Brings a service's tables up to date, sooner or later; `check` is their readiness."""

    def __init__(self, settings: DatabaseSettings, migrations: Migrations) -> None:
        owner = settings.migration_database_url
        self._work = partial(
            migrate,
            settings.database_url.get_secret_value(),
            migrations,
            owner_url=owner.get_secret_value() if owner else None,
        )
        self._missing: str | None = "not migrated yet"

    async def run(self, *, delay: float = 1.0) -> None:
        """`migrate`, again every `delay` seconds until the database is there and may be brought up to date."""
        await retry(self._attempt, DatabaseUnavailable, "database.unavailable", delay=delay)

    async def _attempt(self) -> None:
        try:
            await asyncio.to_thread(self._work)
        except Exception as error:
            self._missing = str(error) if isinstance(error, SchemaUnfit) else f"not migrated: {type(error).__name__}"
            raise
        self._missing = None

    async def check(self) -> None:
        """Return once the tables are what the service works with.

        Raises:
            NotReady: they are not, and why.
        """
        if self._missing:
            raise NotReady(self._missing)

    def require(self) -> None:
        """Return once the tables are what the service works with; no query to them is to be made before.

        Raises:
            DatabaseUnavailable: they are not.
        """
        if self._missing:
            raise SchemaUnfit(self._missing)


def apply(revision_file: str) -> None:
    """Run every statement of the `.sql` file beside a revision, in the migration's transaction."""
    run(op.get_bind(), Path(revision_file).with_suffix(".sql").read_text(encoding="utf-8"))


def run(connection: Connection, script: str) -> None:
    """Run every statement of a script, in the connection's transaction."""
    adapted: Any = connection.connection.dbapi_connection
    adapted.run_async(lambda driver: driver.execute(script))


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")
