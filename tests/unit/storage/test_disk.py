"""On a real folder: the order in which things are made durable, what an error leaves, what a late reader gets."""

import asyncio
import errno
import hashlib
import os
import stat
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.storage.disk import Disk
from services.storage.errors import StorageFull, StorageUnavailable
from services.storage.files import CHUNK, Incoming
from services.storage.keys import Key
from services.storage.ranges import Slice

BODY = b"%PDF-1.7 " * 1000


def key_of(body: bytes) -> Key:
    return Key(uuid4(), hashlib.sha256(body).hexdigest())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "exports" / "files"


@pytest.fixture
async def disk(root: Path) -> AsyncIterator[Disk]:
    disk = Disk(root, threads=4)
    yield disk
    await disk.close()


async def put(disk: Disk, body: bytes, key: Key | None = None) -> Key:
    key = key or key_of(body)
    incoming = await disk.receive()
    await incoming.write(body)
    await disk.publish(incoming, key)
    await incoming.discard()
    return key


async def write_and_publish(disk: Disk, incoming: Incoming, key: Key) -> None:
    await incoming.write(BODY)
    await disk.publish(incoming, key)


async def get(disk: Disk, key: Key, part: Slice | None = None) -> bytes | None:
    found = await disk.open(key, part or Slice(0, 1))
    if found is None:
        return None
    try:
        return b"".join([chunk async for chunk in found.read(part or Slice(0, found.size))])
    finally:
        await found.close()


def files_below(root: Path) -> set[str]:
    return {str(found.relative_to(root)) for found in root.rglob("*") if not found.is_dir()}


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_what_is_published_is_read_back_whole_and_in_parts(disk: Disk) -> None:
    body = os.urandom(2 * CHUNK + 17)
    key = await put(disk, body)
    assert await get(disk, key) == body
    assert await get(disk, key, Slice(5, CHUNK + 9)) == body[5 : CHUNK + 9]


async def test_an_empty_file_is_a_file(disk: Disk) -> None:
    key = await put(disk, b"")
    assert await get(disk, key) == b""


async def test_a_key_that_was_never_stored_is_not_there(disk: Disk) -> None:
    assert await get(disk, key_of(b"x")) is None


async def test_nothing_is_visible_before_it_is_published(disk: Disk, root: Path) -> None:
    incoming = await disk.receive()
    await incoming.write(BODY)
    assert [entry async for entry in disk.stored()] == []
    assert len(files_below(root)) == 1
    await incoming.discard()
    await incoming.discard()
    assert files_below(root) == set()


