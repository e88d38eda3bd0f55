"""Runs a migration's raw SQL: revision `NNNN_name.py` applies the file `NNNN_name.sql` beside it."""

from pathlib import Path
from typing import Any

from alembic import op


def apply(revision_file: str) -> None:
    """Run every statement of the `.sql` file beside a revision, in the migration's transaction."""
    script = Path(revision_file).with_suffix(".sql").read_text(encoding="utf-8")
    adapted: Any = op.get_bind().connection.dbapi_connection
    adapted.run_async(lambda driver: driver.execute(script))
