"""The time zone in which a report and the dashboard state their times: the institution's, else the installation's.

Correcta keeps UTC, and people read the clock on the wall. One document has one zone, and names it beside its times.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_ZONE = ZoneInfo("Europe/Paris")
"""Where neither the institution nor the installation says anything."""

_NAME = re.compile(r"(?!posix|right|localtime|Factory)[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")
"""A zone as the IANA database calls it; not the folders and links that a system adds."""

_LONGEST = 64


def zone_named(name: object, default: ZoneInfo) -> ZoneInfo:
    """The zone with an IANA name, as `Indian/Reunion`; the default where there is no such zone."""
    if not isinstance(name, str) or len(name) > _LONGEST or not _NAME.fullmatch(name):
        return default
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return default


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """A moment on the clocks of a zone; in UTC at the two ends of time, where a zone would leave the calendar."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment.astimezone(UTC)
