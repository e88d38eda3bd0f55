"""Whose address a request came from: the peer's, or behind trusted proxies the one that `X-Forwarded-For` names.

Each proxy appends the address it was reached from, so the list is read from its right end, and only as far as trusted
proxies wrote it. RFC 7239's `Forwarded` is not read: a proxy that writes one of the two passes the client's other on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST = 64
"""Characters of an entry: `[` IPv6 `]:port` has 54 at most."""


@dataclass(frozen=True)
class TrustedProxies:
    """The networks whose word on a client's address is taken."""

    networks: tuple[Network, ...]

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self.networks)

    def client(self, peer: str, forwarded_for: Iterable[str]) -> Address | None:
        """The client's address; None where the peer has none (a local socket).

        Args:
            peer: the address the connection came from.
            forwarded_for: the values of each `X-Forwarded-For` header, in order.
        """
        found = parse_address(peer)
        for entry in reversed(",".join(forwarded_for).split(",")):
            if found is None or found not in self:
                break
            named = parse_address(entry)
            if named is None:  # nobody can say who was before: the proxy that passed it on is the last one known
                break
            found = named
        return found


def parse_networks(text: str) -> TrustedProxies:
    """Addresses and networks, separated by commas or spaces; `none` for none.

    Raises:
        ValueError: one is neither; it is named.
    """
    if text.strip().lower() == "none":
        return TrustedProxies(())
    return TrustedProxies(tuple(ip_network(each) for each in text.replace(",", " ").split()))


def parse_address(text: str) -> Address | None:
    """An address as proxies write it, perhaps with a port, in brackets or with a zone, which are dropped; an IPv4
    address in an IPv6 one is itself. None where it is no address.
    """
    text = text.strip()
    if len(text) > LONGEST or not text.isascii():
        return None
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
