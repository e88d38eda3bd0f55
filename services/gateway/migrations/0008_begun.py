"""When an export was begun, how many copies it was asked for, and an index of those that were made."""

from services.common.migrations import apply

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the statements of the SQL file of the same name."""
    apply(__file__)
