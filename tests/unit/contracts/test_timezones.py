"""The zone of a document: the institution's where it names one that there is."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.timezones import DEFAULT_ZONE, local, zone_named

OTHER = ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize("name", ["Indian/Reunion", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+3"])
def test_a_zone_by_its_name(name: str) -> None:
    assert zone_named(name, OTHER).key == name


HOSTILE: list[object] = [
    *(None, "", 7, {}, ["Europe/Paris"], "Paris", "europe", "Europe", "Europe/", "Europe/Paris ", "Europe/Nowhere"),
    *("/etc/passwd", "../../etc/passwd", "Europe/../../passwd", "tzdata.zi", "zone.tab", "posixrules", "localtime"),
    *("right/Europe/Paris", "a\x00b", "\ud800", "x" * 100_000, "Europe/" + "x" * 60),
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_what_names_no_zone_is_the_default(name: object) -> None:
    assert zone_named(name, OTHER) is OTHER


@given(st.text() | st.from_regex(r"[A-Z][a-z]+/[A-Za-z_+-]+", fullmatch=True))
def test_no_name_fails(name: str) -> None:
    assert isinstance(zone_named(name, OTHER), ZoneInfo)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_stays_the_same_moment(moment: datetime) -> None:
    for zone in (DEFAULT_ZONE, OTHER, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Etc/GMT+12")):
        assert local(moment, zone) == moment
