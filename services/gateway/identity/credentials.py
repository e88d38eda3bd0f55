"""The tokens a request presents, in the order in which they are tried. Pure.

Of cookies of one name the first counts most: browsers send that of the longest path first (RFC 6265, 5.4), and NextAuth
reads that one. A later one is tried too, so that a stale cookie of another path locks nobody out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

MAX_TOKENS = 8
"""How many are tried at most: each may cost a decryption."""

MAX_TOKEN_CHARACTERS = 16_384
MAX_CHUNKS = 16

_BEARER = re.compile(r"Bearer +([A-Za-z0-9_\-.]+) *", re.IGNORECASE)

Cookies = Mapping[str, Sequence[str]]
"""Every value of each cookie, in the order sent."""


def cookies(headers: Iterable[str]) -> Cookies:
    """The cookies of a request's `Cookie` headers."""
    found: dict[str, list[str]] = {}
    for pair in ";".join(headers).split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            found.setdefault(name.strip(), []).append(value.strip())
    return found


def bearers(authorizations: Iterable[str]) -> list[str]:
    """The bearer tokens among a request's `Authorization` headers; credentials of other schemes are somebody else's."""
    matches = (_BEARER.fullmatch(each.strip()) for each in authorizations)
    return _tried(match[1] for match in matches if match is not None)


def session_tokens(cookies: Cookies, names: Iterable[str]) -> list[str]:
    """The tokens in the cookies of these names, whole or in chunks."""
    return _tried(token for name in names for token in (*cookies.get(name, ()), _assembled(cookies, name)))


def _tried(tokens: Iterable[str]) -> list[str]:
    """Each once; empty and overlong ones are none."""
    return [token for token in dict.fromkeys(tokens) if 0 < len(token) <= MAX_TOKEN_CHARACTERS][:MAX_TOKENS]


def _assembled(cookies: Cookies, name: str) -> str:
    """A cookie that NextAuth cut into `name.0`, `name.1` and so on."""
    chunks: list[str] = []
    while len(chunks) < MAX_CHUNKS and (values := cookies.get(f"{name}.{len(chunks)}")):
        chunks.append(values[0])
    return "".join(chunks)
