"""Whose session a request is in: the first token it presents that opens, bearer tokens before cookies.

A credential that is not ours (`Basic`, `Negotiate`, a bearer token of an intranet's proxy) is passed over: the cookie
beside it counts, and is what CSRF protection then goes by.
"""

from dataclasses import dataclass
from datetime import datetime

from starlette.datastructures import Headers

from services.gateway.errors import GatewayError, NotSignedIn, ProviderAway
from services.gateway.identity import credentials, sessions, signed_tokens
from services.gateway.identity.key_set import KeySet
from services.gateway.identity.session_claims import Session
from services.gateway.identity.sessions import SessionKey
from services.gateway.identity.signed_tokens import Rules


@dataclass(frozen=True)
class Provider:
    """An identity provider whose signed tokens are sessions, too."""

    keys: KeySet
    rules: Rules


@dataclass(frozen=True)
class Authentication:
    """How sessions are known: in which cookies, by which keys (NextAuth 4's of today first), by which provider."""

    cookies: tuple[str, ...]
    keys: tuple[SessionKey, ...]
    provider: Provider | None = None

    async def session(self, headers: Headers, now: datetime) -> Session:
        """The session that a request is in.

        Raises:
            NotSignedIn: it presents no token that makes one now.
            ProviderAway: it can't be known.
        """
        refusal: GatewayError = NotSignedIn("no session token")
        for token in credentials.bearers(headers.getlist("authorization")):
            try:
                return await self._bearer(token, now)
            except (NotSignedIn, ProviderAway) as error:
                refusal = error
        for token in credentials.session_tokens(credentials.cookies(headers.getlist("cookie")), self.cookies):
            try:
                return sessions.opened(token, self.keys, now)
            except NotSignedIn as error:
                refusal = error
        raise refusal

    async def _bearer(self, token: str, now: datetime) -> Session:
        if self.provider is not None and (kid := signed_tokens.key_id(token)) is not None:
            key = await self.provider.keys.find(kid)
            if key is None:
                raise NotSignedIn("signed with no key of the provider's")
            return signed_tokens.verified(token, key, self.provider.rules, now)
        return sessions.opened(token, self.keys, now, bearer=True)
