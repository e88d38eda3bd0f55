"""Signing secrets of endpoints: made here, kept encrypted, two valid while one is replaced by the next."""

import json
import secrets
from base64 import b64encode
from datetime import UTC, datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from standardwebhooks import Webhook

BYTES = 32
"""Standard Webhooks asks for 24 to 64."""


def new_secret() -> str:
    """A secret as Standard Webhooks writes it."""
    return f"whsec_{b64encode(secrets.token_bytes(BYTES)).decode()}"


class Keyring:
    """The keys by which secrets are encrypted in the database: the first encrypts, each decrypts."""

    def __init__(self, keys: str) -> None:
        """Keys as `python -m services.webhooks.endpoints key` makes them, separated by commas.

        Raises:
            ValueError: there is none, or one is malformed.
        """
        self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",") if key.strip()])

    def seal(self, held: list[tuple[str, datetime | None]]) -> bytes:
        """Secrets, each with the time at which it ends to be valid (None: never), encrypted."""
        plain = [[secret, until.isoformat() if until else None] for secret, until in held]
        return self._fernet.encrypt(json.dumps(plain).encode())

    def open(self, sealed: bytes) -> list[tuple[str, datetime | None]]:
        """What `seal` was given.

        Raises:
            WrongKey: no key of ours encrypted it.
        """
        try:
            plain = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken as error:
            raise WrongKey from error
        return [(secret, datetime.fromisoformat(until) if until else None) for secret, until in plain]

    def rotated(self, sealed: bytes, secret: str, overlap: timedelta) -> bytes:
        """The secrets with a new one before them; the one it replaces is valid for the overlap."""
        now = datetime.now(UTC)
        valid = [(each, until) for each, until in self.open(sealed) if until is None or until > now]
        return self.seal([(secret, None), *((each, until or now + overlap) for each, until in valid)])


class WrongKey(Exception):
    """The secrets were encrypted with a key that `WEBHOOK_KEYS` does not name."""


def signed_headers(held: list[tuple[str, datetime | None]], event_id: str, body: str, now: datetime) -> dict[str, str]:
    """The headers of a delivery (Standard Webhooks 1.0): id, time, and a signature by each secret that is valid."""
    valid = [secret for secret, until in held if until is None or until > now]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(event_id, now, body) for secret in valid),
    }
