"""Storage over a real socket: what callers are promised, and what they cannot do."""

import asyncio
import contextlib
import errno
import itertools
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import pytest

from contracts.owner import Owner
from dev.plain_http import TRUST_NOBODY
from services.common.content_disposition import content_disposition
from services.storage.settings import StorageSettings
from tests.integration.storage.conftest import OWNER, RETENTION, TOKEN, Client, client_of, serving, sha256
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

BODY = b"%PDF-1.7 " * 200_000


async def in_pieces(body: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def test_a_file_comes_back_as_it_went_in(storage: Client) -> None:
    export_id = uuid4()
    answer = await storage.put(in_pieces(BODY), export_id)
    assert answer.status_code == 201
    said = answer.json()
    assert said.keys() == {"key", "size", "sha256", "expiresAt"}
    assert (said["key"], said["size"], said["sha256"]) == (f"{export_id}/{sha256(BODY)}", len(BODY), sha256(BODY))
    assert datetime.fromisoformat(said["expiresAt"])
    got = await storage.http.get(f"/files/{said['key']}")
    assert got.status_code == 200
    assert got.content == BODY
    assert got.headers["ETag"] == f'"{sha256(BODY)}"'
    assert got.headers["Content-Type"] == "application/pdf"
    assert got.headers["Cache-Control"] == "private, no-store"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Disposition"] == content_disposition("Relevé de notes – 2nde B.pdf")


async def test_the_same_file_again_is_one_file(storage: Client) -> None:
    export_id = uuid4()
    first, second = await storage.put(BODY, export_id), await storage.put(BODY, export_id)
    assert first.json()["key"] == second.json()["key"]
    assert storage.files() == {first.json()["key"]}


async def test_head_tells_what_get_would_send(storage: Client) -> None:
    path = await storage.stored(BODY)
    head = await storage.http.head(path, headers={"Range": "bytes=0-1"})
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(len(BODY)), b"")
    got = await storage.http.get(path)
    assert {name: head.headers[name] for name in head.headers if name != "date"} == {
        name: got.headers[name] for name in got.headers if name != "date"
    }


@pytest.mark.parametrize(
    ("sent", "start", "stop"), [("bytes=0-0", 0, 1), ("bytes=5-99", 5, 100), ("bytes=-7", -7, None)]
)
async def test_a_part(storage: Client, sent: str, start: int, stop: int | None) -> None:
    path = await storage.stored(BODY)
    got = await storage.http.get(path, headers={"Range": sent, "If-Range": f'"{sha256(BODY)}"'})
    assert got.status_code == 206
    assert got.content == BODY[start:stop]
    first = start % len(BODY)
    assert got.headers["Content-Range"] == f"bytes {first}-{first + len(got.content) - 1}/{len(BODY)}"


async def test_a_part_of_another_version_is_the_whole(storage: Client) -> None:
    path = await storage.stored(BODY)
    got = await storage.http.get(path, headers={"Range": "bytes=0-0", "If-Range": f'"{"ab" * 32}"'})
    assert (got.status_code, got.content) == (200, BODY)


async def test_a_part_beyond_the_end(storage: Client) -> None:
    got = await storage.http.get(await storage.stored(BODY), headers={"Range": f"bytes={len(BODY)}-"})
    assert (got.status_code, got.headers["Content-Range"]) == (416, f"bytes */{len(BODY)}")
    assert got.json()["code"] == "range_not_satisfiable"


async def test_a_file_the_caller_has_is_not_sent_again(storage: Client) -> None:
    path = await storage.stored(BODY)
    got = await storage.http.get(path, headers={"If-None-Match": f'"{sha256(BODY)}"'})
    assert (got.status_code, got.content, got.headers["ETag"]) == (304, b"", f'"{sha256(BODY)}"')


async def test_an_empty_file(storage: Client) -> None:
    got = await storage.http.get(await storage.stored(b""))
    assert (got.status_code, got.content) == (200, b"")


ADDRESSES = [
    ("PUT", "/exports/{id}/file"),
    ("GET", "/files/{id}/{sha}"),
    ("HEAD", "/files/{id}/{sha}"),
    ("DELETE", "/files/{id}/{sha}"),
    ("GET", "/"),
    ("GET", "/nowhere"),
]


