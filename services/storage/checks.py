"""What `python -m services.storage --check` tries."""

from services.common.checking import Check, broker, own_database
from services.storage.app import make_places
from services.storage.migrations import MIGRATIONS
from services.storage.settings import StorageSettings


def checks(settings: StorageSettings) -> list[Check]:
    """One for each thing that storage needs."""

    async def files() -> str:
        place, _ = make_places(settings)
        try:
            await place.probe()
        finally:
            await place.close()
        return "writable"

    return [
        broker(settings.amqp_url.get_secret_value()),
        own_database(settings.database_url.get_secret_value(), MIGRATIONS.version_table),
        Check("STORAGE_ROOT", files),
    ]
