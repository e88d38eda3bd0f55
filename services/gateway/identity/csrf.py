"""CSRF protection of unsafe requests: a cookie repeated in a header that no other site can set, and an origin of the
site. The site's origins are configured; the request's own Host is not trusted.
"""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from services.gateway.errors import CsrfRefused

COOKIE = "correcta-csrf"
HEADER = "x-csrf-token"
_DEFAULT_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int | None]


def origin(url: str) -> Origin | None:
    """Scheme, host and port of an address, defaults filled in; None where it is not a web address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port or _DEFAULT_PORTS[parts.scheme]


def origins(urls: Iterable[str]) -> frozenset[Origin]:
    """The origins of the site's addresses."""
    return frozenset(found for url in urls if (found := origin(url)) is not None)


def check(headers: Mapping[str, str], cookies: Sequence[str], site: frozenset[Origin]) -> None:
    """Pass an unsafe request that a page of the site made. `cookies` are the values of the CSRF cookie: one of another
    path or of a parent domain may come beside ours.

    Raises:
        CsrfRefused: cookie and header are absent or differ, or the origin is absent or foreign.
    """
    header = headers.get(HEADER, "").encode()
    if not header or not any(hmac.compare_digest(cookie.encode(), header) for cookie in cookies):
        raise CsrfRefused("cookie and header differ")
    stated = headers.get("origin") or headers.get("referer")
    if stated is None or origin(stated) not in site:
        raise CsrfRefused("the origin is absent or foreign")
