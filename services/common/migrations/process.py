"""Applies a service's migrations and ends: what `python -m services.SERVICE.migrate` does.

For an init container: so the service's own process never has the password of the role that owns its tables.
"""

import asyncio

from services.common.logs import configure
from services.common.migrations import Migrations, Migrator
from services.common.settings import DatabaseSettings, read


def main(service: str, migrations: Migrations) -> None:
    """Return once the tables are up to date; waits for a database that is away."""
    settings = read(DatabaseSettings)
    configure(service, settings.log_level)
    asyncio.run(Migrator(settings, migrations).run())
