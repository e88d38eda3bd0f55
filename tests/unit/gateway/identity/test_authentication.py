"""Whose session a request is in, when it presents several credentials or foreign ones."""

from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.datastructures import Headers

from services.gateway.errors import NotSignedIn
from services.gateway.identity import sessions
from services.gateway.identity.authentication import Authentication
from services.gateway.identity.session_claims import Session

NOW = datetime(2026, 1, 20, 10, tzinfo=UTC)
SECRET = "a secret of the test"
COOKIES = sessions.cookie_names((sessions.COOKIE, sessions.AUTH_JS_COOKIE))
AUTHENTICATION = Authentication(COOKIES, sessions.keys([SECRET], COOKIES))


def token(user: str, seconds: int = 60) -> str:
    claims: dict[str, Any] = {"id": user, "role": "TEACHER", "exp": int(NOW.timestamp()) + seconds}
    return sessions.mint(claims, sessions.derive_key(SECRET))


GOOD, OVER = token("teacher"), token("teacher", -60)


async def session(*headers: tuple[str, str]) -> Session:
    return await AUTHENTICATION.session(
        Headers(raw=[(name.encode(), value.encode("latin-1")) for name, value in headers]), NOW
    )


FOREIGN = [
    "Basic dXNlcjpwYXNz",
    "Negotiate YIIZ",
    "NTLM TlRMTVNTUAAB",
    "Digest username=x",
    "Bearer of-an-intranet",
    "Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.e30.AAAA",
    f"Bearer {OVER}",
    "Bearer",
    "",
    "é",
]


@pytest.mark.parametrize("authorization", FOREIGN)
async def test_a_foreign_credential_beside_a_good_cookie_locks_nobody_out(authorization: str) -> None:
    found = await session(("authorization", authorization), ("cookie", f"{sessions.COOKIE}={GOOD}"))
    assert (found.user_id, found.bearer) == ("teacher", False)
    with pytest.raises(NotSignedIn):
        await session(("authorization", authorization))


async def test_a_good_bearer_token_is_used_before_the_cookie_and_says_so() -> None:
    cookie = ("cookie", f"{sessions.COOKIE}={token('other')}")
    bearer = ("authorization", f"Bearer {GOOD}")
    for headers in ([bearer, cookie], [cookie, bearer], [("authorization", FOREIGN[0]), bearer, cookie]):
        found = await session(*headers)
        assert (found.user_id, found.bearer) == ("teacher", True)


@pytest.mark.parametrize(
    "cookie",
    [
        f"{sessions.SECURE_COOKIE}={OVER}; {sessions.COOKIE}={GOOD}",
        f"{sessions.SECURE_COOKIE}={GOOD}; {sessions.COOKIE}={token('other')}",
        f"{sessions.COOKIE}={OVER}; {sessions.COOKIE}={GOOD}",
        f"{sessions.COOKIE}={GOOD}; {sessions.COOKIE}={token('other')}",
        f"{sessions.COOKIE}=junk; {sessions.COOKIE}.1={GOOD[50:]}; {sessions.COOKIE}.0={GOOD[:50]}",
        f"{sessions.AUTH_JS_COOKIE}=junk; {sessions.COOKIE}={GOOD}",
        f"__Secure-{sessions.AUTH_JS_COOKIE}.0={GOOD[:9]}; __Secure-{sessions.AUTH_JS_COOKIE}.1={GOOD[9:]}",
    ],
)
async def test_the_first_cookie_that_opens_counts(cookie: str) -> None:
    assert (await session(("cookie", cookie))).user_id == "teacher"


@pytest.mark.parametrize("cookie", ["", "session=x", f"{sessions.COOKIE}=", f"{sessions.COOKIE}={OVER}", "=;=;"])
async def test_without_a_good_one_nobody_is_signed_in(cookie: str) -> None:
    with pytest.raises(NotSignedIn):
        await session(("cookie", cookie))
