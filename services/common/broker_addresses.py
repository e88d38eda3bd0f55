"""The addresses of a broker's nodes in one setting: `amqp://user:password@one/ amqp://user:password@two/`. Pure."""

import re

_BETWEEN = re.compile(r"[\s,]+(?=amqps?://)")
"""A comma may stand in a password; before the next address it separates."""

HEARTBEAT_SECONDS = 5
"""A link to nowhere is noticed by the broker after two of these, by aiormq after three and a little: within 20 s."""


def addresses(urls: str) -> tuple[str, ...]:
    """Each node's URL, in the order given, with our heartbeat: a half-open connection is noticed within 20 s by either
    end.
    """
    return tuple(_with_heartbeat(url) for url in _BETWEEN.split(urls.strip()))


def _with_heartbeat(url: str) -> str:
    return url if "heartbeat=" in url else f"{url}{'&' if '?' in url else '?'}heartbeat={HEARTBEAT_SECONDS}"
