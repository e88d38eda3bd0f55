"""Storage's blobs over HTTP: what a shard needs by its content, what was made of it by its copies' cache keys.

Where storage is away or slow, nothing waits: the client says so at once for a while (`AWAY_SECONDS`), and shards are
typeset where they are.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Iterable

import httpx2
import structlog
from pydantic import ValidationError

from contracts.blobs import ResultKeys
from contracts.topology import Role
from services.common.cancellation import check_cancelled
from services.common.error_text import describe
from services.common.signing import Refused, Signer, Verifier
from services.renderer.fleet.metrics import FleetMetrics
from services.renderer.workers.results import DamagedResult, decode

log = structlog.get_logger()

TIMEOUT = httpx2.Timeout(10.0, connect=2.0)
AT_ONCE = 8
"""Requests under way at once, of one renderer."""

AWAY_SECONDS = 10.0
"""After a failure, how long storage is not asked again."""

LARGEST_BYTES = 64 * 1024**2
"""Of a blob that is read at all."""

HTTP_OK, HTTP_CREATED, HTTP_MISSING, HTTP_CONFLICT = 200, 201, 404, 409


class BlobsAway(Exception):
    """Storage does not take or give blobs at the moment."""


class BlobGone(Exception):
    """A blob is not there, or is not what its name says."""


class BlobClient:
    """Blobs of renderers that draw alike: `fingerprint` is part of every result's name."""

    def __init__(
        self,
        url: str,
        token: str,
        fingerprint: str,
        signer: Signer,
        verifier: Verifier,
        metrics: FleetMetrics,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fingerprint = fingerprint
        self._signer, self._verifier = signer, verifier
        self._metrics = metrics
        self._clock = clock
        self._away_until = -AWAY_SECONDS
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._client = httpx2.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
            trust_env=False,
            transport=transport,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    @property
    def is_away(self) -> bool:
        """Whether storage failed a moment ago."""
        return self._clock() < self._away_until

    async def put_content(self, data: bytes) -> str:
        """Keep something, under the SHA-256 of it, which is returned.

        Raises:
            BlobsAway.
        """
        digest = hashlib.sha256(data).hexdigest()
        await self._put(f"/blobs/content/{digest}", data)
        return digest

    async def get_content(self, digest: str) -> bytes:
        """What has this SHA-256.

        Raises:
            BlobsAway.
            BlobGone: it is not there, or damaged.
        """
        data = await self._get(f"/blobs/content/{digest}")
        if hashlib.sha256(data).hexdigest() != digest:
            self._refuse("damaged", digest)
        return data

    async def put_result(self, key: str, result: bytes) -> None:
        """Keep a result file under a copy's cache key. One that is there already stays.

        Raises:
            BlobsAway.
        """
        name = self._name(key)
        signed = self._signer.blob_signature(name, result).encode() + b"\n" + result
        if await self._put(f"/blobs/results/{name}", signed) != HTTP_CONFLICT:
            return
        try:
            kept = await self.get_result(key)
        except BlobGone:
            return  # it is damaged, which was said
        if kept == result:
            return  # under another key's signature, while one replaces the other
        self._metrics.duplicates.labels("different").inc()
        log.error("fleet.different_result", key=key, size=len(result))

    async def get_result(self, key: str) -> bytes:
        """The result file of a copy, verified: signed by a renderer under this key, and whole.

        Raises:
            BlobsAway.
            BlobGone: it is not there, or must not be used.
        """
        name = self._name(key)
        signature, _, result = (await self._get(f"/blobs/results/{name}")).partition(b"\n")
        try:
            self._verifier.check_blob(signature.decode("ascii", "replace"), name, result, Role.RENDERER)
            decode(result)
        except Refused as refusal:
            self._refuse(refusal.reason.value, key)
        except (DamagedResult, ValueError, LookupError):
            self._refuse("damaged", key)
        return result

    async def present(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys, at most `MOST_KEYS`, that have a result.

        Raises:
            BlobsAway.
        """
        names = {self._name(key): key for key in keys}
        body = ResultKeys(keys=tuple(names)).to_json()
        response = await self._asked(lambda: self._client.post("/blobs/results", content=body))
        try:
            answer = ResultKeys.model_validate_json(response.content)
        except ValidationError:
            raise self._failed("an answer that is not storage's") from None
        return {names[name] for name in answer.keys if name in names}

    def _name(self, key: str) -> str:
        return hashlib.sha256(f"{self._fingerprint} {key}".encode()).hexdigest()

    async def _put(self, path: str, data: bytes) -> int:
        response = await self._asked(lambda: self._client.put(path, content=data), HTTP_CREATED, HTTP_CONFLICT)
        self._metrics.bytes.labels("out").inc(len(data))
        if response.status_code == HTTP_OK:
            self._metrics.duplicates.labels("same").inc()
        return response.status_code

    async def _get(self, path: str) -> bytes:
        response = await self._asked(lambda: self._client.get(path), HTTP_MISSING)
        if response.status_code == HTTP_MISSING:
            raise BlobGone("not there")
        if len(response.content) > LARGEST_BYTES:
            self._refuse("oversized", path)
        self._metrics.bytes.labels("in").inc(len(response.content))
        return response.content

    async def _asked(self, call: Callable[[], Awaitable[httpx2.Response]], *expected: int) -> httpx2.Response:
        if self.is_away:
            raise BlobsAway("it failed a moment ago")
        async with self._slots:
            try:
                response = await call()
            except httpx2.HTTPError as error:
                check_cancelled()
                raise self._failed(describe(error)) from error
        if response.status_code not in (HTTP_OK, *expected):
            raise self._failed(f"storage answered {response.status_code}")
        return response

    def _failed(self, cause: str) -> BlobsAway:
        if not self.is_away:
            log.warning("fleet.blobs_away", cause=cause)
        self._away_until = self._clock() + AWAY_SECONDS
        return BlobsAway(cause)

    def _refuse(self, reason: str, name: str) -> None:
        """Say that a blob must not be used.

        Raises:
            BlobGone.
        """
        self._metrics.refused.labels(reason).inc()
        log.error("fleet.blob_refused", reason=reason, name=name)
        raise BlobGone(reason)
