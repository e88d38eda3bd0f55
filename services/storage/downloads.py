"""Answers a GET: look the row up, open the file, then send the headers. Its owner gets every byte or a 410."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from contracts.owner import Owner
from services.common.content_disposition import content_disposition
from services.storage import ranges
from services.storage.errors import FileDamaged, FileExpired, FileMissing
from services.storage.files import Files, Opened
from services.storage.keys import Key
from services.storage.ledger import FileRecord, Ledger
from services.storage.ranges import Slice


@dataclass(frozen=True)
class ResponseHead:
    """Status and headers of a GET or HEAD; `part` is None where no body follows."""

    status: int
    headers: Mapping[str, str]
    part: Slice | None


async def live_record(ledger: Ledger, key: Key, owner: Owner) -> FileRecord:
    """The row of a file that may be given out to its owner. To anybody else it does not exist.

    Raises:
        FileMissing, FileExpired, StorageUnavailable: it may not.
    """
    record = await ledger.find(key)
    if record is None or record.owner != owner:
        raise FileMissing("No such file was ever stored.")
    if not record.live:
        raise FileExpired("The file is gone by the retention policy; make a new export.")
    return record


def response_head(record: FileRecord, headers: Mapping[str, str], *, body: bool) -> ResponseHead:
    """Status and headers of the answer to a request with these headers (lowercase names).

    Raises:
        RangeUnsatisfiable: its range lies beyond the end.
    """
    about = _headers(record)
    if ranges.unchanged(headers.get("if-none-match"), sha256=record.key.sha256):
        return ResponseHead(304, {name: about[name] for name in ("ETag", "Cache-Control")}, None)
    whole = Slice(0, record.size)
    part = (
        ranges.wanted(headers.get("range"), headers.get("if-range"), sha256=record.key.sha256, size=record.size)
        if body
        else None
    )
    about["Content-Length"] = str((part or whole).length)
    if part is not None:
        return ResponseHead(206, {**about, "Content-Range": part.content_range(record.size)}, part)
    return ResponseHead(200, about, whole if body else None)


def _headers(record: FileRecord) -> dict[str, str]:
    return {
        "ETag": ranges.etag(record.key.sha256),
        "Cache-Control": "private, no-store",
        "Accept-Ranges": "bytes",
        "Content-Type": record.content_type,
        "Content-Disposition": content_disposition(record.filename),
        "X-Content-Type-Options": "nosniff",
    }


async def open_live(files: Files, ledger: Ledger, record: FileRecord, part: Slice) -> Opened:
    """The open file of a live record.

    Raises:
        FileExpired: it was removed since the row was read.
        FileDamaged: the row still calls it live, and the bytes are not there or not as many.
    """
    found = await files.open(record.key, part)
    if found is None:
        await live_record(ledger, record.key, record.owner)
        raise FileDamaged("The file's bytes are gone; make a new export.")
    if found.size != record.size:
        await found.close()
        raise FileDamaged("The file's bytes are not as many as were stored; make a new export.")
    return found


class OpenFileResponse(StreamingResponse):
    """A response that closes its file however it ends, started or not."""

    def __init__(self, found: Opened, head: ResponseHead, part: Slice) -> None:
        super().__init__(_bytes(found, part), status_code=head.status, headers=head.headers)
        self._found = found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, then close the file."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._found.close()


async def _bytes(found: Opened, part: Slice) -> AsyncIterator[bytes]:
    async for chunk in found.read(part):
        yield chunk
