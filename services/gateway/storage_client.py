"""HTTP client of the storage service: streams a file, or a range of it, through to the browser. Authorises nobody."""

import re
from collections.abc import AsyncIterator, Mapping
from uuid import UUID

import httpx2
import structlog
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from contracts.http import FileAddress
from contracts.owner import Owner
from services.common.error_text import describe
from services.common.retrying import retry
from services.common.tracing import carry
from services.gateway.errors import ExportExpired, RangeNotSatisfiable, StorageAway
from services.gateway.exports import Export, File

log = structlog.get_logger()

DIGEST = re.compile(r"[0-9a-f]{64}")
PASSED_ON = ("range", "if-range", "if-none-match")
PASSED_BACK = ("content-length", "content-range", "accept-ranges")
CONNECTION_LOST = (httpx2.NetworkError, httpx2.RemoteProtocolError)
TIMEOUTS = httpx2.Timeout(15.0, connect=2.0, pool=5.0)


class StorageClient:
    """Reads files of one storage service."""

    def __init__(self, url: str, token: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._client = httpx2.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"},
            timeout=TIMEOUTS,
            limits=httpx2.Limits(max_connections=200, max_keepalive_connections=20),
            trust_env=False,
            event_hooks={"request": [carry]},
            transport=transport,
        )

    async def open(self, export: Export, file: File, method: str, headers: Mapping[str, str]) -> httpx2.Response:
        """Storage's response to a GET or HEAD of an export's file, its body not yet read; the caller closes it.

        The address is made of the row's export id and digest alone, and the answer has to agree with the row.

        Raises:
            ExportExpired: the file is gone, or storage has none of this owner.
            RangeNotSatisfiable: the range lies beyond its end.
            StorageAway: storage doesn't answer, or not with this file.
        """
        owner = Owner(export.institution_id, export.exam_id, export.requested_by)
        # Byte for byte: httpx2 encodes text as ASCII, and people send anything.
        passed = [(name.encode(), headers[name].encode("latin-1")) for name in PASSED_ON if name in headers]
        passed += [(name.encode(), value.encode()) for name, value in owner.headers().items()]
        try:
            response = await self._sent(method, _path(export.id, file), passed)
        except httpx2.HTTPError as error:
            raise StorageAway(describe(error)) from error
        if response.status_code in (200, 206, 304) and _agrees(response, file):
            return response
        await response.aclose()
        if response.status_code == 416:
            raise RangeNotSatisfiable(response.headers.get("content-range", "bytes */*"))
        if response.status_code in (404, 410):
            if response.status_code == 404:
                log.error("storage.file_missing", export=str(export.id))
            raise ExportExpired
        raise StorageAway(f"storage answered {response.status_code}, not the file of {export.id}")

    async def address(self, export: Export, file: File, seconds: int) -> str | None:
        """Where the file can be had for so long without a token; None where there is no such address to be had now."""
        owner = Owner(export.institution_id, export.exam_id, export.requested_by)
        headers = [(name.encode(), value.encode()) for name, value in owner.headers().items()]
        try:
            response = await self._sent("GET", f"{_path(export.id, file)}/address?seconds={seconds}", headers)
            try:
                body = await response.aread()
            finally:
                await response.aclose()
        except httpx2.HTTPError as error:
            log.warning("storage.no_address", cause=describe(error))
            return None
        return FileAddress.model_validate_json(body).url if response.status_code == 200 else None

    async def _sent(self, method: str, path: str, headers: list[tuple[bytes, bytes]]) -> httpx2.Response:
        """The response; sent once more where a kept-alive connection turned out to be closed."""

        async def send() -> httpx2.Response:
            return await self._client.send(self._client.build_request(method, path, headers=headers), stream=True)

        return await retry(send, CONNECTION_LOST, "storage.connection_lost", tries=2, delay=0.0)

    async def ping(self) -> None:
        """Raise unless storage answers its health check."""
        (await self._client.get("/healthz", timeout=2.0)).raise_for_status()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _path(export_id: UUID, file: File) -> str:
    if DIGEST.fullmatch(file.sha256) is None:
        raise ExportExpired  # a row that no version of ours wrote
    return f"/files/{export_id}/{file.sha256}"


def _agrees(response: httpx2.Response, file: File) -> bool:
    """Whether a successful answer is about the row's file, as far as its headers tell: its digest and its size."""
    if response.headers.get("etag") != f'"{file.sha256}"':
        return False
    if response.status_code == 304:
        return True
    _, _, whole = response.headers.get("content-range", "").rpartition("/")
    size: str | None = whole if response.status_code == 206 else response.headers.get("content-length")
    return size == str(file.size)


class ProxiedFile(StreamingResponse):
    """A response that streams storage's response on, and closes storage's connection however the browser's ends."""

    def __init__(self, source: httpx2.Response, headers: Mapping[str, str]) -> None:
        carried = {name: source.headers[name] for name in PASSED_BACK if name in source.headers}
        super().__init__(_bytes(source), status_code=source.status_code, headers={**carried, **headers})
        self._source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._source.aclose()


async def _bytes(source: httpx2.Response) -> AsyncIterator[bytes]:
    async for chunk in source.aiter_raw():
        yield chunk
