"""`python -m services.storage.migrate`: brings storage's tables up to date and ends."""

from services.common.migrations.process import main
from services.storage.migrations import MIGRATIONS

if __name__ == "__main__":
    main("storage", MIGRATIONS)
