"""The gateway's tables: exports, the outbox, the audit."""

from pathlib import Path

from services.common.migrations import Migrations

MIGRATIONS = Migrations(Path(__file__).parent, version_table="alembic_version_gateway", version_1="0001")
