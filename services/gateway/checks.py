"""What `python -m services.gateway --check` tries."""

from services.common.checking import Check, broker, correcta_database, own_database, storage
from services.gateway import directory
from services.gateway.migrations import MIGRATIONS
from services.gateway.settings import GatewaySettings


def checks(settings: GatewaySettings) -> list[Check]:
    """One for each thing that the gateway needs."""
    correcta = settings.correcta_database_url.get_secret_value()
    return [
        broker(settings.amqp_url.get_secret_value()),
        own_database(settings.database_url.get_secret_value(), MIGRATIONS.version_table),
        correcta_database(correcta, directory.SQL),
        storage(settings.storage_url),
    ]
