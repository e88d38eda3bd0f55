"""HTTP client of the storage service: streams a file, or a range of it, through to the browser. Authorises nobody."""

from collections.abc import AsyncIterator, Mapping

import httpx
import structlog
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.common.retrying import retry
from services.common.tracing import carry
from services.gateway.errors import ExportExpired, RangeNotSatisfiable, StorageAway

log = structlog.get_logger()

PASSED_ON = ("range", "if-range", "if-none-match")
PASSED_BACK = ("content-length", "content-range", "accept-ranges")
CONNECTION_LOST = (httpx.NetworkError, httpx.RemoteProtocolError)
TIMEOUTS = httpx.Timeout(15.0, connect=2.0, pool=5.0)


class StorageClient:
    """Reads files of one storage service."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"},
            timeout=TIMEOUTS,
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=20),
            trust_env=False,
            event_hooks={"request": [carry]},
        )

    async def open(self, key: str, method: str, headers: Mapping[str, str]) -> httpx.Response:
        """Storage's response to a GET or HEAD of a file, its body not yet read; the caller closes it.

        Raises:
            ExportExpired: the file is gone.
            RangeNotSatisfiable: the range lies beyond its end.
            StorageAway: storage doesn't answer, or not with a file.
        """
        # Byte for byte: httpx encodes text as ASCII, and people send anything.
        passed = [(name.encode(), headers[name].encode("latin-1")) for name in PASSED_ON if name in headers]
        try:
            response = await self._sent(method, f"/files/{key}", passed)
        except httpx.HTTPError as error:
            raise StorageAway(f"{type(error).__name__}: {error}") from error
        if response.status_code in (200, 206, 304):
            return response
        await response.aclose()
        if response.status_code == 416:
            raise RangeNotSatisfiable(response.headers.get("content-range", "bytes */*"))
        if response.status_code in (404, 410):
            if response.status_code == 404:
                log.error("storage.file_missing", key=key)
            raise ExportExpired
        raise StorageAway(f"storage answered {response.status_code}")

    async def _sent(self, method: str, path: str, headers: list[tuple[bytes, bytes]]) -> httpx.Response:
        """The response; sent once more where a kept-alive connection turned out to be closed."""

        async def send() -> httpx.Response:
            return await self._client.send(self._client.build_request(method, path, headers=headers), stream=True)

        return await retry(send, CONNECTION_LOST, "storage.connection_lost", tries=2, delay=0.0)

    async def ping(self) -> None:
        """Raise unless storage answers its health check."""
        (await self._client.get("/healthz", timeout=2.0)).raise_for_status()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class ProxiedFile(StreamingResponse):
    """A response that streams storage's response on, and closes storage's connection however the browser's ends."""

    def __init__(self, source: httpx.Response, headers: Mapping[str, str]) -> None:
        carried = {name: source.headers[name] for name in PASSED_BACK if name in source.headers}
        super().__init__(_bytes(source), status_code=source.status_code, headers={**carried, **headers})
        self._source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._source.aclose()


async def _bytes(source: httpx.Response) -> AsyncIterator[bytes]:
    async for chunk in source.aiter_raw():
        yield chunk