TOKENS = [None, "", "Bearer", f"bearer {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, "Basic eDp4"]


async def test_without_the_token_nothing_is_told(storage: Client) -> None:
    async with httpx2.AsyncClient(base_url=storage.http.base_url, trust_env=False, verify=TRUST_NOBODY) as stranger:
        for (method, address), token in itertools.product(ADDRESSES, TOKENS):
            path = address.format(id=uuid4(), sha="ab" * 32)
            got = await stranger.request(method, path, headers={} if token is None else {"Authorization": token})
            assert (got.status_code, got.headers["WWW-Authenticate"]) == (401, "Bearer"), (method, path, token)
    assert storage.files() == set()


async def test_health_needs_no_token(storage: Client) -> None:
    async with httpx2.AsyncClient(base_url=storage.http.base_url, trust_env=False, verify=TRUST_NOBODY) as stranger:
        assert (await stranger.get("/healthz")).status_code == 200

        async def is_ready() -> bool:
            return (await stranger.get("/readyz")).status_code == 200

        await wait_until(is_ready)
        checks = (await stranger.get("/readyz")).json()["checks"]
        assert checks == dict.fromkeys(("database", "schema", "files", "background"), "ok")
        await storage.stored(BODY)
        assert 'storage_deposits_total{outcome="stored"} 1.0' in (await stranger.get("/metrics")).text


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"X-Filename": "a%0d%0aSet-Cookie:%20x"}, 400, "invalid_request"),
        ({"X-Institution-Id": ""}, 400, "invalid_request"),
        ({"X-Content-Sha256": "AB"}, 400, "invalid_request"),
        ({"X-Content-Sha256": "ab" * 32}, 422, "digest_mismatch"),
    ],
)
async def test_a_deposit_that_is_refused_leaves_nothing(
    storage: Client, headers: dict[str, str], status: int, code: str
) -> None:
    got = await storage.put(BODY, headers=headers)
    assert (got.status_code, got.json()["code"], got.json()["status"]) == (status, code, status)
    assert got.headers["Content-Type"] == "application/problem+json"
    assert storage.files() == set()


async def test_a_digest_that_agrees_is_accepted(storage: Client) -> None:
    assert (await storage.put(BODY, headers={"X-Content-Sha256": sha256(BODY)})).status_code == 201


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_cap(storage: Client, announced: bool) -> None:
    body = bytes(storage.settings.max_file_bytes + 1)
    got = await storage.put(body if announced else in_pieces(body))
    assert (got.status_code, got.json()["code"]) == (413, "file_too_large")
    assert storage.files() == set()


@pytest.mark.parametrize("export_id", ["x", "..", "%2e%2e", "%2e%2e%2f%2e%2e", "{0A}", "%00"])
async def test_an_address_of_no_export(storage: Client, export_id: str) -> None:
    got = await storage.http.put(f"/exports/{export_id}/file", content=BODY)
    assert got.status_code in {400, 404}
    assert storage.files() == set()


