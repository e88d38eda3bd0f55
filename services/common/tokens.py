"""Bearer tokens between our services, as settings: one, or two separated by a comma while one replaces the other.

Whoever is called takes either of them; a caller sends the first.
"""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

MIN_CHARACTERS = 16


def _listed(value: object) -> object:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


def _long_enough(tokens: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if any(len(token.get_secret_value()) < MIN_CHARACTERS for token in tokens):
        raise ValueError(f"each token must have {MIN_CHARACTERS} characters at least")
    return tokens


Tokens = Annotated[
    tuple[SecretStr, ...], NoDecode, BeforeValidator(_listed), Field(max_length=2), AfterValidator(_long_enough)
]
"""The type of a setting that holds tokens; empty where it is not set."""


def sent(own: Tokens, shared: Tokens) -> str:
    """The token that a caller sends: of its own where it has one, else the shared one.

    Raises:
        LookupError: it has neither.
    """
    for token in (*own, *shared):
        return token.get_secret_value()
    raise LookupError("no token")
