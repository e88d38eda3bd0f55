"""Classifies image URLs: fetched below an allowed base, decoded from a `data:` URL, or refused.

What is refused never causes a connection, so that an answer cannot make the renderer call an address of its author's
choice (SSRF).
"""

import binascii
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, unquote_to_bytes, urljoin, urlsplit

from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.limits import Limits

_LONGEST = 2_048
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Remote:
    """An absolute address that may be fetched."""

    url: str


@dataclass(frozen=True, slots=True)
class Inline:
    """Bytes that came with the address."""

    data: bytes


def classify(url: str, bases: Sequence[str], limits: Limits) -> Remote | Inline:
    """What an image's address stands for.

    `bases` are the addresses below which images may lie: the first is the application's own, to which relative ones
    belong. Each is https, unless the operator wrote http.

    Raises:
        ImageProblem: the address is not allowed, or its bytes are too many or unreadable.
    """
    url = url.strip()
    if url[:5].lower() == "data:":
        return Inline(_data(url[5:], limits))
    if len(url) > _LONGEST or not url.isprintable() or "\\" in url or " " in url:
        raise _refused()
    try:
        absolute = urlsplit(urljoin(bases[0], url) if bases else url)
        allowed = any(_below(absolute, urlsplit(base)) for base in bases)
    except ValueError:
        allowed = False
    if not allowed:
        raise _refused()
    return Remote(absolute._replace(fragment="").geturl())


def _below(address: SplitResult, base: SplitResult) -> bool:
    if address.username is not None or address.password is not None or _origin(address) != _origin(base):
        return False
    if ".." in unquote(unquote(address.path)).replace("\\", "/").split("/"):
        return False
    folder = base.path.rstrip("/") + "/"
    return address.path.startswith(folder) and address.path != folder


def _origin(address: SplitResult) -> tuple[str, str, int | None]:
    return address.scheme, (address.hostname or "").rstrip("."), address.port or _PORTS.get(address.scheme)


def _data(rest: str, limits: Limits) -> bytes:
    """The bytes of a `data:` address (RFC 2397); what they are is found out from the bytes themselves."""
    header, comma, body = rest.partition(",")
    if len(body) > 3 * limits.image_bytes:
        raise ImageProblem(Reason.TOO_HEAVY)
    try:
        if header.strip().lower().endswith(";base64"):
            data = b64decode("".join(unquote(body).split()), validate=True)
        else:
            data = unquote_to_bytes(body)
    except (binascii.Error, ValueError):
        data = b""
    if not comma or not data:
        raise ImageProblem(Reason.UNREADABLE)
    return data


def _refused() -> ImageProblem:
    return ImageProblem(Reason.FORBIDDEN_ADDRESS)