async def test_folders_and_files_are_only_ours(disk: Disk, root: Path) -> None:
    key = await put(disk, BODY)
    for folder in (root, root / key.folder, root / ".incoming"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((root / str(key)).stat().st_mode) == 0o600


async def test_the_same_file_again_is_harmless(disk: Disk) -> None:
    key = await put(disk, BODY)
    assert await put(disk, BODY, key) == key
    assert await get(disk, key) == BODY


def path_of(descriptor: int) -> str:
    return str(Path(f"/proc/self/fd/{descriptor}").readlink())


class Recorder:
    """Writes down the calls that decide durability, in order, as they succeed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
        self.calls: list[tuple[str, str]] = []
        self._base = root.parent.parent
        places: dict[str, Callable[..., str]] = {"fsync": self._descriptor, "rename": self._target, "mkdir": self._made}
        for name, where in places.items():
            monkeypatch.setattr(os, name, self._recorded(name, getattr(os, name), where))

    def _recorded(self, name: str, real: Callable[..., Any], where: Callable[..., str]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            result = real(*args, **kwargs)
            self.calls.append((name, where(*args, **kwargs)))
            return result

        return call

    def _descriptor(self, descriptor: int) -> str:
        return self._named(path_of(descriptor))

    def _target(self, _source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int) -> str:
        return self._named(f"{path_of(dst_dir_fd)}/{target}")

    def _made(self, path: str | Path, mode: int = 0o777, *, dir_fd: int | None = None) -> str:
        return self._named(str(path) if dir_fd is None else f"{path_of(dir_fd)}/{path}")

    def _named(self, path: str) -> str:
        return "temporary" if path.endswith(".tmp") else str(Path(path).relative_to(self._base))


async def test_a_power_cut_after_publish_finds_every_name_and_byte_on_the_device(
    disk: Disk, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(monkeypatch, root)
    key = await put(disk, BODY)
    assert recorder.calls == [
        ("mkdir", "exports"),
        ("fsync", "."),
        ("mkdir", "exports/files"),
        ("fsync", "exports"),
        ("mkdir", "exports/files/.incoming"),
        ("fsync", "temporary"),
        ("mkdir", f"exports/files/{key.folder}"),
        ("fsync", "exports/files"),
        ("rename", f"exports/files/{key}"),
        ("fsync", f"exports/files/{key.folder}"),
    ]


async def test_a_folder_left_by_a_crash_before_its_fsync_is_made_durable_by_the_next(
    disk: Disk, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = key_of(BODY)
    (root / key.folder).mkdir(parents=True)
    recorder = Recorder(monkeypatch, root)
    await put(disk, BODY, key)
    assert recorder.calls.index(("fsync", "exports/files")) < recorder.calls.index(("rename", f"exports/files/{key}"))


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, StorageUnavailable)],
)
@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
async def test_a_device_that_fails_leaves_nothing_behind(
    disk: Disk, root: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, expected: type[Exception]
) -> None:
    await disk.probe()
    before = open_descriptors()

    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(number, os.strerror(number))

    key = key_of(BODY)
    incoming = await disk.receive()
    with monkeypatch.context() as patched:
        patched.setattr(os, call, fail)
        with pytest.raises(expected):
            await write_and_publish(disk, incoming, key)
        await incoming.discard()
    assert files_below(root) == set()
    assert open_descriptors() == before
    assert await put(disk, BODY, key) == key


async def test_short_writes_are_completed(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data[:100])))
    key = await put(disk, BODY)
    assert await get(disk, key) == BODY


async def test_a_reader_of_a_deleted_file_gets_it_to_the_end(disk: Disk, root: Path) -> None:
    body = os.urandom(3 * CHUNK)
    key = await put(disk, body)
    found = await disk.open(key, Slice(0, len(body)))
    assert found is not None
    stream = found.read(Slice(0, found.size))
    first = await anext(stream)
    await disk.delete(key)
    assert files_below(root) == set()
    assert first + b"".join([chunk async for chunk in stream]) == body
    await found.close()


async def test_deleting_what_is_not_there_is_harmless_and_takes_empty_folders_along(disk: Disk, root: Path) -> None:
    key = await put(disk, BODY)
    other = await put(disk, b"other", Key(key.export_id, hashlib.sha256(b"other").hexdigest()))
    await disk.delete(key)
    await disk.delete(key)
    assert await get(disk, other) == b"other"
    await disk.delete(other)
    assert not (root / key.folder).exists()


async def test_symbolic_links_are_not_followed(disk: Disk, root: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    key = await put(disk, BODY)
    (root / str(key)).unlink()
    (root / str(key)).symlink_to(secret)
    with pytest.raises(StorageUnavailable):
        await get(disk, key)
    outside = tmp_path / "outside"
    outside.mkdir()
    linked = key_of(b"x")
    (root / linked.folder).symlink_to(outside)
    with pytest.raises(StorageUnavailable):
        await put(disk, b"x", linked)
    assert list(outside.iterdir()) == []


async def test_the_sweep_takes_old_leftovers_and_leaves_running_uploads_and_strangers(disk: Disk, root: Path) -> None:
    key = await put(disk, BODY)
    old, young = await disk.receive(), await disk.receive()
    await old.write(b"old")
    await young.write(b"young")
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    os.utime(root / ".incoming" / old.name, (long_ago.timestamp(),) * 2)
    (root / "lost+found").mkdir()
    os.utime(root / "lost+found", (long_ago.timestamp(),) * 2)
    empty = root / str(uuid4())
    empty.mkdir()
    os.utime(empty, (long_ago.timestamp(),) * 2)
    assert await disk.sweep(datetime.now(UTC) - timedelta(minutes=10)) == 1
    assert files_below(root) == {str(key), f".incoming/{young.name}"}
    assert (root / "lost+found").exists()
    assert not empty.exists()
    await old.discard()
    await disk.publish(young, key_of(b"young"))


async def test_listing_names_what_is_published_and_when(disk: Disk, root: Path) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    key = await put(disk, BODY)
    (root / "lost+found").mkdir()
    entries = [entry async for entry in disk.stored()]
    assert [entry.name for entry in entries] == [str(key)]
    assert before < entries[0].modified < datetime.now(UTC) + timedelta(seconds=5)


async def test_a_folder_removed_between_making_and_renaming_is_made_again(
    disk: Disk, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = key_of(BODY)
    real = os.rename
    removed: list[str] = []

    def remove_first(source: str, target: str, **folders: int) -> None:
        if not removed:
            removed.append(key.folder)
            (root / key.folder).rmdir()
        real(source, target, **folders)

    monkeypatch.setattr(os, "rename", remove_first)
    await put(disk, BODY, key)
    assert removed
    assert await get(disk, key) == BODY


async def test_discard_waits_for_a_write_that_runs(disk: Disk, root: Path) -> None:
    before = open_descriptors()
    incoming = await disk.receive()
    writing = asyncio.create_task(incoming.write(os.urandom(4 * CHUNK)))
    await asyncio.sleep(0)
    writing.cancel()
    await incoming.discard()
    await asyncio.gather(writing, return_exceptions=True)
    assert files_below(root) == set()
    assert open_descriptors() <= before


async def test_probe_tells_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    blocked = Disk(tmp_path / "file" / "root", threads=1)
    with pytest.raises(StorageUnavailable):
        await blocked.probe()
    await blocked.close()
