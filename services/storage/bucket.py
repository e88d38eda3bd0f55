"""Files in a bucket (S3, Google, Azure) through obstore: the same promises as on disk, kept by the provider.

An object appears whole or not at all. The digest is known only after the last byte, so a file is received under a
temporary name and copied, within the bucket, to its key.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, S3Store, from_url

from services.storage.errors import StorageError, StorageFull, StorageUnavailable
from services.storage.files import CHUNK, Incoming, ListedFile
from services.storage.keys import Key
from services.storage.ranges import Slice

if TYPE_CHECKING:  # obstore's types exist for type checkers only
    from obstore import GetOptions, GetResult
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

INCOMING = ".incoming"
BLOBS = ".blobs"
PART = 5 * 1024 * 1024
"""Bytes of one part of an upload: the least S3 takes."""

PARTS_AT_ONCE = 2
_FULL = ("StorageFull", "QuotaExceeded", "507 ")

CLIENT: "ClientConfig" = {
    "connect_timeout": timedelta(seconds=3),
    "read_timeout": timedelta(seconds=20),
    "timeout": timedelta(hours=1),
}
"""A stalled connection is noticed within 20 s; a slow reader may take an hour over one download."""

RETRY: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}


@contextlib.contextmanager
def bucket_errors() -> Iterator[None]:
    """Turn obstore's errors into storage's own."""
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        raise _failure(error) from error


def _failure(error: Exception) -> StorageError:
    cause = str(error).partition("\n")[0]
    if any(word in str(error) for word in _FULL):
        return StorageFull("The bucket is full; free space or wait for older files to expire.", cause=cause)
    return StorageUnavailable("The bucket does not take or give bytes; try again later.", cause=cause)


def connect(url: str, *, allow_http: bool = False) -> "ObjectStore":
    """The bucket of a URL such as `s3://bucket/prefix`; credentials are the provider's own variables."""
    return from_url(url, client_options={**CLIENT, "allow_http": allow_http}, retry_config=RETRY)


class BucketIncoming:
    """A multipart upload under a temporary name, fed through a queue of one chunk so that memory stays bounded."""

    def __init__(self, store: "ObjectStore") -> None:
        self.name = f"{INCOMING}/{uuid4()}.tmp"
        self._store = store
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=1)
        self._upload = asyncio.create_task(self._run())
        self._ended = False

    async def _feed(self) -> AsyncIterator[bytes]:
        while (chunk := await self._chunks.get()) is not None:
            yield chunk

    async def _run(self) -> None:
        await obstore.put_async(self._store, self.name, self._feed(), chunk_size=PART, max_concurrency=PARTS_AT_ONCE)

    async def _hand_over(self, chunk: bytes | None) -> None:
        handing = asyncio.create_task(self._chunks.put(chunk))
        await asyncio.wait({handing, self._upload}, return_when=asyncio.FIRST_COMPLETED)
        if not handing.done():
            handing.cancel()
            with bucket_errors():
                await self._upload
            raise StorageUnavailable("The bucket ended the upload early.")

    async def write(self, chunk: bytes) -> None:
        """Append a chunk."""
        await self._hand_over(chunk)

    async def finish(self) -> None:
        """Wait until the bucket has the whole of it."""
        await self._hand_over(None)
        with bucket_errors():
            await self._upload
        self._ended = True

    async def discard(self) -> None:
        """Abort the upload, or remove the temporary object."""
        self._upload.cancel()
        await asyncio.wait({self._upload})
        if not self._upload.cancelled():
            self._upload.exception()  # whoever wrote has had it already
        if self._ended:
            with contextlib.suppress(BaseError, OSError):
                await obstore.delete_async(self._store, self.name)


class BucketFile:
    """One response of the bucket; deleting the object meanwhile does not end it."""

    def __init__(self, found: "GetResult | None", size: int) -> None:
        self._found = found
        self.size = size

    async def read(self, part: Slice) -> AsyncIterator[bytes]:
        """The bytes this was opened for."""
        position = part.start
        if self._found is not None:
            with bucket_errors():
                async for chunk in self._found.stream(min_chunk_size=CHUNK):
                    position += len(chunk)
                    yield bytes(chunk)
        if position != part.stop:
            raise StorageUnavailable("The object ends before its size.")

    async def close(self) -> None:
        """Drop the response."""
        self._found = None


class Bucket:
    """`Files` over one obstore store."""

    def __init__(self, store: "ObjectStore") -> None:
        self._store = store

    async def receive(self) -> BucketIncoming:
        """An upload under a temporary name."""
        return BucketIncoming(self._store)

    async def publish(self, incoming: Incoming, key: Key) -> None:
        """Finish the upload and give it its key."""
        assert isinstance(incoming, BucketIncoming)
        await incoming.finish()
        with bucket_errors():
            await obstore.copy_async(self._store, incoming.name, str(key))

    async def open(self, key: Key, part: Slice) -> BucketFile | None:
        """The object's response for `part`, or None."""
        try:
            with bucket_errors():
                if part.length == 0:
                    return BucketFile(None, (await obstore.head_async(self._store, str(key)))["size"])
                options: GetOptions = {"range": (part.start, part.stop)}
                found = await obstore.get_async(self._store, str(key), options=options)
                return BucketFile(found, found.meta["size"])
        except StorageError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    async def address(self, key: Key, seconds: int) -> str | None:
        """A presigned address of the object; None where the provider's credentials sign none."""
        if not isinstance(self._store, S3Store | GCSStore | AzureStore):
            return None
        with bucket_errors():
            return await obstore.sign_async(self._store, "GET", str(key), timedelta(seconds=seconds))

    async def delete(self, key: Key) -> None:
        """Delete the object."""
        with bucket_errors(), contextlib.suppress(FileNotFoundError):
            await obstore.delete_async(self._store, str(key))

    async def stored(self) -> AsyncIterator[ListedFile]:
        """Every object that isn't an upload's leftover."""
        async for entry in self._listed(None):
            if not entry.name.startswith((f"{INCOMING}/", f"{BLOBS}/")):
                yield entry

    async def _listed(self, prefix: str | None) -> AsyncIterator[ListedFile]:
        with bucket_errors():
            async for batch in obstore.list(self._store, prefix, chunk_size=500):
                for found in batch:
                    yield ListedFile(found["path"], found["last_modified"].astimezone(UTC))

    async def sweep(self, before: datetime) -> int:
        """Delete temporary objects last written before a moment. Aborted parts end by the bucket's rule."""
        leftovers = [entry.name async for entry in self._listed(INCOMING) if entry.modified < before]
        with bucket_errors():
            for name in leftovers:
                with contextlib.suppress(FileNotFoundError):
                    await obstore.delete_async(self._store, name)
        return len(leftovers)

    async def probe(self) -> None:
        """Put and delete a temporary object."""
        name = f"{INCOMING}/{uuid4()}.tmp"
        with bucket_errors():
            await obstore.put_async(self._store, name, b"?")
            await obstore.delete_async(self._store, name)

    async def close(self) -> None:
        """obstore keeps no connection that needs closing."""
