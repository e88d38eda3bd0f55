"""Checks the addresses that settings hold: brokers and HTTP services. Pure. No text repeats any of an address."""

from urllib.parse import SplitResult, urlsplit

from services.common.broker_addresses import addresses

LARGEST_PORT = 65535


class InvalidAddress(ValueError):
    """No address of this kind. The text says what is expected."""


def check_broker(urls: str) -> str:
    """The addresses of a broker's nodes, as they are.

    Raises:
        InvalidAddress: one has no host, or another scheme than `amqp` and `amqps`.
    """
    for url in addresses(urls):
        _checked(url, ("amqp", "amqps"), "must be amqp://user:password@host:port/vhost, or amqps")
    return urls


def check_http(url: str) -> str:
    """The address of an HTTP service, without a slash at its end.

    Raises:
        InvalidAddress: it has no host, or another scheme than `http` and `https`.
    """
    parts = _checked(url, ("http", "https"), "must be http://host:port, or https")
    if parts.query or parts.fragment:
        raise InvalidAddress("must be http://host:port, or https, without a query")
    return url.rstrip("/")


def _checked(url: str, schemes: tuple[str, ...], expected: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        spaced = any(character.isspace() for character in url)
        if not spaced and parts.scheme in schemes and parts.hostname and 0 <= (parts.port or 0) <= LARGEST_PORT:
            return parts
    except ValueError:
        pass
    raise InvalidAddress(f"{expected}; percent-encode what is special in a password")
