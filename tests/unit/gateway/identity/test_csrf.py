"""Unsafe requests, against every mix of cookie, header, Origin and Referer."""

from itertools import product

import pytest

from services.gateway.errors import CsrfRefused
from services.gateway.identity import csrf

SITE = csrf.origins(["https://correcta.example", "http://localhost:3000/"])
GOOD = ["https://correcta.example", "https://CORRECTA.example:443", "http://localhost:3000"]
BAD = [
    None,
    "",
    "null",
    "http://correcta.example",
    "https://correcta.example:444",
    "https://correcta.example.evil.example",
    "https://evil.example/https://correcta.example",
    "https://correcta.example@evil.example",
    "http://localhost",
    "javascript:alert(1)",
    "https://[broken",
    "https://correcta.example:port",
]


def passes(cookie: str | None, header: str | None, origin: str | None, referer: str | None) -> bool:
    headers = {"x-csrf-token": header, "origin": origin, "referer": referer}
    cookies = () if cookie is None else ("of another path", cookie)
    try:
        csrf.check({name: value for name, value in headers.items() if value is not None}, cookies, SITE)
    except CsrfRefused:
        return False
    return True


def test_every_combination_agrees_with_the_rule() -> None:
    tokens = [None, "", "abc", "abd", "é"]
    seen = 0
    for cookie, header, origin, referer in product(tokens, tokens, [*GOOD, *BAD], [None, GOOD[0], BAD[3]]):
        stated = origin or referer
        expected = bool(cookie) and cookie == header and stated in GOOD
        assert passes(cookie, header, origin, referer) == expected, (cookie, header, origin, referer)
        seen += expected
    assert seen > 0


def test_a_referers_path_does_not_matter() -> None:
    assert passes("abc", "abc", None, "https://correcta.example/dashboard/exams/1/grading?x=1")


def test_an_origin_is_judged_before_a_referer() -> None:
    assert not passes("abc", "abc", "https://evil.example", GOOD[0])


@pytest.mark.parametrize("url", ["", "correcta.example", "ftp://correcta.example", "//correcta.example"])
def test_what_is_no_web_address_has_no_origin(url: str) -> None:
    assert csrf.origin(url) is None
