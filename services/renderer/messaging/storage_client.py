"""Uploads a finished file to storage, streamed, tried again until it is stored. The document is not made again.

The same export and the same bytes have the same key, so a repeated upload whose first answer was lost changes nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from urllib.parse import quote

import httpx2
from pydantic import ValidationError

from contracts.events import ExportRequested, StoredFile
from contracts.http import FileStored
from contracts.owner import Owner
from services.common.error_text import describe
from services.common.failpoints import failpoint
from services.common.retrying import retry
from services.common.tracing import carry
from services.renderer.errors import StorageFull, StorageRefused, StorageUnavailable
from services.renderer.export.render import Artifact

CHUNK = 1024 * 1024
FIRST_DELAY = 0.25
LONGEST_DELAY = 5.0
TIMEOUT = httpx2.Timeout(15.0, connect=3.0)
"""Between two bytes, either way; storage answers after its fsync. Also how soon a link to nowhere is noticed."""

HTTP_CREATED = (200, 201)
HTTP_OWNER_CONFLICT = 409
HTTP_FULL = 507


@dataclass(frozen=True)
class RetryBudget:
    """For how many seconds an upload is tried again: where storage is away, and where it is full."""

    away: float = 120.0
    full: float = 15.0


class StorageClient:
    """Storage's HTTP interface, as far as a renderer uses it."""

    def __init__(
        self,
        url: str,
        token: str,
        budget: RetryBudget | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._budget = budget or RetryBudget()
        self._client = httpx2.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
            trust_env=False,
            event_hooks={"request": [carry]},
            transport=transport,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def ping(self) -> None:
        """Return when storage answers."""
        (await self._client.get("/healthz")).raise_for_status()

    async def store(self, request: ExportRequested, artifact: Artifact, sent: Callable[[float], None]) -> StoredFile:
        """Store the file; `sent` is told which share of it is on its way.

        Raises:
            StorageUnavailable, StorageFull: it could not be stored in time.
            StorageRefused: the export's id belongs to another owner.
        """
        stored = await retry(
            lambda: self._put(request, artifact, sent),
            (StorageUnavailable, StorageFull),
            "upload.again",
            delay=FIRST_DELAY,
            longest_delay=LONGEST_DELAY,
            seconds=lambda error: self._budget.full if isinstance(error, StorageFull) else self._budget.away,
            export=str(request.export_id),
        )
        return StoredFile(
            key=stored.key,
            filename=artifact.filename,
            size=artifact.size,
            sha256=artifact.sha256,
            content_type=artifact.content_type,
            pages=artifact.pages,
            expires_at=stored.expires_at,
        )

    async def _put(self, request: ExportRequested, artifact: Artifact, sent: Callable[[float], None]) -> FileStored:
        owner = Owner(request.institution_id, request.exam_id, request.requested_by)
        headers = owner.headers() | {
            "Content-Type": artifact.content_type,
            "Content-Length": str(artifact.size),
            "X-Filename": quote(artifact.filename, safe=""),
            "X-Content-Sha256": artifact.sha256,
        }
        try:
            response = await self._client.put(
                f"/exports/{request.export_id}/file", headers=headers, content=_chunks(artifact, sent)
            )
        except httpx2.HTTPError as error:
            raise StorageUnavailable(describe(error)) from error
        return _understood(response, artifact.size, artifact.sha256)


def _understood(response: httpx2.Response, size: int, sha256: str) -> FileStored:
    if response.status_code == HTTP_FULL:
        raise StorageFull("storage answered 507")
    if response.status_code == HTTP_OWNER_CONFLICT:
        raise StorageRefused("storage answered 409")
    if response.status_code not in HTTP_CREATED:
        raise StorageUnavailable(f"storage answered {response.status_code}")
    try:
        stored = FileStored.model_validate_json(response.content)
    except ValidationError as error:
        raise StorageUnavailable("an answer that is not storage's") from error
    if (stored.size, stored.sha256) != (size, sha256):
        raise StorageUnavailable(f"stored {stored.size} bytes {stored.sha256}, sent {size} bytes {sha256}")
    return stored


async def _chunks(artifact: Artifact, sent: Callable[[float], None]) -> AsyncIterator[bytes]:
    done = 0
    with artifact.path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
            failpoint("upload.sending")
            done += len(chunk)
            sent(done / max(artifact.size, 1))
