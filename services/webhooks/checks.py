"""What `python -m services.webhooks --check` tries."""

from services.common.checking import Check, broker, foreign_database, own_database
from services.webhooks import mail_store
from services.webhooks.migrations import MIGRATIONS
from services.webhooks.settings import WebhookSettings


def checks(settings: WebhookSettings) -> list[Check]:
    """One for each thing that webhooks need."""
    found = [
        broker(settings.amqp_url.get_secret_value()),
        own_database("DATABASE_URL", settings.database_url.get_secret_value(), MIGRATIONS.version_table),
    ]
    if settings.correcta_database_url is not None:
        correcta = settings.correcta_database_url.get_secret_value()
        found.append(foreign_database("CORRECTA_DATABASE_URL", correcta, mail_store.RECIPIENTS))
    return found
