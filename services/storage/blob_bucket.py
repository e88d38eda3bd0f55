"""Blobs in a bucket, below `.blobs/`: an object is created only where there is none of its name."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, PreconditionError

from services.storage.blobs import ListedBlob
from services.storage.bucket import BLOBS, bucket_errors
from services.storage.errors import StorageError

if TYPE_CHECKING:  # obstore's types exist for type checkers only
    from obstore.store import ObjectStore


class BlobBucket:
    """`BlobPlace` in a bucket."""

    def __init__(self, store: "ObjectStore") -> None:
        self._store = store

    async def create(self, name: str, body: bytes) -> bool:
        """Put an object unless there is one."""
        with bucket_errors():
            try:
                await obstore.put_async(self._store, f"{BLOBS}/{name}", body, mode="create", use_multipart=False)
            except (AlreadyExistsError, PreconditionError):
                return False
        return True

    async def read(self, name: str) -> tuple[bytes, datetime] | None:
        """An object's bytes."""
        try:
            with bucket_errors():
                found = await obstore.get_async(self._store, f"{BLOBS}/{name}")
                return bytes(await found.bytes_async()), found.meta["last_modified"].astimezone(UTC)
        except StorageError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    async def written(self, name: str) -> datetime | None:
        """When an object was put."""
        try:
            with bucket_errors():
                return (await obstore.head_async(self._store, f"{BLOBS}/{name}"))["last_modified"].astimezone(UTC)
        except StorageError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    async def listed(self) -> AsyncIterator[ListedBlob]:
        """Every object below `.blobs/`."""
        with bucket_errors():
            async for batch in obstore.list(self._store, BLOBS, chunk_size=500):
                for found in batch:
                    name = found["path"].removeprefix(f"{BLOBS}/")
                    yield ListedBlob(name, found["size"], found["last_modified"].astimezone(UTC))

    async def delete(self, name: str) -> None:
        """Delete an object."""
        with bucket_errors(), contextlib.suppress(FileNotFoundError):
            await obstore.delete_async(self._store, f"{BLOBS}/{name}")
