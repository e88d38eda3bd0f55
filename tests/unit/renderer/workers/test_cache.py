"""What is kept comes back as it was or not at all, and never for longer or in greater number than it may."""

import errno
import os
import stat
from pathlib import Path

import pytest

from contracts.states import WarningCode
from services.renderer.workers.cache import DiskCache
from services.renderer.workers.results import DamagedResult, TypesetSegment, decode, encode, write_result
from tests.builders import AS_OF

RESULT = TypesetSegment(b"segment" * 100, 3)


class Clock:
    def __init__(self) -> None:
        self.now = AS_OF.timestamp()

    def __call__(self) -> float:
        return self.now


def key(number: int) -> str:
    return f"{number:02x}" * 32


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> DiskCache:
    return DiskCache(tmp_path / "cache", capacity=10_000, retention=3600, now=clock)


def a_result_file(folder: Path, result: TypesetSegment = RESULT) -> Path:
    """A file as a worker leaves it."""
    path = folder / "result"
    write_result(path, result)
    return path


def put(cache: DiskCache, clock: Clock, folder: Path, number: int, result: TypesetSegment = RESULT) -> Path:
    """Keep a result as of the clock's time: the file system has a clock of its own."""
    cache.put(key(number), a_result_file(folder, result))
    path = folder / "cache" / key(number)[:2] / key(number)
    if path.exists():
        os.utime(path, (clock.now, clock.now))
    return path


def test_what_is_kept_comes_back(cache: DiskCache, clock: Clock, tmp_path: Path) -> None:
    put(cache, clock, tmp_path, 1)
    assert cache.get(key(1)) == RESULT
    assert cache.get(key(2)) is None


def test_warnings_are_kept_too() -> None:
    from contracts.events import Warning as ExportWarning

    result = TypesetSegment(
        b"x", 1, (ExportWarning(code=WarningCode.FORMULA_NOT_DRAWN, submission_id="s", message="é"),)
    )
    assert decode(encode(result)) == result


@pytest.mark.parametrize("place", [0, 31, 32, 40, -1])
def test_one_flipped_bit_is_noticed(place: int) -> None:
    data = bytearray(encode(RESULT))
    data[place] ^= 1
    with pytest.raises(DamagedResult):
        decode(bytes(data))


@pytest.mark.parametrize("damage", [b"", b"short", None])
def test_a_damaged_result_is_removed_and_not_served(
    cache: DiskCache, clock: Clock, tmp_path: Path, damage: bytes | None
) -> None:
    path = put(cache, clock, tmp_path, 1)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] if damage is None else damage)
    assert cache.get(key(1)) is None
    assert not path.exists()


def test_no_page_outlives_the_retention_however_often_it_is_used(
    cache: DiskCache, clock: Clock, tmp_path: Path
) -> None:
    path = put(cache, clock, tmp_path, 1)
    for _ in range(7):
        clock.now += 500
        assert cache.get(key(1)) == RESULT
    clock.now += 101
    assert cache.get(key(1)) is None
    assert not path.exists()


def test_old_entries_are_swept_without_being_asked_for(cache: DiskCache, clock: Clock, tmp_path: Path) -> None:
    put(cache, clock, tmp_path, 1)
    clock.now += 3601
    cache.sweep()
    assert files(tmp_path / "cache") == []


def test_the_least_recently_used_goes_first(cache: DiskCache, clock: Clock, tmp_path: Path) -> None:
    result = TypesetSegment(b"x" * 2_000, 1)
    roomy = DiskCache(tmp_path / "cache", now=clock)
    for number in range(8):
        put(roomy, clock, tmp_path, number, result)
        clock.now += 1
    assert cache.get(key(1)) == result
    cache.sweep()
    assert cache.get(key(1)) == result
    assert cache.get(key(2)) is None
    assert sum(path.stat().st_size for path in files(tmp_path / "cache")) <= 10_000


def test_it_sweeps_by_itself(cache: DiskCache, clock: Clock, tmp_path: Path) -> None:
    result = TypesetSegment(b"x" * 2_000, 1)
    for number in range(50):
        put(cache, clock, tmp_path, number, result)
    assert sum(path.stat().st_size for path in files(tmp_path / "cache")) <= 12_000


def test_what_a_dead_renderer_left_is_swept(cache: DiskCache, clock: Clock, tmp_path: Path) -> None:
    path = put(cache, clock, tmp_path, 1)
    left = path.with_name("left.tmp")
    left.write_bytes(b"half")
    os.utime(left, (clock.now, clock.now))
    cache.sweep()
    assert left.exists()
    clock.now += 601
    cache.sweep()
    assert not left.exists()
    assert path.exists()


def test_a_workers_file_is_linked_not_written_again(cache: DiskCache, tmp_path: Path) -> None:
    result = a_result_file(tmp_path)
    cache.put(key(1), result)
    cached = tmp_path / "cache" / key(1)[:2] / key(1)
    assert cached.samefile(result)
    result.unlink()
    assert cache.get(key(1)) == RESULT


def test_a_file_of_another_file_system_is_copied_with_its_age(
    cache: DiskCache, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, "another file system")

    monkeypatch.setattr(os, "link", refuse)
    result = a_result_file(tmp_path)
    os.utime(result, (clock.now, clock.now))
    cache.put(key(1), result)
    [cached] = files(tmp_path / "cache")
    assert not cached.samefile(result)
    assert stat.S_IMODE(cached.stat().st_mode) == 0o400
    clock.now += 3601
    assert cache.get(key(1)) is None


def test_the_age_of_a_linked_file_counts_from_its_typesetting(cache: DiskCache, clock: Clock, tmp_path: Path) -> None:
    result = a_result_file(tmp_path)
    os.utime(result, (clock.now, clock.now))
    clock.now += 3000
    cache.put(key(1), result)
    assert cache.get(key(1)) == RESULT
    clock.now += 601
    assert cache.get(key(1)) is None


def test_a_result_typeset_twice_replaces_the_older_one(cache: DiskCache, clock: Clock, tmp_path: Path) -> None:
    put(cache, clock, tmp_path, 1)
    newer = TypesetSegment(b"newer", 1)
    put(cache, clock, tmp_path, 1, newer)
    assert cache.get(key(1)) == newer
    assert len(files(tmp_path / "cache")) == 1


def test_nobody_else_may_read_it(cache: DiskCache, clock: Clock, tmp_path: Path) -> None:
    path = put(cache, clock, tmp_path, 1)
    for each in (path.parent.parent, path.parent):
        assert stat.S_IMODE(each.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


def test_a_disk_that_takes_nothing_costs_the_cache_only(cache: DiskCache, tmp_path: Path) -> None:
    (tmp_path / "cache" / key(1)[:2]).write_text("a file where a folder should be")
    cache.put(key(1), a_result_file(tmp_path))
    assert cache.get(key(1)) is None


def test_two_renderers_share_it(tmp_path: Path) -> None:
    one, other = DiskCache(tmp_path / "cache"), DiskCache(tmp_path / "cache")
    one.put(key(1), a_result_file(tmp_path))
    assert other.get(key(1)) == RESULT
