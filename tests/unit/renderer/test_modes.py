"""The tuning is for versions of WeasyPrint that it was checked with; any other is used as it was released."""

from collections.abc import Iterator

import pytest

from services.renderer import modes
from services.renderer.modes import TUNED_VERSIONS, Typesetting, usable


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    usable.cache_clear()
    yield
    usable.cache_clear()


@pytest.mark.parametrize("version", sorted(TUNED_VERSIONS))
@pytest.mark.parametrize("wanted", list(Typesetting))
def test_a_known_version_is_tuned_where_that_is_wanted(
    monkeypatch: pytest.MonkeyPatch, version: str, wanted: Typesetting
) -> None:
    monkeypatch.setattr(modes, "version", lambda _: version)
    assert usable(wanted) is wanted


@pytest.mark.parametrize("wanted", list(Typesetting))
def test_an_unknown_version_is_used_as_it_was_released(monkeypatch: pytest.MonkeyPatch, wanted: Typesetting) -> None:
    monkeypatch.setattr(modes, "version", lambda _: "70.1")
    assert usable(wanted) is Typesetting.PLAIN
