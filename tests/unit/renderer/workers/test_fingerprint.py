"""What a cache key says of the code: a page typeset by other sources is another page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.renderer.workers import fingerprint


def test_everything_that_draws_a_page_is_covered() -> None:
    names = {name for name, _ in fingerprint.sources()}
    assert names >= {
        "contracts/numbers.py",
        "contracts/correcta.py",
        "renderer/content/formulas/glyphs.json",
        "renderer/exam/sql/correcta.sql",
        "renderer/language/french.py",
        "renderer/pages/templates/copy.html.j2",
        "renderer/pages/templates/copy.css.j2",
        "renderer/typesetting/elements.css",
        "renderer/typesetting/fonts.conf",
        "renderer/workers/tasks.py",
    }


@pytest.mark.parametrize(
    "changed",
    [
        [("contracts/numbers.py", b"rounded down")],
        [("contracts/number.py", b"rounded up")],
        [("contracts/numbers.py", b"rounded up"), ("renderer/pages/new.py", b"")],
        [],
    ],
)
def test_a_changed_renamed_new_or_removed_file_changes_it(
    monkeypatch: pytest.MonkeyPatch, changed: list[tuple[str, bytes]]
) -> None:
    def of(sources: list[tuple[str, bytes]]) -> str:
        def listed() -> Iterator[tuple[str, bytes]]:
            yield from sources

        monkeypatch.setattr(fingerprint, "sources", listed)
        fingerprint.fingerprint.cache_clear()
        return fingerprint.fingerprint()

    before = of([("contracts/numbers.py", b"rounded up")])
    after = of(changed)
    fingerprint.fingerprint.cache_clear()
    assert before != after
    assert len(before) == 64


def test_the_rules_of_time_zones_are_covered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A government that moves a summer time moves the hours on a page."""

    def of(rules: str) -> str:
        (tmp_path / "tzdata.zi").write_text(rules)
        monkeypatch.setattr(fingerprint, "TZPATH", (str(tmp_path / "none"), str(tmp_path)))
        fingerprint.fingerprint.cache_clear()
        return fingerprint.fingerprint()

    try:
        assert of("# version 2026a") != of("# version 2026b")
    finally:
        fingerprint.fingerprint.cache_clear()


def test_there_are_such_rules_here() -> None:
    assert fingerprint.timezone_database()
