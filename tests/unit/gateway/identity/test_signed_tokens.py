"""Signed bearer tokens: by whom, for whom, with what; and which keys of a provider count."""

import base64
import hmac
import json
import warnings
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.util import urlsafe_b64encode

from services.gateway.errors import NotSignedIn
from services.gateway.identity import signed_tokens
from services.gateway.identity.session_claims import Session
from services.gateway.identity.signed_tokens import Rules

NOW = datetime(2026, 1, 20, 10, tzinfo=UTC)
RULES = Rules(("RS256", "ES256", "EdDSA"), "https://id.example", "correcta")
CLAIMS: dict[str, Any] = {
    "sub": "user-1",
    "role": "TEACHER",
    "institutionId": "inst-1",
    "iss": "https://id.example",
    "aud": "correcta",
    "exp": int(NOW.timestamp()) + 60,
}
RSA = RSAKey.generate_key(2048, {"kid": "rsa"}, private=True)
EC = ECKey.generate_key("P-256", {"kid": "ec"}, private=True)
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"}, private=True)
SIGNED_BY: dict[str, Key] = {"RS256": RSA, "ES256": EC, "EdDSA": ED}


def signed(key: Key, algorithm: str, claims: dict[str, Any] | None = None, **header: Any) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        fields = {"alg": algorithm, "kid": str(key.kid), **header}
        registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
        return jws.serialize_compact(fields, json.dumps(claims or CLAIMS), key, registry=registry)


def public(*keys: Key) -> dict[str, Key]:
    return signed_tokens.public_keys(json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode())


def handmade(**header: Any) -> str:
    """A token signed by a key of the provider's, whatever its header says."""
    segments = [json.dumps({"alg": "ES256", "kid": "ec"} | header).encode(), json.dumps(CLAIMS).encode()]
    content = b".".join(map(urlsafe_b64encode, segments))
    return b".".join([content, urlsafe_b64encode(jws.JWSRegistry.algorithms["ES256"].sign(content, EC))]).decode()


KNOWN = public(RSA, EC, ED)
TOKEN = signed(RSA, "RS256")


def verified(token: str, rules: Rules = RULES) -> Session:
    """As the gateway does it: the key is found by its id."""
    kid = signed_tokens.key_id(token)
    if kid not in KNOWN:
        raise NotSignedIn
    return signed_tokens.verified(token, KNOWN[kid], rules, NOW)


@pytest.mark.parametrize("algorithm", sorted(SIGNED_BY))
def test_each_allowed_algorithm_makes_a_bearer_session(algorithm: str) -> None:
    session = verified(signed(SIGNED_BY[algorithm], algorithm, typ="at+jwt", made_up="x"))
    assert session == Session("user-1", "TEACHER", "inst-1", CLAIMS["exp"], bearer=True)


@pytest.mark.parametrize("aud", ["correcta", ["other", "correcta"]])
def test_the_audience_may_be_a_list(aud: object) -> None:
    assert verified(signed(RSA, "RS256", CLAIMS | {"aud": aud})).user_id == "user-1"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"iss": ["https://id.example"]},
        {"aud": "other"},
        {"aud": []},
        {"aud": None},
        {"aud": {"correcta": 1}},
        {"exp": int(NOW.timestamp()) - 60},
        {"exp": None},
        {"nbf": int(NOW.timestamp()) + 60},
        {"sub": ""},
        {"role": None},
    ],
)
def test_claims_for_another_time_or_audience_or_from_another_issuer_are_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        verified(signed(RSA, "RS256", CLAIMS | claims))


def test_forged_signatures_are_refused() -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "rsa"}, private=True)
    header = base64.urlsafe_b64encode(b'{"alg":"none","kid":"rsa"}').decode().rstrip("=")
    payload = signed(RSA, "RS256").split(".")[1]
    shared = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"rsa"}').decode().rstrip("=")
    # The public key taken for a shared secret (RFC 8725, 2.1).
    confused = hmac.digest(RSA.as_pem(private=False), f"{shared}.{payload}".encode(), "sha256")
    good = signed(RSA, "RS256")
    forged = [
        signed(stranger, "RS256"),
        signed(stranger, "RS256", jku="https://evil.example/keys", jwk=stranger.as_dict(private=False)),
        signed(stranger, "RS256", x5u="https://evil.example/cert"),
        handmade(crit=["made_up"], made_up=1),
        handmade(crit=[]),
        signed(RSA, "RS384"),
        signed(RSA, "PS256"),
        f"{header}.{payload}.",
        f"{header}.{payload}.AAAA",
        f"{shared}.{payload}.{base64.urlsafe_b64encode(confused).decode().rstrip('=')}",
        good[:-4] + "AAAA",
        good.replace(payload, payload[:-2] + "AA"),
        signed(ECKey.generate_key("P-256", {"kid": "ed"}, private=True), "ES256"),
    ]
    for token in forged:
        with pytest.raises(NotSignedIn):
            verified(token)


def test_a_token_without_the_id_of_its_key_has_none() -> None:
    for header in (b'{"alg":"RS256"}', b'{"kid":1}', b"[]", b"{", b'{"kid":"a","kid":"b"}'):
        text = base64.urlsafe_b64encode(header).decode().rstrip("=")
        assert signed_tokens.key_id(f"{text}.e30.AAAA") is None
    assert signed_tokens.key_id("a..b.c.d") is None


def test_only_public_keys_that_sign_and_are_long_enough_count() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        short = RSAKey.generate_key(1024, {"kid": "short"}, private=True)
        members: list[Any] = [
            EC.as_dict(private=False),
            short.as_dict(private=False),
            RSA.as_dict(private=True),
            OctKey.generate_key(256, {"kid": "shared"}).as_dict(),
            ECKey.generate_key("P-256", {"kid": "enc", "use": "enc"}).as_dict(private=False),
            {"kty": "EC", "kid": "broken", "crv": "P-256", "x": "AA", "y": "AA"},
            {"kty": "new", "kid": "new"},
            {"kid": 1},
            "text",
            None,
        ]
    assert set(signed_tokens.public_keys(json.dumps({"keys": members}).encode())) == {"ec"}


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{}", b'{"keys": 1}', b'{"keys": null}', b"<html>", b'{"a":1,"a":2}']
)
def test_what_is_no_set_of_keys_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match="JWK Set"):
        signed_tokens.public_keys(document)


@given(st.one_of(st.text(), st.lists(st.sampled_from([*TOKEN.split("."), "", "e30", "A"])).map(".".join)))
def test_whatever_is_sent_is_verified_or_refused(text: str) -> None:
    try:
        assert verified(text).user_id == "user-1"
    except NotSignedIn:
        return


FIELDS = st.dictionaries(
    st.sampled_from(["alg", "typ", "crit", "b64", "jwk", "jku", "x5c", "x5t", "cty"]),
    st.one_of(st.none(), st.integers(), st.text(max_size=5), st.lists(st.text(max_size=5), max_size=2), st.booleans()),
)


@given(FIELDS)
def test_whatever_a_header_says_the_token_is_refused_once_it_is_not_the_signed_one(fields: dict[str, Any]) -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "RS256", "kid": "rsa"} | fields).encode()).decode()
    with pytest.raises(NotSignedIn):
        verified(".".join([header.rstrip("="), *TOKEN.split(".")[1:]]))


@given(FIELDS)
def test_whatever_a_signed_header_says_the_token_is_verified_or_refused(fields: dict[str, Any]) -> None:
    try:
        assert verified(handmade(**fields)).user_id == "user-1"
    except NotSignedIn:
        return
