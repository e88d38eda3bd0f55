"""Addresses in settings: refused at start, by what is expected, without a word of them."""

import pytest

from services.common.addresses import InvalidAddress, check_broker, check_http

SECRET = "s3cret"


@pytest.mark.parametrize(
    "urls",
    [
        "amqp://u:p@host/",
        "amqps://host:5671/vhost",
        "amqp://one/ amqp://two:5673/",
        "amqp://u:a%2Fb@[::1]:5672/%2F?heartbeat=3",
    ],
)
def test_a_brokers_addresses(urls: str) -> None:
    assert check_broker(urls) == urls


@pytest.mark.parametrize(
    "urls",
    [
        "",
        "host",
        "host:5672",
        "http://host/",
        f"amqp://u:{SECRET}/x@host/",
        f"amqp://u:{SECRET}@host:99999/",
        f"amqp://u:{SECRET}@host:x/",
        "amqp:///vhost",
        "amqp://one/ two:5672",
        "amqp://one/ http://two/",
        "amqp://[::1/",
    ],
)
def test_what_is_no_brokers_address(urls: str) -> None:
    with pytest.raises(InvalidAddress) as caught:
        check_broker(urls)
    assert "amqp://user:password@host:port/vhost" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_an_http_services_address() -> None:
    assert check_http("https://host:8443/below/") == "https://host:8443/below"
    for url in ("", "host:80", "ftp://host/", "http://", "http://host:x", "http://host/?a=b", "http://ho st/"):
        with pytest.raises(InvalidAddress):
            check_http(url)
