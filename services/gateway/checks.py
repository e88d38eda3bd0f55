"""What `python -m services.gateway --check` tries."""

from services.common.checking import Check, broker, foreign_database, http_service, own_database
from services.gateway import directory
from services.gateway.migrations import MIGRATIONS
from services.gateway.settings import GatewaySettings


def checks(settings: GatewaySettings) -> list[Check]:
    """One for each thing that the gateway needs."""
    correcta = settings.correcta_database_url.get_secret_value()
    return [
        broker(settings.amqp_url.get_secret_value()),
        own_database("DATABASE_URL", settings.database_url.get_secret_value(), MIGRATIONS.version_table),
        foreign_database("CORRECTA_DATABASE_URL", correcta, directory.SQL),
        http_service("STORAGE_URL", settings.storage_url),
    ]
