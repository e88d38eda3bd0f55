"""Streams that follow an exam: what a notification says, and an index of an exam's exports."""

from services.common.migrations import apply

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the statements of the SQL file of the same name."""
    apply(__file__)
