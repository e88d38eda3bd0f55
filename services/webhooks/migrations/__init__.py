"""The tables of webhooks: endpoints, and what is to be delivered to them."""

from pathlib import Path

from services.common.migrations import Migrations

MIGRATIONS = Migrations(Path(__file__).parent, version_table="alembic_version_webhooks", version_1="none")
