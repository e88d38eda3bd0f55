"""Which addresses are called: public ones, and private ones that are allowed by name."""

from ipaddress import ip_network

import pytest

from services.webhooks.addresses import checked_url, may_call
from services.webhooks.errors import InvalidUrl

PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2002:c0a8:101::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "2001:db8::1",
]
PUBLIC = ["93.184.216.34", "1.1.1.1", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::101:101"]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_within_the_network_are_not_called(address: str) -> None:
    assert not may_call(address, ())


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_called(address: str) -> None:
    assert may_call(address, ())


def test_a_network_that_is_allowed_is_called_and_its_neighbours_are_not() -> None:
    allowed = [ip_network("10.1.0.0/16"), ip_network("fd12::/16")]
    assert may_call("10.1.2.3", allowed)
    assert may_call("fd12::9", allowed)
    assert not may_call("10.2.0.1", allowed)
    assert not may_call("127.0.0.1", allowed)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://example.org/#part",
        "https://example.org:99999/",
        "https://example.org:0/",
        "https://exa mple.org/",
        "https://example.org/\r\nX-Header: 1",
        "https://exämple.org/",
        "https://[::1/",
        "https://example.org/" + "a" * 2_000,
    ],
)
def test_what_is_no_https_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidUrl):
        checked_url(url, allow_http=False)


def test_an_address_is_kept_as_it_is() -> None:
    assert checked_url("https://example.org:8443/a?b=c", allow_http=False) == "https://example.org:8443/a?b=c"
    assert checked_url("http://example.org/", allow_http=True) == "http://example.org/"