@pytest.mark.parametrize(
    "path",
    [
        "/files/../../etc/passwd",
        "/files/%2e%2e/%2e%2e",
        "/files/%252e%252e/%252e%252e%252fetc%252fpasswd",
        "/files/{id}/..",
        "/files/{id}/%2e%2e%2f{id}%2f{sha}",
        "/files/{id}/{sha}%00",
        "/files/{id}/{sha}#1",
        "/files//{id}/{sha}",
        "/files/.incoming/{sha}",
    ],
)
async def test_no_address_leads_out_of_the_root(storage: Client, path: str) -> None:
    """Sent as it stands: a client library would tidy the path first."""
    (storage.root.parent / "passwd").write_text("secret")
    target = path.format(id=uuid4(), sha="ab" * 32)
    reader, writer = await asyncio.open_connection(storage.http.base_url.host, storage.http.base_url.port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
    status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()
    assert status in {400, 404}


async def test_never_stored_and_expired_are_told_apart(storage: Client, database_url: str) -> None:
    never = await storage.http.get(f"/files/{uuid4()}/{'ab' * 32}")
    assert (never.status_code, never.json()["code"]) == (404, "file_not_found")
    path = await storage.stored(BODY)
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE exports.stored_file SET expires_at = now()")
    await connection.close()
    gone = await storage.http.get(path)
    assert (gone.status_code, gone.json()["code"]) == (410, "file_expired")
    assert (await storage.http.head(path)).status_code == 410


STRANGERS = [
    replace(OWNER, institution_id="school-2"),
    replace(OWNER, exam_id="exam-2"),
    replace(OWNER, requested_by="teacher-2"),
    Owner(OWNER.exam_id, OWNER.institution_id, OWNER.requested_by),
    replace(OWNER, institution_id="SCHOOL-1"),
    replace(OWNER, institution_id="school-1 "),
]


async def test_a_file_of_another_owner_looks_like_none(storage: Client) -> None:
    path = await storage.stored(BODY)
    absent = f"/files/{uuid4()}/{sha256(BODY)}"
    conditions: tuple[dict[str, str], ...] = ({}, {"Range": "bytes=0-1"}, {"If-None-Match": "*"})
    for stranger, method, more in itertools.product(STRANGERS, ("GET", "HEAD"), conditions):
        headers = stranger.headers() | more
        theirs = await storage.http.request(method, path, headers=headers)
        none = await storage.http.request(method, absent, headers=headers)
        assert theirs.status_code == none.status_code == 404
        assert theirs.content == none.content
        assert without_date(theirs) == without_date(none)
    assert (await storage.http.get(path)).content == BODY


def without_date(answer: httpx2.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "date"}


async def test_a_request_that_names_no_owner_is_refused(storage: Client) -> None:
    path = await storage.stored(BODY)
    for name, value in itertools.product(OWNER.headers(), ("", "%ff", "a%00", "x" * 600)):
        answer = await storage.http.get(path, headers={**OWNER.headers(), name: value})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request"), (name, value)


async def test_the_files_of_an_export_have_one_owner(storage: Client, pool: asyncpg.Pool) -> None:
    export_id = uuid4()
    path = f"/files/{(await storage.put(BODY, export_id)).json()['key']}"
    rows = await pool.fetch("SELECT * FROM exports.stored_file")
    for stranger, body in itertools.product(STRANGERS, (BODY, b"another file")):
        answer = await storage.put(body, export_id, stranger.headers())
        assert (answer.status_code, answer.json()["code"]) == (409, "owner_conflict")
    assert await pool.fetch("SELECT * FROM exports.stored_file") == rows
    assert storage.files() == {path.removeprefix("/files/")}
    assert (await storage.http.get(path)).content == BODY
    assert (await storage.put(b"a second one", export_id)).status_code == 201


async def test_of_two_owners_at_once_one_has_the_export(storage: Client, pool: asyncpg.Pool) -> None:
    for _ in range(5):
        export_id = uuid4()
        owners = [replace(OWNER, institution_id=f"school-{number}") for number in range(4)]
        answers = await asyncio.gather(*(storage.put(os.urandom(1000), export_id, each.headers()) for each in owners))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert await pool.fetchval("SELECT count(*) FROM exports.stored_file WHERE export_id = $1", export_id) == 1


async def test_a_role_may_do_its_own_part_only(settings: StorageSettings, tmp_path: Path) -> None:
    tokens = {name: f"token-that-may-{name}-only" for name in ("put", "get", "delete")}
    given = {f"storage_{name}_token": token for name, token in tokens.items()}
    both = {"storage_get_token": f"{'x' * 20}, {tokens['get']}"}
    split = StorageSettings.model_validate(settings.model_dump() | given | both | {"internal_token": ()})
    async with serving(split, tmp_path / "root") as storage, contextlib.AsyncExitStack() as stack:
        clients = {
            name: await stack.enter_async_context(client_of(str(storage.http.base_url), token))
            for name, token in tokens.items()
        }
        key = (await Client(clients["put"], split, storage.root).put(BODY)).json()["key"]
        path = f"/files/{key}"
        assert (await storage.http.get(path)).status_code == 401, "the shared token is not set"
        for name, client in clients.items():
            for method, needed in (("GET", "get"), ("HEAD", "get"), ("PUT", "put"), ("DELETE", "delete")):
                if name != needed:
                    refused = await client.request(method, path)
                    assert refused.status_code == 403, (name, method)
        assert (await clients["get"].get(path)).content == BODY
        assert (await clients["delete"].delete(path)).status_code == 204


async def test_delete_ends_a_file_at_once_and_its_bytes_soon(storage: Client) -> None:
    path = await storage.stored(BODY)
    assert (await storage.http.delete(path)).status_code == 204
    assert (await storage.http.delete(path)).status_code == 204
    assert (await storage.http.get(path)).status_code == 410
    assert (await storage.http.delete(f"/files/{uuid4()}/{'ab' * 32}")).status_code == 404
    await wait_until(lambda: storage.files() == set())


async def test_a_download_that_races_with_deletion_is_whole_or_gone(storage: Client) -> None:
    paths = [await storage.stored(os.urandom(1_000_000)) for _ in range(8)]
    digests = {path: path.rpartition("/")[2] for path in paths}

    async def read(path: str) -> int:
        got = await storage.http.get(path)
        if got.status_code == 200:
            assert sha256(got.content) == digests[path]
        return got.status_code

    async def end(path: str) -> int:
        return (await storage.http.delete(path)).status_code

    reads = [read(path) for path in paths for _ in range(6)]
    ends = [end(path) for path in paths]
    statuses = await asyncio.gather(*reads[:24], *ends, *reads[24:])
    assert set(statuses) <= {200, 204, 410}
    await wait_until(lambda: storage.files() == set())
    assert {await read(path) for path in paths} == {410}


async def test_a_reader_in_the_middle_gets_the_rest_of_a_deleted_file(storage: Client) -> None:
    body = os.urandom(7_900_000)
    path = await storage.stored(body)
    async with storage.http.stream("GET", path) as got:
        chunks = got.aiter_raw(1000)
        first = await anext(chunks)
        await storage.http.delete(path)
        await wait_until(lambda: storage.files() == set())
        rest = b"".join([chunk async for chunk in chunks])
    assert first + rest == body


async def test_bytes_that_disagree_with_the_ledger_are_never_sent(storage: Client) -> None:
    path = await storage.stored(BODY)
    file = storage.root / path.removeprefix("/files/")
    file.write_bytes(BODY[:-1])
    assert ((await storage.http.get(path)).status_code, (await storage.http.get(path)).json()["code"]) == (
        500,
        "file_damaged",
    )
    file.unlink()
    assert (await storage.http.get(path)).json()["code"] == "file_damaged"


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [(errno.ENOSPC, 507, "storage_full"), (errno.EDQUOT, 507, "storage_full"), (errno.EIO, 503, "storage_unavailable")],
)
async def test_a_device_that_fails_is_told_and_recovers(
    storage: Client, monkeypatch: pytest.MonkeyPatch, number: int, status: int, code: str
) -> None:
    other = await storage.stored(b"another school's file")

    def fail(*_: Any) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", fail)
        got = await storage.put(in_pieces(BODY))
        assert (await storage.http.get(other)).status_code == 200
    assert (got.status_code, got.json()["code"]) == (status, code)
    assert int(got.headers["Retry-After"]) > 0
    assert storage.files() == {other.removeprefix("/files/")}
    assert (await storage.put(BODY)).status_code == 201


