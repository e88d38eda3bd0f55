"""What `python -m services.webhooks --check` tries."""

from services.common.checking import Check, broker, correcta_database, own_database
from services.webhooks import mail_store
from services.webhooks.migrations import MIGRATIONS
from services.webhooks.settings import WebhookSettings


def checks(settings: WebhookSettings) -> list[Check]:
    """One for each thing that webhooks need."""
    found = [
        broker(settings.amqp_url.get_secret_value()),
        own_database(settings.database_url.get_secret_value(), MIGRATIONS.version_table),
    ]
    if settings.correcta_database_url is not None:
        correcta = settings.correcta_database_url.get_secret_value()
        found.append(correcta_database(correcta, mail_store.RECIPIENTS))
    return found
