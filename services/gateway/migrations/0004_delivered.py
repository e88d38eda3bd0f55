"""The two steps in which an event of the outbox leaves: to its own exchange, then to the facts."""

from services.common.migrations import apply

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the statements of the SQL file of the same name."""
    apply(__file__)
