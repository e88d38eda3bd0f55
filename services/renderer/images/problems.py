"""Why an image cannot be shown: a closed list; the sentences stand with the other words."""

from enum import StrEnum

from contracts.states import WarningCode


class Reason(StrEnum):
    """What is wrong with an image; `language.words.ImageWords` says it in a sentence."""

    TOO_HEAVY = "too_heavy"
    TOO_MANY_PIXELS = "too_many_pixels"
    UNKNOWN_FORMAT = "unknown_format"
    HEIC = "heic"
    EXTERNAL_CONTENT = "external_content"
    UNPRINTABLE_DRAWING = "unprintable_drawing"
    TOO_COMPLEX = "too_complex"
    DAMAGED = "damaged"
    INCOMPLETE = "incomplete"
    UNREADABLE = "unreadable"
    FORBIDDEN_ADDRESS = "forbidden_address"
    NOT_FOUND = "not_found"
    UNREACHABLE = "unreachable"
    TOO_SLOW = "too_slow"
    REDIRECTED = "redirected"
    COMPRESSED = "compressed"


_UNAVAILABLE = frozenset(
    {Reason.NOT_FOUND, Reason.UNREACHABLE, Reason.TOO_SLOW, Reason.REDIRECTED, Reason.COMPRESSED, Reason.INCOMPLETE}
)
"""Of an image that another time may be had, or had whole; the others are refused for what they are."""


class ImageProblem(Exception):
    """An image that will not be shown, and why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def code(self) -> WarningCode:
        """What the teacher is warned of."""
        return WarningCode.IMAGE_UNAVAILABLE if self.reason in _UNAVAILABLE else WarningCode.IMAGE_REFUSED
