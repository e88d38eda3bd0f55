"""The claims of a session: which make one, and that any others, whatever they hold, are refused as what they are."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.errors import NotSignedIn
from services.gateway.identity import session_claims as claims
from services.gateway.identity.session_claims import LATEST, LEEWAY_SECONDS, Session
from services.gateway.parsing import storable

NOW = datetime(2026, 1, 20, 10, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
GOOD: dict[str, Any] = {"id": "user-1", "role": "TEACHER", "institutionId": "inst-1", "exp": SECONDS + 3600}

NUMBERS = ("Infinity", "-Infinity", "NaN", "true", "null", '"9999999999"', "1e400", "-1", "9" * 400, "[1]", "{}", "")
TEXTS = ('"\\ud800"', '"a\\u0000b"', '"\\n"', '""', f'"{"x" * 201}"', "1", "true", "null", '["user-1"]', "{}")


def session(text: str | bytes) -> Session:
    return claims.session_of(claims.parse(text if isinstance(text, bytes) else text.encode()), NOW, bearer=False)


def written(**raw: str) -> str:
    """The good claims with some written otherwise."""
    members = {name: json.dumps(value) for name, value in GOOD.items()} | raw
    return "{" + ", ".join(f'"{name}": {value}' for name, value in members.items()) + "}"


def test_good_claims_make_a_session() -> None:
    assert session(written()) == Session("user-1", "TEACHER", "inst-1", SECONDS + 3600)
    assert session(written(iat=str(SECONDS), nbf=f"{SECONDS}.5")).user_id == "user-1"


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("value", NUMBERS)
def test_what_is_no_moment_is_refused(name: str, value: str) -> None:
    with pytest.raises(NotSignedIn):
        session(written(**{name: value}))


@pytest.mark.parametrize("name", ["id", "role", "institutionId"])
@pytest.mark.parametrize("value", TEXTS)
def test_what_no_row_is_called_is_refused(name: str, value: str) -> None:
    if name == "institutionId" and value in ('""', "null"):
        assert session(written(institutionId=value)).institution_id == ""
    else:
        with pytest.raises(NotSignedIn):
            session(written(**{name: value}))


@pytest.mark.parametrize("name", sorted(GOOD))
def test_an_absent_claim_is_missed(name: str) -> None:
    text = json.dumps({key: value for key, value in GOOD.items() if key != name})
    if name == "institutionId":
        assert session(text).institution_id == ""
    else:
        with pytest.raises(NotSignedIn):
            session(text)


def test_the_user_may_be_the_subject() -> None:
    subject = {"sub": "user-2", **{key: value for key, value in GOOD.items() if key != "id"}}
    assert session(json.dumps(subject)).user_id == "user-2"
    assert session(json.dumps(subject | {"id": "user-1"})).user_id == "user-1"


@pytest.mark.parametrize("text", [written()[:-1] + ', "id": "other"}', '{"a": {"b": 1, "b": 2}}'])
def test_a_name_twice_is_refused(text: str) -> None:
    with pytest.raises(NotSignedIn):
        session(text)


@pytest.mark.parametrize(
    ("raw", "good"),
    [
        ({"exp": str(SECONDS - LEEWAY_SECONDS + 1)}, True),
        ({"exp": str(SECONDS - LEEWAY_SECONDS)}, False),
        ({"exp": str(LATEST)}, True),
        ({"exp": str(LATEST + 1)}, False),
        ({"nbf": str(SECONDS + LEEWAY_SECONDS)}, True),
        ({"nbf": str(SECONDS + LEEWAY_SECONDS + 1)}, False),
        ({"nbf": "0"}, True),
    ],
)
def test_clocks_may_be_a_little_apart(raw: dict[str, str], good: bool) -> None:
    if good:
        assert not session(written(**raw)).over(NOW)
    else:
        with pytest.raises(NotSignedIn):
            session(written(**raw))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(categories=None))),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)
NAMES = ("id", "sub", "role", "institutionId", "exp", "iat", "nbf")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON)))
def test_any_claims_make_a_session_that_the_database_can_be_asked_about_or_none(odd: dict[str, Any]) -> None:
    try:
        found = session(json.dumps(GOOD | odd))
    except NotSignedIn:
        return
    assert storable(found.user_id)
    assert storable(found.role)
    assert found.institution_id == "" or storable(found.institution_id)
    assert not found.over(NOW)


@given(st.one_of(st.binary(), st.text().map(str.encode)))
def test_any_bytes_are_claims_or_none(raw: bytes) -> None:
    try:
        assert isinstance(claims.parse(raw), dict)
    except NotSignedIn:
        return
