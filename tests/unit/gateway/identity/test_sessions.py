"""Correcta's session tokens: what NextAuth 4 and Auth.js wrote opens, and nothing else does."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc import jwe, jwt
from joserfc.jwk import OctKey

from services.gateway.errors import NotSignedIn
from services.gateway.identity import sessions
from services.gateway.identity.session_claims import Session

SECRET = "a secret of the test"
COOKIES = sessions.cookie_names((sessions.COOKIE, sessions.AUTH_JS_COOKIE))
KEYS = sessions.keys([SECRET], COOKIES)
KEY = sessions.derive_key(SECRET)
NOW = datetime(2026, 12, 20, 10, tzinfo=UTC)
CLAIMS: dict[str, Any] = {
    "id": "user-1",
    "role": "TEACHER",
    "institutionId": "inst-1",
    "name": "Zoé",
    "exp": int((NOW + timedelta(hours=1)).timestamp()),
}
RECORDED = json.loads((Path(__file__).parent / "samples" / "session_tokens.json").read_text("utf-8"))
"""Tokens that the two libraries themselves wrote, with the secret of this test, to last until 2076."""


def token(**overrides: Any) -> str:
    return sessions.mint({**CLAIMS, **overrides}, KEY)


def opened(text: str, *secrets: str) -> Session:
    return sessions.opened(text, sessions.keys(secrets, COOKIES) if secrets else KEYS, NOW)


def encrypted(payload: str | bytes) -> str:
    return jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, payload, KEY, algorithms=["dir", "A256GCM"])


def test_the_key_is_nextauths() -> None:
    """HKDF (RFC 5869) spelled out: an empty salt is 32 zero bytes, one block is enough."""
    extracted = hmac.digest(bytes(32), SECRET.encode(), "sha256")
    expected = hmac.digest(extracted, b"NextAuth.js Generated Encryption Key\x01", "sha256")
    assert KEY.get_op_key("encrypt") == expected


@pytest.mark.parametrize("cookie", sorted(RECORDED["tokens"]))
def test_a_token_of_each_library_opens(cookie: str) -> None:
    session = sessions.opened(RECORDED["tokens"][cookie], KEYS, NOW)
    assert (session.user_id, session.role, session.institution_id) == ("user-1", "TEACHER", "inst-1")
    assert not session.bearer


def test_auth_js_binds_a_token_to_the_name_of_its_cookie() -> None:
    other = sessions.keys([SECRET], ["another.session-token"])
    with pytest.raises(NotSignedIn):
        sessions.opened(RECORDED["tokens"]["authjs.session-token"], other, NOW)


def test_a_secret_is_rotated_with_two() -> None:
    for text in (token(), *RECORDED["tokens"].values()):
        assert opened(text, "the next secret", SECRET).user_id == "user-1"
        with pytest.raises(NotSignedIn):
            opened(text, "the next secret")


def test_the_secure_cookies_are_looked_at_first() -> None:
    assert COOKIES[:2] == (sessions.SECURE_COOKIE, "__Secure-authjs.session-token")
    assert sessions.cookie_names(["__Host-session"]) == ("__Host-session",)


def test_a_token_changed_anywhere_is_refused() -> None:
    parts = token().split(".")
    for index in (0, 2, 3, 4):
        changed = list(parts)
        changed[index] = ("B" if changed[index][0] != "B" else "C") + changed[index][1:]
        with pytest.raises(NotSignedIn):
            opened(".".join(changed))


def test_another_secret_another_algorithm_or_no_encryption_is_refused() -> None:
    payload = json.dumps(CLAIMS)
    weaker = OctKey.import_key(b"k" * 16)
    plain = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    body = base64.urlsafe_b64encode(payload.encode()).decode().rstrip("=")
    compressed = jwe.encrypt_compact(
        {"alg": "dir", "enc": "A256GCM", "zip": "DEF"}, payload, KEY, algorithms=["dir", "A256GCM", "DEF"]
    )
    forged = [
        sessions.mint(CLAIMS, sessions.derive_key("another secret")),
        jwe.encrypt_compact({"alg": "dir", "enc": "A128GCM"}, payload, weaker, algorithms=["dir", "A128GCM"]),
        jwt.encode({"alg": "HS256"}, CLAIMS, OctKey.import_key(SECRET)),
        f"{plain}.{body}.",
        compressed,
        "....",
        "x" * 20_000,
        sessions.mint({}, KEY),
        token().replace(".", "..", 1),
    ]
    for text in forged:
        with pytest.raises(NotSignedIn):
            opened(text)


@pytest.mark.parametrize("payload", ["[]", "null", '"x"', "not json", "[" * 100_000, b"\xff\xfe{\x00}\x00", ""])
def test_a_payload_that_is_no_object_is_refused(payload: str | bytes) -> None:
    with pytest.raises(NotSignedIn):
        opened(encrypted(payload))


HEADERS = st.sampled_from(["[]", '"alg enc"', "{}", "1", "null", '{"alg":"dir"}', '{"alg":1,"enc":[]}', "[" * 500])
PARTS = st.one_of(
    st.text(max_size=30),
    st.binary(max_size=30).map(lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("=")),
    HEADERS.map(lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")),
    st.sampled_from(token().split(".")),
)
FIELDS = st.dictionaries(
    st.sampled_from(["alg", "enc", "zip", "crit", "kid", "p2c", "epk", "cty"]),
    st.one_of(st.none(), st.integers(), st.text(max_size=5), st.lists(st.text(max_size=5), max_size=2), st.just("dir")),
)


@given(st.one_of(st.text(), st.lists(PARTS, max_size=7).map(".".join)))
@example("é" * 5 + "....")
@example("A....")
def test_whatever_is_sent_as_a_token_opens_or_is_refused(text: str) -> None:
    try:
        assert opened(text).user_id == "user-1"
    except NotSignedIn:
        return


@given(FIELDS)
def test_whatever_a_header_says_the_token_opens_or_is_refused(fields: dict[str, Any]) -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "dir", "enc": "A256GCM"} | fields).encode()).decode()
    parts = token().split(".")
    with pytest.raises(NotSignedIn):
        opened(".".join([header.rstrip("="), *parts[1:]]))
