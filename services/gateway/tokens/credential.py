"""The form of a service token, and what is known about one. Pure.

A token is 256 random bits behind a prefix by which it is recognised, also by scanners of secrets. A plain sha256 of it
suffices: a slow password hash protects what can be guessed, and this can't.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.http import TokenScope
from services.gateway.errors import InsufficientScope, InvalidToken

PREFIX = "cxt_"
RANDOM_BYTES = 32

_OURS = re.compile(rf"\bbearer\s+{PREFIX}", re.IGNORECASE)
_WHOLE = re.compile(rf"(?i:bearer) +({PREFIX}[A-Za-z0-9_-]{{43}}) *")


@dataclass(frozen=True)
class ServiceToken:
    """A token as its row tells it. `scopes` are those that this version knows."""

    id: UUID
    institution_id: str
    name: str
    scopes: frozenset[TokenScope]
    created_at: datetime
    expires_at: datetime
    expired: bool
    revoked_at: datetime | None
    last_used_at: datetime | None

    @property
    def user_id(self) -> str:
        """Who asks for an export with this token: its `requestedBy`, and the actor in the audit."""
        return f"service:{self.id}"

    def require(self, scope: TokenScope) -> None:
        """Return where the token has this scope.

        Raises:
            InsufficientScope: it has not.
        """
        if scope not in self.scopes:
            raise InsufficientScope(scope)


def presented(authorizations: Sequence[str]) -> str | None:
    """The service token in a request's `Authorization` headers; None where none of them holds one.

    Raises:
        InvalidToken: there is one, but malformed or beside another credential.
    """
    if not any(map(_OURS.search, authorizations)):
        return None
    match = _WHOLE.fullmatch(authorizations[0]) if len(authorizations) == 1 else None
    if match is None:
        raise InvalidToken("malformed, or beside another credential")
    return match[1]


def digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()
