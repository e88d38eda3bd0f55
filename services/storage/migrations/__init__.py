"""Storage's table: the ledger of stored files."""

from pathlib import Path

from services.common.migrations import Migrations

MIGRATIONS = Migrations(Path(__file__).parent, version_table="alembic_version_storage", version_1="0002")
