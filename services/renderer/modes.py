"""Modes of a renderer and its worker processes: what it takes on, how strictly they are confined, how they typeset."""

from enum import StrEnum
from functools import cache
from importlib.metadata import version


class Confinement(StrEnum):
    """What happens where the kernel lacks a layer of confinement."""

    AUTO = "auto"
    """Workers run with the layers there are; the missing ones are logged and counted."""

    REQUIRE = "require"
    """No worker runs without all layers, and a renderer does not start."""

    OFF = "off"
    """Only the limits of resources are set: to find out, by tracing a worker, what it does."""


class RendererTask(StrEnum):
    """What a renderer takes on."""

    COORDINATE = "coordinate"
    """Requests: reads the exam, has its copies typeset, assembles and stores the file."""

    TYPESET = "typeset"
    """Copies of other renderers' exports, with workers that none of its own needs."""


class Typesetting(StrEnum):
    """Which WeasyPrint typesets: both write the same bytes."""

    TUNED = "tuned"
    """Some of its functions are replaced by faster ones: `typesetting.tuning`."""

    PLAIN = "plain"
    """As it was released, at about half the speed."""


TUNED_VERSIONS = frozenset({"70.0"})
"""The versions of WeasyPrint that the tuning was checked with, byte by byte (`test_tuning`)."""


@cache
def usable(wanted: Typesetting) -> Typesetting:
    """The mode for the version of WeasyPrint that is installed: one that nobody tuned is used as it was released."""
    return wanted if version("weasyprint") in TUNED_VERSIONS else Typesetting.PLAIN
