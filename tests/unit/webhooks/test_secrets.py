"""Secrets of endpoints: what they sign, the library's own verifier takes; in the database they can't be read."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from standardwebhooks import Webhook, WebhookVerificationError

from services.webhooks.secrets import Keyring, WrongKey, new_secret, signed_headers

BODY = '{"type": "export.completed.v1", "data": {"name": "Zoé"}}'


def key() -> str:
    return Fernet.generate_key().decode()


def test_a_delivery_verifies_with_each_valid_secret_and_no_other() -> None:
    now = datetime.now(UTC)
    new, old, over = new_secret(), new_secret(), new_secret()
    held = [(new, None), (old, now + timedelta(hours=1)), (over, now - timedelta(seconds=1))]
    headers = signed_headers(held, "id-1", BODY, now)
    for secret in (new, old):
        assert Webhook(secret).verify(BODY, headers)["data"] == {"name": "Zoé"}
    for secret in (over, new_secret()):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(BODY + " ", headers)


def test_secrets_are_sealed_and_opened_while_their_key_is_known() -> None:
    old, new = key(), key()
    held = [(new_secret(), None), (new_secret(), datetime(2030, 1, 1, tzinfo=UTC))]
    sealed = Keyring(old).seal(held)
    assert held[0][0].encode() not in sealed
    assert Keyring(f"{new}, {old}").open(sealed) == held
    with pytest.raises(WrongKey):
        Keyring(new).open(sealed)
    with pytest.raises(WrongKey):
        Keyring(old).open(sealed[:-2])


def test_a_rotation_ends_the_secret_before_after_the_overlap() -> None:
    ring = Keyring(key())
    first, second, third = new_secret(), new_secret(), new_secret()
    sealed = ring.rotated(ring.seal([(first, None)]), second, timedelta(hours=2))
    [(newest, forever), (before, until)] = ring.open(sealed)
    assert (newest, forever, before) == (second, None, first)
    assert until is not None
    assert timedelta(hours=1.9) < until - datetime.now(UTC) <= timedelta(hours=2)
    again = ring.open(ring.rotated(sealed, third, timedelta(0)))
    assert [secret for secret, _ in again] == [third, second, first]
    headers = signed_headers(again, "id", BODY, datetime.now(UTC))
    with pytest.raises(WebhookVerificationError):
        Webhook(second).verify(BODY, headers)


@pytest.mark.parametrize("keys", ["", ",", "secret", "a" * 44])
def test_what_is_no_key_is_refused(keys: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Keyring(keys)
