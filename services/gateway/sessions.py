"""Correcta's session token (a NextAuth v4 JWE), read from its cookie or sent as a bearer token.

Pure: the secret and the moment are passed in. One algorithm, one key; a token with another is refused.
Source of key and cookie names: NextAuth v4, JWT sessions.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from services.gateway.errors import NotSignedIn

COOKIE = "next-auth.session-token"
SECURE_COOKIE = f"__Secure-{COOKIE}"
ALGORITHMS = ["dir", "A256GCM"]
LEEWAY_SECONDS = 15  # NextAuth's own clock tolerance
MAX_TOKEN_CHARACTERS = 16_384

_INFO = b"NextAuth.js Generated Encryption Key"
_BEARER = re.compile(r"Bearer +([A-Za-z0-9_\-.]+) *", re.IGNORECASE)


@dataclass(frozen=True)
class Session:
    """What a session says of its user. No institution (a platform administrator) is the empty string: no exams.

    `bearer` when the token came in a header no other site can set.
    """

    user_id: str
    role: str
    institution_id: str
    name: str
    expires_at: int
    bearer: bool = False


def derive_key(secret: str) -> OctKey:
    """The encryption key NextAuth derives from its secret."""
    return OctKey.import_key(HKDF(SHA256(), length=32, salt=b"", info=_INFO).derive(secret.encode()))


def mint(claims: Mapping[str, Any], key: OctKey) -> str:
    """A session token as NextAuth writes it."""
    return jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, json.dumps(claims), key, algorithms=ALGORITHMS)


def read(headers: Mapping[str, str], cookies: Mapping[str, str], key: OctKey, now: datetime) -> Session:
    """The session of a request; a bearer token, where there is one, takes precedence over cookies.

    Raises:
        NotSignedIn: there is none, or it can't be opened, or it is over.
    """
    authorization = headers.get("authorization")
    if authorization is not None:
        match = _BEARER.fullmatch(authorization.strip())
        if match is None:
            raise NotSignedIn("malformed Authorization header")
        return _open(match[1], key, now, bearer=True)
    token = _assembled(cookies, SECURE_COOKIE) or _assembled(cookies, COOKIE)
    if token is None:
        raise NotSignedIn("no session cookie")
    return _open(token, key, now, bearer=False)


def _assembled(cookies: Mapping[str, str], name: str) -> str | None:
    """A cookie's value; NextAuth cuts a long one into `name.0`, `name.1` and so on."""
    if name in cookies:
        return cookies[name]
    chunks: list[str] = []
    while (chunk := cookies.get(f"{name}.{len(chunks)}")) is not None:
        chunks.append(chunk)
    return "".join(chunks) or None


def _open(token: str, key: OctKey, now: datetime, *, bearer: bool) -> Session:
    claims = _claims(token, key)
    expiry = claims.get("exp")
    if isinstance(expiry, bool) or not isinstance(expiry, int | float) or expiry + LEEWAY_SECONDS <= now.timestamp():
        raise NotSignedIn("the session is over")
    user_id, role, institution_id = claims.get("id"), claims.get("role"), claims.get("institutionId") or ""
    if not isinstance(user_id, str) or not isinstance(role, str) or not isinstance(institution_id, str) or not user_id:
        raise NotSignedIn("the session names no user")
    return Session(user_id, role, institution_id, str(claims.get("name") or ""), int(expiry), bearer)


def _claims(token: str, key: OctKey) -> dict[str, Any]:
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise NotSignedIn("the token is too long")
    try:
        opened = jwe.decrypt_compact(token, key, algorithms=ALGORITHMS)
        claims = json.loads(opened.plaintext or b"")
    except (JoseError, ValueError, RecursionError) as error:
        raise NotSignedIn(f"the token can't be opened: {type(error).__name__}") from error
    if not isinstance(claims, dict):
        raise NotSignedIn("the token holds no claims")
    return claims
