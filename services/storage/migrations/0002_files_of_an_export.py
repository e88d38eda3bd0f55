"""An index by export: whether a file's owner is the owner of the export's other files is asked with every upload."""

from services.common.migrations import apply

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the statements of the SQL file of the same name."""
    apply(__file__)
