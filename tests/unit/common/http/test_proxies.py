"""Whose address a request came from."""

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.common.http.proxies import parse_address, parse_networks

PROXIES = parse_networks("10.0.0.0/8, 2001:db8::/32 127.0.0.1")


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66, 198.51.100.1, 10.2.3.4"], "198.51.100.1"),
        ("10.0.0.1", ["10.9.9.9, 10.2.3.4"], "10.9.9.9"),
        ("10.0.0.1", ["junk"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, junk"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, junk, 10.2.3.4"], "10.2.3.4"),
        ("10.0.0.1", ["unknown", "_hidden"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1,"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["x" * 100_000], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db9::1]:4711"], "2001:db9::1"),
        ("10.0.0.1", ["2001:DB9:0::1"], "2001:db9::1"),
        ("10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["fe80::1%eth0"], "fe80::1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("2001:db8::5", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["٢٠٣.0.113.7"], "10.0.0.1"),
        ("10.0.0.1", ["0198.51.100.1"], "10.0.0.1"),
        ("10.0.0.1", ["3325256705"], "10.0.0.1"),
    ],
)
def test_the_client_is_who_trusted_proxies_say(peer: str, forwarded_for: list[str], client: str) -> None:
    assert str(PROXIES.client(peer, forwarded_for)) == client


@pytest.mark.parametrize("peer", ["", "/run/socket", "testclient"])
def test_a_peer_without_an_address_has_none_and_names_nobody(peer: str) -> None:
    assert PROXIES.client(peer, ["198.51.100.1"]) is None


def test_nobody_is_trusted_where_none_is_said() -> None:
    assert str(parse_networks("none").client("127.0.0.1", ["198.51.100.1"])) == "127.0.0.1"


@pytest.mark.parametrize("text", ["*", "10.0.0.1/8", "proxy.example", "10.0.0.0/33", "none, 10.0.0.1"])
def test_what_is_no_network_is_refused_and_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"\*|10\.0\.0|proxy|none"):
        parse_networks(text)


@given(st.text())
@example("1.2.3.4\n")
@example("[::1")
@example("::1]:80")
def test_any_text_is_an_address_or_none(text: str) -> None:
    found = parse_address(text)
    assert found is None or ipaddress.ip_address(str(found)) == found


@given(st.ip_addresses(), st.lists(st.text(alphabet="0123456789abcdef.:,%[] ", max_size=60)))
def test_what_a_client_writes_itself_is_never_read(address: object, forged: list[str]) -> None:
    """The proxy appends the address it was reached from: whatever stood before is of no account."""
    client = parse_address(str(address))
    assert client is not None
    if client not in PROXIES:
        assert PROXIES.client("10.0.0.1", [*forged, str(client)]) == client
