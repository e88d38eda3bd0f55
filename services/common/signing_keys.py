"""The keys of signed messages as settings write them: 32 bytes in base64url without padding, Ed25519 (RFC 8032).

`python -m services.common.signing_keys` writes new keys of all roles, as lines of an environment file.
"""

import base64
import binascii
import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AfterValidator, SecretStr

from contracts.topology import Role

KEYS_OF_ROLE = 2
"""How many keys of one role are trusted at most: the one in use, and the next or the last one."""

KEY_BYTES = 32


@dataclass(frozen=True)
class TrustedKey:
    """A public key and the role whose messages it verifies."""

    role: Role
    key: Ed25519PublicKey


def key_id(key: Ed25519PublicKey) -> str:
    """A key's name in signatures: the first 8 bytes of its SHA-256, in hex."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def private_key(text: str) -> Ed25519PrivateKey:
    """The private key that a setting holds.

    Raises:
        ValueError: it holds none.
    """
    return Ed25519PrivateKey.from_private_bytes(_read(text))


def trusted_keys(text: str) -> dict[str, TrustedKey]:
    """The keys of a list `role:key,role:key`, by their ids.

    Raises:
        ValueError: a role or key is malformed, a role has too many keys, or a key is listed twice.
    """
    found: dict[str, TrustedKey] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        role, _, key_text = part.partition(":")
        if role not in list(Role):
            raise ValueError(f"each key must begin with its role ({', '.join(Role)}) and a colon")
        key = Ed25519PublicKey.from_public_bytes(_read(key_text))
        if key_id(key) in found:
            raise ValueError("a key is listed twice")
        found[key_id(key)] = TrustedKey(Role(role), key)
    roles = [trusted.role for trusted in found.values()]
    if any(roles.count(role) > KEYS_OF_ROLE for role in Role):
        raise ValueError(f"a role may have {KEYS_OF_ROLE} keys at most")
    return found


def new_keys() -> dict[Role, str]:
    """A new private key for each role."""
    return {role: _written(Ed25519PrivateKey.generate().private_bytes_raw()) for role in Role}


def trusted_list(private_keys: Mapping[Role, str]) -> str:
    """The list of public keys that belongs to private ones by role.

    Raises:
        ValueError: one is no private key.
    """
    return ",".join(f"{role}:{_public(text)}" for role, text in private_keys.items())


def environment_lines(private_keys: Mapping[Role, str]) -> list[str]:
    """The keys as lines of an environment file: `GATEWAY_SIGNING_KEY=...` for each role, then `TRUSTED_KEYS=...`."""
    private = [f"{role.upper()}_SIGNING_KEY={text}" for role, text in private_keys.items()]
    return [*private, f"TRUSTED_KEYS={trusted_list(private_keys)}"]


def _checked_private(key: SecretStr) -> SecretStr:
    private_key(key.get_secret_value())
    return key


def _checked_list(text: str) -> str:
    trusted_keys(text)
    return text


SigningKey = Annotated[SecretStr, AfterValidator(_checked_private)]
"""The type of a setting that holds a private key."""

TrustedKeyList = Annotated[str, AfterValidator(_checked_list)]
"""The type of a setting that lists public keys."""


def _public(private: str) -> str:
    return _written(private_key(private).public_key().public_bytes_raw())


def _read(text: str) -> bytes:
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise ValueError("a key must be 32 bytes in base64url without padding")
    return raw


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in environment_lines(new_keys()))
