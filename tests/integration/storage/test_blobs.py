"""Blobs over a real socket, in a folder and in a bucket: written once, bounded, and nobody's but the renderers'."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from services.storage.app import make_places
from services.storage.blobs import BlobName, BlobPlace, Blobs, Kind
from services.storage.errors import BlobConflict
from services.storage.settings import StorageSettings
from tests.integration.storage.conftest import Client, client_of, serving, sha256

pytestmark = pytest.mark.integration

BODY = b"a typeset copy " * 1000
KEY = "ab" * 32


def content(body: bytes = BODY) -> str:
    return f"/blobs/content/{sha256(body)}"


async def test_a_blob_comes_back_as_it_went_in(storage: Client) -> None:
    assert (await storage.http.head(content())).status_code == 404
    assert (await storage.http.put(content(), content=BODY)).status_code == 201
    assert (await storage.http.put(content(), content=BODY)).status_code == 200
    got = await storage.http.get(content())
    assert (got.status_code, got.content, got.headers["Cache-Control"]) == (200, BODY, "private, no-store")
    head = await storage.http.head(content())
    assert (head.status_code, head.content) == (200, b"")


async def test_content_is_held_against_its_name(storage: Client) -> None:
    refused = await storage.http.put(content(), content=b"something else")
    assert (refused.status_code, refused.json()["code"]) == (422, "digest_mismatch")
    assert (await storage.http.get(content())).status_code == 404


async def test_a_result_is_written_once(storage: Client) -> None:
    path = f"/blobs/results/{KEY}"
    assert (await storage.http.put(path, content=BODY)).status_code == 201
    refused = await storage.http.put(path, content=b"other pages")
    assert (refused.status_code, refused.json()["code"]) == (409, "blob_conflict")
    assert (await storage.http.get(path)).content == BODY


async def test_many_at_once_are_one(storage: Client) -> None:
    answers = await asyncio.gather(*(storage.http.put(content(), content=BODY) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]


async def test_which_of_many_are_there(storage: Client) -> None:
    await storage.http.put(f"/blobs/results/{KEY}", content=BODY)
    answer = await storage.http.post("/blobs/results", json={"keys": ["00" * 32, KEY]})
    assert answer.json() == {"keys": [KEY]}
    for wrong in ({"keys": ["../../etc/passwd"]}, {"keys": [KEY] * 1001}, {}):
        refused = await storage.http.post("/blobs/results", json=wrong)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "path", ["content/abc", f"content/{'AB' * 32}", f"files/{KEY}", f"results/{KEY}%2F..", f".incoming/{KEY}"]
)
async def test_no_other_name_is_one(storage: Client, path: str) -> None:
    for method in ("PUT", "GET"):
        answer = await storage.http.request(method, f"/blobs/{path}", content=b"" if method == "GET" else BODY)
        assert answer.status_code in (400, 404), answer.text
    assert storage.files() == set()


async def test_a_blob_over_the_cap_is_refused(settings: StorageSettings, tmp_path: Path) -> None:
    small = settings.model_copy(update={"max_blob_bytes": 1000})
    async with serving(small, tmp_path / "root") as storage:
        for body in (BODY, _pieces()):
            answer = await storage.http.put(content(), content=body)
            assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
        assert storage.files() == set()


async def _pieces() -> AsyncIterator[bytes]:
    for _ in range(20):
        yield b"x" * 100


async def test_where_none_are_kept_each_is_refused(settings: StorageSettings, tmp_path: Path) -> None:
    async with serving(settings.model_copy(update={"blob_bytes": 0}), tmp_path / "root") as storage:
        refused = await storage.http.put(content(), content=BODY)
        assert (refused.status_code, refused.json()["code"]) == (403, "blobs_off")


async def test_blobs_have_a_token_of_their_own(settings: StorageSettings, tmp_path: Path) -> None:
    tokens = {name: f"the-{name}-token-of-this-test" for name in ("put", "get", "delete", "blobs")}
    own = settings.model_dump() | {"internal_token": (), **{f"storage_{name}_token": v for name, v in tokens.items()}}
    own |= {"amqp_url": settings.amqp_url, "database_url": settings.database_url}
    async with serving(StorageSettings.model_validate(own), tmp_path / "root") as storage:
        url = str(storage.http.base_url)
        for name, token in tokens.items():
            async with client_of(url, token) as http:
                status = (await http.put(content(), content=BODY)).status_code
                assert status == (201 if name == "blobs" else 403), name
        async with client_of(url, tokens["blobs"]) as http:
            refused: list[httpx2.Response] = [
                await http.put(f"/exports/{KEY[:8]}-0000-4000-8000-000000000000/file", content=BODY),
                await http.get(f"/files/{KEY[:8]}-0000-4000-8000-000000000000/{KEY}"),
            ]
            assert [answer.status_code for answer in refused] == [403, 403]


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.moved = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.moved


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, settings: StorageSettings) -> BlobPlace:
    """A folder, and a bucket of a real S3 peer."""
    if request.param == "bucket":
        root: str = request.getfixturevalue("bucket_url")
        settings = settings.model_copy(update={"storage_root": root, "storage_allow_http": True})
    return make_places(settings)[1]


def result(number: int) -> BlobName:
    return BlobName(Kind.RESULTS, f"{number:064x}")


async def test_age_and_bytes_are_bounded(place: BlobPlace) -> None:
    clock = Clock()
    blobs = Blobs(place, retention=timedelta(hours=1), capacity=4000, now=clock)
    assert await blobs.put(result(1), b"a" * 100)
    assert not await blobs.put(result(1), b"a" * 100)
    with pytest.raises(BlobConflict):
        await blobs.put(result(1), b"b" * 100)
    assert await blobs.present([result(1), result(2)]) == [result(1)]

    clock.moved = timedelta(hours=2)
    assert await blobs.get(result(1)) is None
    assert await blobs.present([result(1)]) == []
    assert await blobs.put(result(1), b"b" * 100), "one that is too old is in nobody's way"
    assert await blobs.sweep() == 1

    clock.moved = timedelta(0)
    for number in range(2, 12):
        await blobs.put(result(number), b"c" * 1000)
    await blobs.sweep()
    left = [number for number in range(1, 12) if await blobs.get(result(number)) is not None]
    assert 1 <= len(left) <= 4


async def test_a_damaged_content_gives_way(place: BlobPlace) -> None:
    blobs = Blobs(place, retention=timedelta(hours=1), capacity=10_000)
    name = BlobName(Kind.CONTENT, sha256(BODY[:100]))
    assert await place.create(str(name), b"short")
    assert await blobs.put(name, BODY[:100])
    assert await blobs.get(name) == BODY[:100]
