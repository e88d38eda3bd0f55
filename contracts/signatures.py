"""What the signature of a message covers and how a header carries it; `services.common.signing` makes and checks it.

A message is signed as it was first published: its body and all its CloudEvents attributes, as attempt 1. A later
attempt keeps that signature, and whoever sends it again adds a second one over the same and the number of the attempt.
So a request that is tried again is still the request that its sender signed. Headers that the broker adds (`x-death`)
or a trace needs (`traceparent`) are outside.

The signed bytes are a list of byte strings, each behind its length (8 bytes, big-endian), the first of which names what
is signed. Two different messages never have the same bytes.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contracts.envelope import ATTEMPT_HEADER, PREFIX

SIGNATURE_HEADER = "x-signature"
RETRY_SIGNATURE_HEADER = "x-retry-signature"

ALGORITHM = "ed25519"
KEY_ID = re.compile(r"[0-9a-f]{16}")
_WRITTEN = re.compile(rf"{ALGORITHM}:({KEY_ID.pattern}):([A-Za-z0-9_-]{{86}})")
_ATTEMPT = re.compile(r"[1-9][0-9]{0,8}")
_BLOB = b"correcta-exports blob v1"
_MESSAGE = b"correcta-exports message v1"
_RETRY = b"correcta-exports retry v1"


class Unsignable(ValueError):
    """A message no version of ours publishes: an attribute that is not text, or an attempt that is no number."""


class MalformedSignature(ValueError):
    """A header that is not a signature as we write it."""


@dataclass(frozen=True)
class Signature:
    """An Ed25519 signature (RFC 8032) and the key it was made with, by its id."""

    key_id: str
    value: bytes

    def __str__(self) -> str:
        return f"{ALGORITHM}:{self.key_id}:{base64.urlsafe_b64encode(self.value).rstrip(b'=').decode()}"


def parse_signature(text: object) -> Signature:
    """The signature in a header.

    Raises:
        MalformedSignature: the text is none, or not as we write it.
    """
    match = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise MalformedSignature("not a signature")
    try:
        found = Signature(match[1], base64.b64decode(match[2] + "==", altchars=b"-_", validate=True))
    except binascii.Error as error:
        raise MalformedSignature("not a signature in base64") from error
    if str(found) != text:  # the last character has bits that mean nothing: one spelling only
        raise MalformedSignature("not the signature's own spelling")
    return found


def attempt(headers: Mapping[str, object]) -> int:
    """The number of the attempt a message is for; 1 where its header is absent.

    Raises:
        Unsignable: it is not a number as we write it.
    """
    text = headers.get(ATTEMPT_HEADER, "1")
    if not isinstance(text, str) or _ATTEMPT.fullmatch(text) is None:
        raise Unsignable("not the number of an attempt")
    return int(text)


def signed_message(headers: Mapping[str, object], body: bytes) -> bytes:
    """What a message's sender signs: its attributes and its body, whichever attempt it is for.

    Raises:
        Unsignable: an attribute is not text.
    """
    attributes = sorted(name for name in headers if name.startswith(PREFIX))
    parts = [part for name in attributes for part in (_utf8(name), _utf8(headers[name]))]
    return _encoded(_MESSAGE, str(len(attributes)).encode(), *parts, body)


def signed_retry(headers: Mapping[str, object], body: bytes) -> bytes:
    """What is signed by whoever sends a message again: the message, with the number of its attempt.

    Raises:
        Unsignable: an attribute is not text, or the attempt is no number.
    """
    return _encoded(_RETRY, str(attempt(headers)).encode(), signed_message(headers, body))


def signed_blob(name: str, body: bytes) -> bytes:
    """What is signed of a blob that is named by what it was made from: its name and what is in it."""
    return _encoded(_BLOB, name.encode(), body)


def _utf8(text: object) -> bytes:
    if not isinstance(text, str):
        raise Unsignable("an attribute is not text")
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise Unsignable("an attribute is not text") from error


def _encoded(*parts: bytes) -> bytes:
    return b"".join(_with_lengths(parts))


def _with_lengths(parts: tuple[bytes, ...]) -> Iterator[bytes]:
    for part in parts:
        yield len(part).to_bytes(8, "big")
        yield part
