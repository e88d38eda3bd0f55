"""The settings of mail: all of them or none, and each said by its name."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from services.webhooks.settings import WebhookSettings

REQUIRED = {
    "amqp_url": "amqp://a:b@localhost/",
    "database_url": "postgresql://a:b@localhost/c",
    "webhook_keys": Fernet.generate_key().decode(),
}
MAIL = {
    "smtp_host": "localhost",
    "mail_from": "exports@example.org",
    "site_url": "https://one.example.org https://two.example.org",
    "correcta_database_url": "postgresql://a:b@localhost/c",
}


def read(**values: Any) -> WebhookSettings:
    return WebhookSettings(**(REQUIRED | values))


def test_without_a_server_there_is_no_mail_and_with_one_everything_is_needed() -> None:
    assert read().smtp_host is None
    assert read(**MAIL).site_url == "https://one.example.org"
    for left_out in ("mail_from", "site_url", "correcta_database_url"):
        with pytest.raises(ValidationError, match=f"SMTP_HOST needs {left_out.upper()}"):
            read(**{name: value for name, value in MAIL.items() if name != left_out})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mail_from", "nobody"),
        ("mail_from", "a@b\nBcc: c@d"),
        ("site_url", "correcta.example.org"),
        ("site_url", " "),
        ("smtp_security", "ssl"),
        ("smtp_port", 0),
        ("mail_after_seconds", -1),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        read(**(MAIL | {name: value}))
