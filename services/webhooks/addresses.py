"""Which URLs and network addresses may be called: nothing within the own network unless it is allowed by name. Pure."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from services.webhooks.errors import InvalidUrl

LONGEST_URL = 2_000

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def checked_url(url: str, *, allow_http: bool) -> str:
    """The URL itself.

    Raises:
        InvalidUrl: it is none that can be called.
    """
    schemes = ("https", "http") if allow_http else ("https",)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidUrl from None
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if not plain or parts.scheme not in schemes or not parts.hostname or port == 0:
        raise InvalidUrl
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise InvalidUrl
    return url


def may_call(text: str, allowed: Sequence[Network]) -> bool:
    """Whether a numeric address may be connected to: a public one, or one of the `allowed` networks.

    IPv6 addresses that carry an IPv4 one (mapped, 6to4, Teredo, NAT64) count as what they carry.
    """
    address = ip_address(text.partition("%")[0])
    if any(address in network for network in allowed if network.version == address.version):
        return True
    return all(map(_is_public, _carried(address) or (address,)))


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


_NAT64 = IPv6Network("64:ff9b::/96")


def _carried(address: Address) -> list[Address]:
    if not isinstance(address, IPv6Address):
        return []
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in found if each is not None]
