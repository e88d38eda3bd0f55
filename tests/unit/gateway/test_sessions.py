"""Correcta's session token: what opens, and everything that must not."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwe, jwt
from joserfc.jwk import OctKey

from services.gateway import sessions
from services.gateway.errors import NotSignedIn

SECRET = "a secret of the test"
KEY = sessions.derive_key(SECRET)
NOW = datetime(2026, 1, 20, 10, tzinfo=UTC)
CLAIMS: dict[str, Any] = {
    "id": "user-1",
    "role": "TEACHER",
    "institutionId": "inst-1",
    "name": "Zoé",
    "exp": int((NOW + timedelta(hours=1)).timestamp()),
}


def token(**overrides: Any) -> str:
    return sessions.mint({**CLAIMS, **overrides}, KEY)


def read(cookies: dict[str, str] | None = None, **headers: str) -> sessions.Session:
    return sessions.read(headers, cookies or {}, KEY, NOW)


def test_the_key_is_nextauths() -> None:
    """HKDF (RFC 5869) spelled out: an empty salt is 32 zero bytes, one block is enough."""
    extracted = hmac.digest(bytes(32), SECRET.encode(), "sha256")
    expected = hmac.digest(extracted, b"NextAuth.js Generated Encryption Key\x01", "sha256")
    assert KEY.get_op_key("encrypt") == expected


def test_a_session_is_read_from_either_cookie() -> None:
    for name in (sessions.COOKIE, sessions.SECURE_COOKIE):
        session = read({name: token()})
        assert (session.user_id, session.role, session.institution_id) == ("user-1", "TEACHER", "inst-1")
        assert not session.bearer


def test_a_long_cookie_comes_in_chunks() -> None:
    whole = token(name="x" * 5000)
    chunks = {f"{sessions.COOKIE}.{n}": whole[n * 1000 : (n + 1) * 1000] for n in range(len(whole) // 1000 + 1)}
    assert len(chunks) > 5
    assert read(dict(reversed(chunks.items()))).user_id == "user-1"
    del chunks[f"{sessions.COOKIE}.2"]
    with pytest.raises(NotSignedIn):
        read(chunks)


def test_a_bearer_token_is_a_session_too_and_says_so() -> None:
    assert read(authorization=f"Bearer {token()}").bearer
    assert read(authorization=f"bearer  {token()} ").bearer


def test_a_bad_bearer_does_not_fall_back_to_the_cookie() -> None:
    with pytest.raises(NotSignedIn):
        read({sessions.COOKIE: token()}, authorization="Bearer nonsense")
    with pytest.raises(NotSignedIn):
        read({sessions.COOKIE: token()}, authorization="Basic dXNlcjpwYXNz")


@pytest.mark.parametrize("cookies", [{}, {sessions.COOKIE: ""}, {"session": "x"}])
def test_no_session(cookies: dict[str, str]) -> None:
    with pytest.raises(NotSignedIn):
        read(cookies)


@pytest.mark.parametrize(
    "overrides",
    [
        {"exp": int(NOW.timestamp()) - 15},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"id": None},
        {"id": ""},
        {"id": ["user-1"]},
        {"role": 1},
        {"institutionId": 5},
    ],
)
def test_claims_that_make_no_session(overrides: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        read({sessions.COOKIE: token(**overrides)})


def test_a_platforms_administrator_belongs_to_no_institution() -> None:
    assert read({sessions.COOKIE: token(institutionId=None, role="PLATFORM_ADMIN")}).institution_id == ""


def test_a_clock_a_little_behind_is_tolerated() -> None:
    assert read({sessions.COOKIE: token(exp=int(NOW.timestamp()) - 14)})


def segments(text: str) -> list[str]:
    return text.split(".")


def test_a_token_changed_anywhere_is_refused() -> None:
    parts = segments(token())
    for index in (0, 2, 3, 4):
        changed = list(parts)
        changed[index] = ("B" if changed[index][0] != "B" else "C") + changed[index][1:]
        with pytest.raises(NotSignedIn):
            read({sessions.COOKIE: ".".join(changed)})


def test_another_secret_another_algorithm_or_no_encryption_is_refused() -> None:
    payload = json.dumps(CLAIMS)
    other = sessions.derive_key("another secret")
    weaker = OctKey.import_key(b"k" * 16)
    plain = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    body = base64.urlsafe_b64encode(payload.encode()).decode().rstrip("=")
    compressed = jwe.encrypt_compact(
        {"alg": "dir", "enc": "A256GCM", "zip": "DEF"}, payload, KEY, algorithms=["dir", "A256GCM", "DEF"]
    )
    forged = [
        sessions.mint(CLAIMS, other),
        jwe.encrypt_compact({"alg": "dir", "enc": "A128GCM"}, payload, weaker, algorithms=["dir", "A128GCM"]),
        jwt.encode({"alg": "HS256"}, CLAIMS, OctKey.import_key(SECRET)),
        f"{plain}.{body}.",
        compressed,
        "....",
        "x" * 20_000,
        sessions.mint({}, KEY).replace(".", "..", 1),
    ]
    for text in forged:
        with pytest.raises(NotSignedIn):
            read({sessions.COOKIE: text})


def test_a_payload_that_is_no_object_is_refused() -> None:
    for payload in ("[]", "null", '"x"', "not json", "[" * 100_000):
        text = jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, payload, KEY, algorithms=sessions.ALGORITHMS)
        with pytest.raises(NotSignedIn):
            read({sessions.COOKIE: text})
