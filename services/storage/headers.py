"""Reads and checks the headers of a request: owner, name, media type, digest. Text arrives as percent-encoded UTF-8.

Nothing that could end a header line or play with a terminal passes: control characters are refused, not repaired.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from contracts.owner import EXAM_HEADER, INSTITUTION_HEADER, REQUESTER_HEADER, Owner
from services.storage import keys
from services.storage.errors import InvalidRequest

MAX_CHARACTERS = 512
MAX_FILENAME_BYTES = 255
"""Bytes of a file's name in UTF-8: `NAME_MAX` of the file systems that a browser saves it to."""

_CONTROL = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True)
class Description:
    """Whose file it is, what it is called and what it is. `sha256` is what the caller says it sends, if it says."""

    owner: Owner
    filename: str
    content_type: str
    sha256: str | None = None


def describe(headers: Mapping[str, str]) -> Description:
    """The description in a PUT's headers.

    Raises:
        InvalidRequest: one is absent, empty, too long, not UTF-8 or holds a control character.
    """
    return Description(
        owner=owner(headers),
        filename=_filename(headers),
        content_type=_content_type(headers),
        sha256=_digest(headers),
    )


def owner(headers: Mapping[str, str]) -> Owner:
    """The owner that a request's headers name.

    Raises:
        InvalidRequest: one is absent, empty, too long, not UTF-8 or holds a control character.
    """
    return Owner(
        institution_id=_text(headers, INSTITUTION_HEADER),
        exam_id=_text(headers, EXAM_HEADER),
        requested_by=_text(headers, REQUESTER_HEADER),
    )


def _text(headers: Mapping[str, str], name: str) -> str:
    raw = headers.get(name.lower(), "")
    try:
        text = unquote_to_bytes(raw.encode("ascii")).decode("utf-8")
    except UnicodeError as error:
        raise InvalidRequest(f"{name} must be percent-encoded UTF-8.") from error
    if not text.strip() or len(text) > MAX_CHARACTERS:
        raise InvalidRequest(f"{name} must hold 1 to {MAX_CHARACTERS} characters.")
    if any(unicodedata.category(character) in _CONTROL for character in text):
        raise InvalidRequest(f"{name} must not hold control characters.")
    return text


def _filename(headers: Mapping[str, str]) -> str:
    name = _text(headers, "X-Filename")
    if "/" in name or "\\" in name or name in {".", ".."}:
        raise InvalidRequest("X-Filename must be a file's name without folders.")
    if len(name.encode()) > MAX_FILENAME_BYTES:
        raise InvalidRequest(f"X-Filename must have {MAX_FILENAME_BYTES} bytes of UTF-8 at most.")
    return name


def _content_type(headers: Mapping[str, str]) -> str:
    value = headers.get("content-type", "").strip()
    if not value.isascii() or not value.isprintable() or not 0 < len(value) <= MAX_CHARACTERS or "/" not in value:
        raise InvalidRequest("Content-Type must name the file's media type.")
    return value


def _digest(headers: Mapping[str, str]) -> str | None:
    declared = headers.get("x-content-sha256")
    if declared is None:
        return None
    try:
        return keys.sha256(declared)
    except keys.InvalidKey as error:
        raise InvalidRequest("X-Content-Sha256 must be 64 lowercase hex digits.") from error