def head_of_a_put(length: int, **headers: str) -> bytes:
    told = {"Content-Type": "application/pdf", "X-Filename": "f.pdf", "X-Institution-Id": "i", "X-Exam-Id": "e"}
    told |= {"X-Requested-By": "u", "Content-Length": str(length), "Host": "x", "Authorization": f"Bearer {TOKEN}"}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"PUT /exports/{uuid4()}/file HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join([*lines, "", ""]).encode()


async def test_a_refused_caller_that_sends_to_the_end_before_it_listens_hears_why(storage: Client) -> None:
    body = bytes(storage.settings.max_file_bytes - 1)
    reader, writer = await asyncio.open_connection(storage.http.base_url.host, storage.http.base_url.port)
    writer.write(head_of_a_put(len(body), X_Filename="a%0ab"))
    for start in range(0, len(body), 100_000):
        writer.write(body[start : start + 100_000])
        await writer.drain()
    assert b" 400 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_readers_that_hang_up_leave_no_file_open(storage: Client) -> None:
    path = await storage.stored(os.urandom(7_900_000))
    stored = str(storage.root / path.removeprefix("/files/"))
    for _ in range(5):
        async with httpx2.AsyncClient(base_url=storage.http.base_url, trust_env=False, verify=TRUST_NOBODY) as reader:
            headers = {"Authorization": f"Bearer {TOKEN}", **OWNER.headers()}
            async with reader.stream("GET", path, headers=headers) as got:
                await anext(got.aiter_raw(1000))
    await wait_until(lambda: stored not in open_files())
    assert (await storage.http.get(path)).status_code == 200
    await wait_until(lambda: stored not in open_files())


def open_files() -> set[str]:
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.add(str(descriptor.readlink()))
    return found


async def test_a_caller_that_hangs_up_leaves_nothing(storage: Client) -> None:
    reader, writer = await asyncio.open_connection(storage.http.base_url.host, storage.http.base_url.port)
    writer.write(head_of_a_put(5_000_000) + BODY[:1_500_000])
    await writer.drain()
    await wait_until(lambda: len(storage.files()) == 1)
    writer.close()
    await writer.wait_closed()
    await wait_until(lambda: storage.files() == set())
    assert await reader.read() == b""


async def test_retention_is_what_was_set(storage: Client, database_url: str) -> None:
    await storage.stored(BODY)
    connection = await asyncpg.connect(database_url)
    kept = await connection.fetchval("SELECT expires_at - stored_at FROM exports.stored_file")
    await connection.close()
    assert kept == RETENTION
