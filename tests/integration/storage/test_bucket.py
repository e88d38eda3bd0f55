"""Against a server that speaks S3: the same promises as on disk."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from contracts.owner import Owner
from services.storage import bucket
from services.storage.bucket import PART, Bucket
from services.storage.errors import StorageUnavailable
from services.storage.files import CHUNK
from services.storage.keys import Key
from services.storage.ranges import Slice
from services.storage.settings import StorageSettings
from tests.integration.storage.conftest import serving, sha256
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


@pytest.fixture
def files(bucket_url: str) -> Bucket:
    return Bucket(bucket.connect(bucket_url, allow_http=True))


async def put(files: Bucket, body: bytes) -> Key:
    key = Key(uuid4(), sha256(body))
    incoming = await files.receive()
    for start in range(0, len(body), CHUNK):
        await incoming.write(body[start : start + CHUNK])
    await files.publish(incoming, key)
    await incoming.discard()
    return key


async def get(files: Bucket, key: Key, part: Slice) -> bytes | None:
    found = await files.open(key, part)
    return None if found is None else b"".join([chunk async for chunk in found.read(part)])


async def names(files: Bucket) -> list[str]:
    return [entry.name async for entry in files.stored()]


@pytest.mark.parametrize("size", [0, 1, PART, 2 * PART + 17])
async def test_what_is_published_is_read_back_whole(files: Bucket, size: int) -> None:
    body = os.urandom(size)
    key = await put(files, body)
    assert await get(files, key, Slice(0, size)) == body
    assert await names(files) == [str(key)]


async def test_parts_and_the_size_of_the_whole(files: Bucket) -> None:
    body = os.urandom(3 * CHUNK)
    key = await put(files, body)
    assert await get(files, key, Slice(7, 2 * CHUNK + 3)) == body[7 : 2 * CHUNK + 3]
    found = await files.open(key, Slice(0, 1))
    assert found is not None
    assert found.size == len(body)


async def test_what_is_not_there_and_what_was_deleted(files: Bucket) -> None:
    missing = Key(uuid4(), "ab" * 32)
    assert await get(files, missing, Slice(0, 1)) is None
    assert await get(files, missing, Slice(0, 0)) is None
    key = await put(files, b"here")
    await files.delete(key)
    await files.delete(key)
    assert await get(files, key, Slice(0, 4)) is None


async def test_nothing_is_visible_before_it_is_published_nor_left_after_it_was_abandoned(files: Bucket) -> None:
    incoming = await files.receive()
    await incoming.write(b"half")
    assert await names(files) == []
    await incoming.discard()
    finished = await files.receive()
    await finished.write(b"whole, and never published")
    await finished.finish()
    assert await names(files) == []
    await finished.discard()
    assert await files.sweep(datetime.now(UTC) + timedelta(hours=1)) == 0


async def test_the_sweep_takes_old_leftovers_only(files: Bucket) -> None:
    key = await put(files, b"kept")
    for _ in range(2):
        left = await files.receive()
        await left.write(b"left by a crash")
        await left.finish()
    assert await files.sweep(datetime.now(UTC) - timedelta(minutes=10)) == 0
    assert await files.sweep(datetime.now(UTC) + timedelta(minutes=10)) == 2
    assert await names(files) == [str(key)]


async def test_a_bucket_that_is_away_is_unavailable_and_nothing_hangs(
    bucket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:1")
    away = Bucket(bucket.connect(bucket_url, allow_http=True))
    key = Key(uuid4(), "ab" * 32)
    with pytest.raises(StorageUnavailable):
        await away.probe()
    with pytest.raises(StorageUnavailable):
        await away.open(key, Slice(0, 1))
    incoming = await away.receive()
    with pytest.raises(StorageUnavailable):
        await write_all(away, incoming, key)
    await incoming.discard()


async def write_all(files: Bucket, incoming: bucket.BucketIncoming, key: Key) -> None:
    for _ in range(8):
        await incoming.write(bytes(2 * PART))
    await files.publish(incoming, key)


async def test_the_service_over_a_bucket_keeps_the_same_promises(
    settings: StorageSettings, bucket_url: str, tmp_path: Path
) -> None:
    over_a_bucket = settings.model_copy(update={"storage_root": bucket_url, "storage_allow_http": True})
    body = os.urandom(PART + 17)
    async with serving(over_a_bucket, tmp_path) as storage:
        assert (await storage.http.get("/readyz")).json()["checks"]["files"] == "ok"
        path = await storage.stored(body)
        assert (await storage.http.get(path)).content == body
        address = (await storage.http.get(f"{path}/address?seconds=60")).json()["url"]
        async with httpx2.AsyncClient(trust_env=False) as anybody:
            assert (await anybody.get(address)).content == body
        for wrong in ("", "?seconds=0", "?seconds=61", "?seconds=-1", "?seconds=x"):
            assert (await storage.http.get(f"{path}/address{wrong}")).status_code == 400
        foreign = {**Owner("inst-2", "exam-1", "user-1").headers()}
        assert (await storage.http.get(f"{path}/address?seconds=60", headers=foreign)).status_code == 404
        part = await storage.http.get(path, headers={"Range": "bytes=-9"})
        assert (part.status_code, part.content) == (206, body[-9:])
        assert (await storage.put(body, headers={"X-Content-Sha256": "ab" * 32})).status_code == 422
        assert (await storage.http.delete(path)).status_code == 204
        assert (await storage.http.get(path)).status_code == 410
        await wait_until(lambda: empty(bucket_url))
    assert storage.files() == set()


async def empty(url: str) -> bool:
    files = Bucket(bucket.connect(url, allow_http=True))
    return await names(files) == [] and await files.sweep(datetime.now(UTC) + timedelta(hours=1)) == 0
