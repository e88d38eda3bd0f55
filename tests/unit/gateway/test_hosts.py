"""Which hosts a request may name."""

import pytest
from starlette.datastructures import Headers

from services.gateway.hosts import is_allowed

ALLOWED = ("correcta.example", "*.school.example", "[::1]")


@pytest.mark.parametrize(
    "host",
    ["correcta.example", "CORRECTA.example:443", "a.school.example", "a.b.school.example:8080", "[::1]:8080"],
)
def test_a_named_host_is_allowed_on_any_port(host: str) -> None:
    assert is_allowed(Headers({"host": host}), ALLOWED)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "correcta.example.evil.example",
        "evil-correcta.example",
        "school.example",
        "correcta.example@evil.example",
        "evil.example@correcta.example",
        "correcta.example/",
        "correcta.example:443:80",
        "correcta.example, evil.example",
        "correcta.example:٨٠",
        "::1",
    ],
)
def test_any_other_is_not(host: str) -> None:
    assert not is_allowed(Headers(raw=[(b"host", host.encode())]), ALLOWED)


def test_without_a_list_every_host_is_allowed() -> None:
    assert is_allowed(Headers({"host": "whatever"}), ())
    assert is_allowed(Headers({}), ("*",))
    assert not is_allowed(Headers({}), ALLOWED)
