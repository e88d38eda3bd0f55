"""Signed bearer tokens (JWS) of an identity provider, verified with the provider's public keys. Pure.

The key is found by the token's `kid` among the configured provider's; no address or key in a token is ever followed
(RFC 8725, 3.10), and no symmetric algorithm exists here (3.1).
"""

import re
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from services.gateway.errors import NotSignedIn
from services.gateway.identity import session_claims as claims
from services.gateway.identity.session_claims import Session

ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
"""What a provider may be allowed to sign with: public keys only."""

MIN_RSA_BITS = 2048  # RFC 7518, 3.3

_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Rules:
    """What a token has to be signed with, who has to have issued it, and for whom (RFC 8725, 3.8 and 3.9)."""

    algorithms: Collection[str]
    issuer: str
    audience: str


def key_id(token: str) -> str | None:
    """The `kid` of a token; None where it has none, or the text has not the form of a signed token."""
    try:
        kid = _header(token).get("kid")
    except NotSignedIn:
        return None
    return kid if isinstance(kid, str) else None


def verified(token: str, key: Key, rules: Rules, now: datetime) -> Session:
    """The session in a token that a provider's key has signed.

    Raises:
        NotSignedIn: the signature is not this key's by an allowed algorithm, or the claims make no session now.
    """
    if _header(token).get("alg") not in rules.algorithms:
        raise NotSignedIn("signed with an algorithm that is not allowed")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # the name `EdDSA` is deprecated by RFC 9864, and usual
            payload = jws.deserialize_compact(token, key, registry=_registry(rules)).payload
    except (JoseError, ValueError) as error:
        raise NotSignedIn(f"not verified: {type(error).__name__}") from error
    content = claims.parse(payload)
    audience = content.get("aud")
    if content.get("iss") != rules.issuer:
        raise NotSignedIn("of another issuer")
    if rules.audience not in (audience if isinstance(audience, list) else [audience]):
        raise NotSignedIn("for another audience")
    return claims.session_of(content, now, bearer=True)


def public_keys(document: bytes) -> dict[str, Key]:
    """The usable keys of a JWK Set (RFC 7517, 5) by their `kid`: public, for signatures, long enough. Others are left
    out.

    Raises:
        ValueError: it is no JWK Set.
    """
    try:
        members = claims.parse(document)["keys"]
        return {member["kid"]: key for member in list(members) if (key := _public_key(member)) is not None}
    except (NotSignedIn, KeyError, TypeError) as error:
        raise ValueError("no JWK Set") from error


def _header(token: str) -> dict[str, Any]:
    """The header of a signed token. We understand no extension, so none may be critical (RFC 7515, 4.1.11)."""
    match = _COMPACT.fullmatch(token)
    if match is None:
        raise NotSignedIn("no signed token")
    header = claims.parse_segment(match[1])
    if "crit" in header:
        raise NotSignedIn("a critical extension")
    return header


def _registry(rules: Rules) -> JWSRegistry:
    """Members of a header that we don't know are passed over (RFC 7515, 4)."""
    return JWSRegistry(algorithms=list(rules.algorithms), strict_check_header=False)


def _public_key(member: Any) -> Key | None:
    if not isinstance(member, dict) or not isinstance(member.get("kid"), str) or member.get("use", "sig") != "sig":
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # of short keys, which are left out below
            key = JWKRegistry.import_key(member)
            strong = not isinstance(key, RSAKey) or key.public_key.key_size >= MIN_RSA_BITS
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, RSAKey | ECKey | OKPKey) and not key.is_private and strong else None
