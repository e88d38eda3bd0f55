"""Signs the messages that a service publishes and verifies those it takes.

What is signed is in `contracts.signatures`. A key's role is what `TRUSTED_KEYS` says, never what a message says, and a
role may sign what it publishes to an exchange (`contracts.topology`): a renderer's key makes no request.
"""

from collections.abc import Mapping
from enum import StrEnum

from cryptography.exceptions import InvalidSignature

from contracts.envelope import PREFIX
from contracts.signatures import (
    RETRY_SIGNATURE_HEADER,
    SIGNATURE_HEADER,
    MalformedSignature,
    Signature,
    Unsignable,
    attempt,
    parse_signature,
    signed_blob,
    signed_message,
    signed_retry,
)
from contracts.topology import Exchange, Role, publishers
from services.common.signing_keys import key_id, private_key, trusted_keys

HEADERS = frozenset({SIGNATURE_HEADER, RETRY_SIGNATURE_HEADER})


class SignaturePolicy(StrEnum):
    """What becomes of a message without a signature. One whose signature is wrong is refused in any case."""

    ACCEPT = "accept"
    REQUIRE = "require"


class Refusal(StrEnum):
    """Why a message is refused."""

    UNSIGNED = "unsigned"
    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown_key"
    WRONG_SIGNATURE = "wrong_signature"
    WRONG_ROLE = "wrong_role"


class Refused(Exception):
    """A message that must not be read."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Signer:
    """Signs messages with one private key; without one they stay unsigned."""

    def __init__(self, private: str | None = None) -> None:
        self._key = None if private is None else private_key(private)

    def signed(self, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        """The headers of a message that is published for the first time, with its signature."""
        return {**headers, **self._made(SIGNATURE_HEADER, signed_message(headers, body))}

    def signed_again(self, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        """The headers of a message that is sent again, with a second signature for the attempt that they name; for the
        first one its own signature is enough.

        A message that came unsigned goes on unsigned; so does one that can't have its second signature.
        """
        if attempt(headers) == 1:
            return {name: value for name, value in headers.items() if name != RETRY_SIGNATURE_HEADER}
        if SIGNATURE_HEADER not in headers or self._key is None:
            return {name: value for name, value in headers.items() if name not in HEADERS}
        return {**headers, **self._made(RETRY_SIGNATURE_HEADER, signed_retry(headers, body))}

    def blob_signature(self, name: str, body: bytes) -> str:
        """The signature of a blob; empty without a key."""
        return "".join(self._made("", signed_blob(name, body)).values())

    def _made(self, header: str, data: bytes) -> dict[str, str]:
        if self._key is None:
            return {}
        return {header: str(Signature(key_id(self._key.public_key()), self._key.sign(data)))}


class Verifier:
    """Verifies messages with the public keys of all roles."""

    def __init__(self, trusted: str = "", policy: SignaturePolicy = SignaturePolicy.ACCEPT) -> None:
        self._trusted = trusted_keys(trusted)
        self._policy = policy

    def check(self, headers: Mapping[str, object], body: bytes, origin: Exchange) -> bool:
        """Whether a message was signed by a role that publishes its type to the exchange that it was first published
        to; False where it has no signature and needs none. Nothing else of it is looked at.

        Without any key no message can be judged: all are taken for unsigned.

        Raises:
            Refused: it must not be read.
        """
        if not self._trusted or not HEADERS & headers.keys():
            if self._policy is SignaturePolicy.REQUIRE:
                raise Refused(Refusal.UNSIGNED)
            return False
        kind = str(headers.get(f"{PREFIX}type"))
        try:
            self._verify(headers.get(SIGNATURE_HEADER), signed_message(headers, body), publishers(kind, origin))
            if attempt(headers) > 1:
                again = publishers(kind, Exchange.RETRIES)
                self._verify(headers.get(RETRY_SIGNATURE_HEADER), signed_retry(headers, body), again)
            elif RETRY_SIGNATURE_HEADER in headers:
                raise Refused(Refusal.MALFORMED)
        except (MalformedSignature, Unsignable) as error:
            raise Refused(Refusal.MALFORMED) from error
        return True

    def check_blob(self, text: str, name: str, body: bytes, role: Role) -> None:
        """Return where a blob was signed by a role, or needs no signature.

        Raises:
            Refused: it must not be used.
        """
        if not self._trusted or not text:
            if self._policy is SignaturePolicy.REQUIRE:
                raise Refused(Refusal.UNSIGNED)
            return
        try:
            self._verify(text, signed_blob(name, body), frozenset({role}))
        except MalformedSignature as error:
            raise Refused(Refusal.MALFORMED) from error

    def _verify(self, text: object, data: bytes, roles: frozenset[Role]) -> None:
        signature = parse_signature(text)
        trusted = self._trusted.get(signature.key_id)
        if trusted is None:
            raise Refused(Refusal.UNKNOWN_KEY)
        try:
            trusted.key.verify(signature.value, data)
        except InvalidSignature as error:
            raise Refused(Refusal.WRONG_SIGNATURE) from error
        if trusted.role not in roles:
            raise Refused(Refusal.WRONG_ROLE)
