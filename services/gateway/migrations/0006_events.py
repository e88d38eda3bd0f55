"""What events tell beside the end, and the events of the last days, to be read again."""

from services.common.migrations import apply

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the statements of the SQL file of the same name."""
    apply(__file__)
