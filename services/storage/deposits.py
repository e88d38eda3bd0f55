"""Stores a body: receive, digest, make durable, record; only then answer. A failure leaves nothing stored."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.storage.errors import DigestMismatch, TooLarge, UploadStalled
from services.storage.files import CHUNK, Files, Incoming
from services.storage.headers import Description
from services.storage.keys import Key
from services.storage.ledger import Ledger
from services.storage.policy import UploadLimits


@dataclass(frozen=True)
class Deposit:
    """A file that is whole, durable and recorded."""

    key: Key
    size: int
    expires_at: datetime


async def deposit(
    files: Files,
    ledger: Ledger,
    export_id: UUID,
    described: Description,
    body: AsyncIterator[bytes],
    limits: UploadLimits,
) -> Deposit:
    """Store a body as the file of an export.

    Raises:
        OwnerConflict, TooLarge, DigestMismatch, UploadStalled, StorageFull, StorageUnavailable: nothing was stored.
    """
    incoming = await files.receive()
    try:
        digest, size = await _fill(incoming, body, limits)
        if described.sha256 is not None and described.sha256 != digest:
            raise DigestMismatch(f"The body's sha256 is {digest}; send the file again.")
        key = Key(export_id, digest)
        expires_at = await ledger.deposit(key, described, size, lambda: files.publish(incoming, key))
        return Deposit(key, size, expires_at)
    finally:
        await incoming.discard()


async def _fill(incoming: Incoming, body: AsyncIterator[bytes], limits: UploadLimits) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    async for chunk in _gathered(body, limits.silence):
        size += len(chunk)
        if size > limits.max_bytes:
            raise TooLarge(f"A file may have {limits.max_bytes} bytes at most.")
        await asyncio.to_thread(digest.update, chunk)
        await incoming.write(chunk)
    return digest.hexdigest(), size


async def _gathered(body: AsyncIterator[bytes], silence: float) -> AsyncIterator[bytes]:
    """The same bytes in pieces of about `CHUNK`, so that a thread is woken once a megabyte and not once a packet."""
    buffer = bytearray()
    while (piece := await _next(body, silence)) is not None:
        buffer += piece
        if len(buffer) >= CHUNK:
            yield bytes(buffer)
            buffer.clear()
    if buffer:
        yield bytes(buffer)


async def _next(body: AsyncIterator[bytes], silence: float) -> bytes | None:
    try:
        async with asyncio.timeout(silence):
            return await anext(body, None)
    except TimeoutError as error:
        raise UploadStalled(f"Nothing came for {silence:.0f} s; send the file again.") from error
