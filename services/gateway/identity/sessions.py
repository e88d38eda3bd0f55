"""Correcta's session tokens: the encrypted ones (JWE) that NextAuth 4 and its successor Auth.js write into a cookie.

Pure: secrets and the moment are passed in. One algorithm for each of the two, keys of our own secrets only.
Source of names and keys: next-auth 4.24 `jwt/index.ts`, @auth/core 0.41 `jwt.ts` and `cookie.ts`.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from services.gateway.errors import NotSignedIn
from services.gateway.identity import session_claims as claims
from services.gateway.identity.session_claims import Session

COOKIE = "next-auth.session-token"
AUTH_JS_COOKIE = "authjs.session-token"
SECURE = "__Secure-"
SECURE_COOKIE = f"{SECURE}{COOKIE}"

_NEXT_AUTH, _AUTH_JS = "A256GCM", "A256CBC-HS512"
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class SessionKey:
    """A key, and the content encryption (`enc`) it is for."""

    encryption: str
    key: OctKey


def cookie_names(names: Sequence[str]) -> tuple[str, ...]:
    """The cookies that may hold a session, those that only an https site can set first: each name, and the name with
    the prefix `__Secure-` where it has none.
    """
    return (*(SECURE + name for name in names if not name.startswith("__")), *names)


def derive_key(secret: str) -> OctKey:
    """The encryption key NextAuth 4 derives from its secret."""
    return _derived(secret, salt="", info="NextAuth.js Generated Encryption Key", length=32)


def keys(secrets: Sequence[str], cookies: Iterable[str]) -> tuple[SessionKey, ...]:
    """Every key that a session may be encrypted with: NextAuth 4 has one a secret, Auth.js one a secret and cookie."""
    auth_js = (
        _derived(secret, salt=name, info=f"Auth.js Generated Encryption Key ({name})", length=64)
        for name in cookies
        for secret in secrets
    )
    return (
        *(SessionKey(_NEXT_AUTH, derive_key(secret)) for secret in secrets),
        *(SessionKey(_AUTH_JS, key) for key in auth_js),
    )


def mint(content: Mapping[str, Any], key: OctKey) -> str:
    """A session token as NextAuth 4 writes it."""
    return jwe.encrypt_compact(
        {"alg": "dir", "enc": _NEXT_AUTH}, json.dumps(content), key, algorithms=_allowed(_NEXT_AUTH)
    )


def opened(token: str, keys: Iterable[SessionKey], now: datetime, *, bearer: bool = False) -> Session:
    """The session in a token. The header's `kid` is not needed: decryption authenticates, so the right key shows.

    Raises:
        NotSignedIn: none of the keys opens it, or its claims make no session now.
    """
    match = _COMPACT.fullmatch(token)
    if match is None:
        raise NotSignedIn("no session token")
    header = _header(match[1])
    for each in keys:
        if each.encryption == header["enc"] and (content := _decrypted(token, each)) is not None:
            return claims.session_of(claims.parse(content), now, bearer=bearer)
    raise NotSignedIn("no key opens the token")


def _header(segment: str) -> dict[str, Any]:
    """The header, of the members that the two libraries write and no others: nothing else in it is ever acted upon."""
    header = claims.parse_segment(segment)
    if header.get("alg") != "dir" or "enc" not in header or not header.keys() <= {"alg", "enc", "kid"}:
        raise NotSignedIn("no header of a session token")
    return header


def _decrypted(token: str, by: SessionKey) -> bytes | None:
    try:
        return jwe.decrypt_compact(token, by.key, algorithms=_allowed(by.encryption)).plaintext
    except (JoseError, ValueError):
        return None


def _allowed(encryption: str) -> list[str]:
    return ["dir", encryption]


def _derived(secret: str, *, salt: str, info: str, length: int) -> OctKey:
    derivation = HKDF(SHA256(), length=length, salt=salt.encode(), info=info.encode())
    return OctKey.import_key(derivation.derive(secret.encode()))
