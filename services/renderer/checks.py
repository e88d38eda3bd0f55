"""What `python -m services.renderer --check` tries."""

from services.common.checking import Check, broker, correcta_database, storage
from services.renderer.exam import correcta
from services.renderer.settings import RendererSettings


def checks(settings: RendererSettings) -> list[Check]:
    """One for each thing that a renderer needs."""
    database = settings.correcta_database_url.get_secret_value()
    return [
        broker(settings.amqp_url.get_secret_value()),
        correcta_database(database, correcta.SQL),
        storage(settings.storage_url),
    ]
