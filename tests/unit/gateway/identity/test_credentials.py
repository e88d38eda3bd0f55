"""Which tokens a request presents, in which order."""

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.identity import credentials
from services.gateway.identity.credentials import MAX_TOKEN_CHARACTERS, MAX_TOKENS

NAMES = ("__Secure-session", "session")


def tokens(*headers: str) -> list[str]:
    return credentials.session_tokens(credentials.cookies(headers), NAMES)


def test_the_secure_cookie_comes_before_the_other() -> None:
    assert tokens("session=plain; __Secure-session=secure") == ["secure", "plain"]
    assert tokens("session=plain", "__Secure-session=secure") == ["secure", "plain"]


def test_of_two_with_one_name_the_first_is_tried_first() -> None:
    assert tokens("session=one; other=x; session=two; session=one") == ["one", "two"]


def test_chunks_are_joined_by_number() -> None:
    assert tokens("session.1=b; session.10=k; session.0=a; session.2=c") == ["abc"]
    assert tokens("session.0=a; session.2=c") == ["a"]
    assert tokens("session.1=b") == []
    assert tokens("session.0=a; session.1=b; session=whole; session.0=z") == ["whole", "ab"]
    assert tokens("; ".join(f"session.{number}=x" for number in range(99))) == ["x" * 16]


def test_what_is_empty_or_too_long_is_no_token() -> None:
    assert tokens("session=; session; =x; ;;", "") == []
    assert tokens(f"session={'x' * (MAX_TOKEN_CHARACTERS + 1)}") == []


def test_a_bearer_token_is_found_among_credentials_of_other_schemes() -> None:
    found = credentials.bearers(["Basic dXNlcg==", "bearer  one ", "Negotiate x", "Bearer", "Bearer a b", "Bearer two"])
    assert found == ["one", "two"]


@given(st.lists(st.text()))
def test_never_more_than_a_few_are_tried(headers: list[str]) -> None:
    many = "; ".join(f"session={number}" for number in range(100))
    assert len(tokens(many, *headers)) <= MAX_TOKENS
    assert len(credentials.bearers([f"Bearer {number}" for number in range(100)] + headers)) == MAX_TOKENS
