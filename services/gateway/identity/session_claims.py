"""The claims of a session: the JSON object inside a token, checked, as a `Session`. Pure.

Nothing is converted or guessed: a claim of another type, or a name twice, is no claim of ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc.util import urlsafe_b64decode

from contracts.strict_json import NotJson, strict_json
from services.gateway.errors import NotSignedIn

LEEWAY_SECONDS = 15  # NextAuth's own clock tolerance
LATEST = 253_402_300_799
"""The last second of the year 9999 (RFC 7519, 2: a NumericDate), beyond which no `datetime` goes."""

MAX_IDENTIFIER_CHARACTERS = 200


@dataclass(frozen=True)
class Session:
    """What a token says of its user. No institution (a platform administrator) is the empty string: no exams.

    `bearer` when the token came in a header no other site can set.
    """

    user_id: str
    role: str
    institution_id: str
    expires_at: float
    bearer: bool = False

    def over(self, now: datetime) -> bool:
        """Whether its time is up, clocks being a little apart."""
        return self.expires_at + LEEWAY_SECONDS <= now.timestamp()


def parse(text: bytes | None) -> dict[str, Any]:
    """The JSON object (RFC 8259) in a token's header or payload.

    Raises:
        NotSignedIn: it is none, has a name twice, or a number that is none.
    """
    try:
        found = strict_json(text or b"")
    except NotJson as error:
        raise NotSignedIn(f"no JSON object: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise NotSignedIn("no JSON object")
    return found


def parse_segment(segment: str) -> dict[str, Any]:
    """The JSON object in a token's segment (base64url, RFC 7515, 2).

    Raises:
        NotSignedIn: as `parse`.
    """
    try:
        return parse(urlsafe_b64decode(segment.encode()))
    except ValueError as error:
        raise NotSignedIn("no base64url") from error


def session_of(claims: Mapping[str, Any], now: datetime, *, bearer: bool) -> Session:
    """The session that claims describe: `id` (else `sub`), `role`, `institutionId`, `exp`, and `nbf` and `iat` if any.

    Raises:
        NotSignedIn: a claim is absent or malformed, or the session is over or has not begun.
    """
    expires, begins = _moment(claims, "exp"), _moment(claims, "nbf")
    _moment(claims, "iat")
    if expires is None:
        raise NotSignedIn("a session without end")
    if begins is not None and begins - LEEWAY_SECONDS > now.timestamp():
        raise NotSignedIn("the session has not begun")
    user_id = _identifier(claims, "id" if "id" in claims else "sub")
    institution_id = "" if claims.get("institutionId") in (None, "") else _identifier(claims, "institutionId")
    session = Session(user_id, _identifier(claims, "role"), institution_id, expires, bearer)
    if session.over(now):
        raise NotSignedIn("the session is over")
    return session


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    """Seconds since 1970 (RFC 7519, 2)."""
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LATEST:
        raise NotSignedIn(f"{name} is no moment")
    return float(value)


def _identifier(claims: Mapping[str, Any], name: str) -> str:
    """A text that a row of Correcta may have: no surrogate, no NUL, not long."""
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_IDENTIFIER_CHARACTERS or not value.isprintable():
        raise NotSignedIn(f"{name} is no identifier")
    return value
