"""The form of service tokens, and how one is recognised in a request."""

from typing import Any
from uuid import UUID

import pytest

from contracts.http import TokenScope
from services.gateway.errors import InsufficientScope, InvalidToken
from services.gateway.tokens.credential import ServiceToken, digest, presented
from tests.builders import AS_OF

TOKEN = "cxt_" + "aZ09_-" * 7 + "b"


def a_token(**overrides: Any) -> ServiceToken:
    values: dict[str, Any] = {
        "id": UUID(int=1),
        "institution_id": "inst-1",
        "name": "archive",
        "scopes": frozenset({TokenScope.FILES_READ}),
        "created_at": AS_OF,
        "expires_at": AS_OF,
        "expired": False,
        "revoked_at": None,
        "last_used_at": None,
    }
    return ServiceToken(**(values | overrides))


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER   "])
def test_a_token_is_recognised_whatever_the_schemes_case(scheme: str) -> None:
    assert presented([scheme + TOKEN]) == TOKEN


@pytest.mark.parametrize(
    "other", [[], ["Basic dXNlcg=="], ["Bearer eyJhbGciOiJkaXIifQ..a.b.c"], ["Negotiate x"], ["Bearer"], ["cxt_"], [""]]
)
def test_other_credentials_are_no_token(other: list[str]) -> None:
    assert presented(other) is None


@pytest.mark.parametrize(
    "malformed",
    [
        [f"Bearer {TOKEN}x"],
        [f"Bearer {TOKEN[:-1]}"],
        ["Bearer cxt_"],
        [f"Bearer {TOKEN} {TOKEN}"],
        [f"Bearer {TOKEN[:-1]}é"],
        [f"Bearer {TOKEN.upper()}"],
        [f"Bearer\t{TOKEN}"],
        [f"Basic dXNlcg==, Bearer {TOKEN}"],
        ["Basic dXNlcg==", f"Bearer {TOKEN}"],
        [f"Bearer {TOKEN}", f"Bearer {TOKEN}"],
    ],
)
def test_a_malformed_token_or_one_beside_another_credential_is_refused_not_passed_over(malformed: list[str]) -> None:
    with pytest.raises(InvalidToken):
        presented(malformed)


def test_a_digest_is_not_the_token() -> None:
    assert len(digest(TOKEN)) == 32
    assert digest(TOKEN) != digest(TOKEN[:-1] + "c")


def test_a_token_has_the_scopes_it_was_minted_with_and_no_other() -> None:
    token = a_token()
    token.require(TokenScope.FILES_READ)
    for scope in set(TokenScope) - {TokenScope.FILES_READ}:
        with pytest.raises(InsufficientScope) as refused:
            token.require(scope)
        assert refused.value.headers()["WWW-Authenticate"].endswith(f'error="insufficient_scope", scope="{scope}"')


def test_a_service_is_named_by_its_token() -> None:
    assert a_token().user_id == "service:00000000-0000-0000-0000-000000000001"
