"""`python -m services.gateway.migrate`: brings the gateway's tables up to date and ends."""

from services.common.migrations.process import main
from services.gateway.migrations import MIGRATIONS

if __name__ == "__main__":
    main("gateway", MIGRATIONS)
