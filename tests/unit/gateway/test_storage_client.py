"""Whatever a row's key says, storage is asked for the file of the row's own export, and believed only if it is that."""

from urllib.parse import unquote

import httpx2
import pytest

from services.gateway.errors import ExportExpired, StorageAway
from services.gateway.exports import Export
from services.gateway.storage_client import StorageClient
from tests.gateway import a_completed_export, a_file

SHA256 = "ab" * 32
SIZE = 1000
WHOLE = {"ETag": f'"{SHA256}"', "Content-Length": str(SIZE)}
PART = {"ETag": f'"{SHA256}"', "Content-Length": "10", "Content-Range": f"bytes 0-9/{SIZE}"}
KEYS = (
    "../metrics",
    "..%2fmetrics",
    "%2e%2e%2fmetrics",
    "%252e%252e%252fmetrics",
    "/metrics",
    "http://elsewhere/metrics",
    "a/b?c#d",
    "",
)


class FakeStorage:
    """Answers as a test says, and remembers what it was asked."""

    def __init__(self, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.asked: list[httpx2.Request] = []
        self._status, self._headers = status, WHOLE if headers is None else headers

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        return httpx2.Response(self._status, headers=self._headers, stream=httpx2.ByteStream(b""))

    async def open(self, export: Export, method: str = "GET") -> httpx2.Response:
        client = StorageClient("http://storage", "token", transport=httpx2.MockTransport(self._answer))
        assert export.file is not None
        return await client.open(export, export.file, method, {"range": "bytes=0-9"})


def an_export_with(**file: object) -> Export:
    return a_completed_export(requested_by="prof/é", file=a_file(**({"size": SIZE, "sha256": SHA256} | file)))


@pytest.mark.parametrize("key", KEYS)
async def test_a_key_is_never_part_of_the_address(key: str) -> None:
    storage, export = FakeStorage(), an_export_with(key=key)
    await storage.open(export)
    [asked] = storage.asked
    assert asked.url.raw_path == f"/files/{export.id}/{SHA256}".encode()
    assert unquote(asked.headers["X-Requested-By"]) == "prof/é"
    assert (asked.headers["X-Institution-Id"], asked.headers["X-Exam-Id"]) == (export.institution_id, export.exam_id)
    assert asked.headers["Range"] == "bytes=0-9"


@pytest.mark.parametrize("sha256", [*KEYS, SHA256.upper(), SHA256 + "/", SHA256[:-1], "²" * 64])
async def test_a_digest_that_is_none_is_not_asked_for(sha256: str) -> None:
    storage = FakeStorage()
    with pytest.raises(ExportExpired):
        await storage.open(an_export_with(sha256=sha256))
    assert storage.asked == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("status", "headers"), [(200, WHOLE), (206, PART), (304, {"ETag": WHOLE["ETag"]})])
async def test_the_rows_own_file_is_passed_on(method: str, status: int, headers: dict[str, str]) -> None:
    answer = await FakeStorage(status, headers).open(an_export_with(), method)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {}),
        (200, {"Content-Type": "text/html"}),
        (200, WHOLE | {"ETag": f'"{"cd" * 32}"'}),
        (200, WHOLE | {"ETag": f'W/"{SHA256}"'}),
        (200, WHOLE | {"Content-Length": "999"}),
        (206, PART | {"Content-Range": "bytes 0-9/999"}),
        (206, {"ETag": WHOLE["ETag"], "Content-Length": str(SIZE)}),
        (304, {}),
        (302, WHOLE | {"Location": "http://elsewhere/"}),
        (401, {}),
        (403, {}),
        (400, {}),
    ],
)
async def test_an_answer_that_is_not_about_the_rows_file_is_none(status: int, headers: dict[str, str]) -> None:
    with pytest.raises(StorageAway):
        await FakeStorage(status, headers).open(an_export_with())


@pytest.mark.parametrize("status", [404, 410])
async def test_a_file_of_nobody_or_of_somebody_else_is_gone(status: int) -> None:
    with pytest.raises(ExportExpired):
        await FakeStorage(status).open(an_export_with())
