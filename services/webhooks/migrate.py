"""`python -m services.webhooks.migrate`: brings the tables of webhooks up to date and ends."""

from services.common.migrations.process import main
from services.webhooks.migrations import MIGRATIONS

if __name__ == "__main__":
    main("webhooks", MIGRATIONS)
