"""Sends what this renderer typeset to storage, in the background, so that an export's next renderer need not."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from services.renderer.fleet.blob_client import BlobClient, BlobsAway
from services.renderer.fleet.offers import Offers
from services.renderer.workers.cache import Cache
from services.renderer.workers.results import TypesetSegment

WAITING_AT_MOST = 64
WAITING_BYTES = 32 * 1024**2
"""Results that wait to be sent, and their bytes together; what is beyond either is not shared."""

REMEMBERED = 20_000
AWAY_SECONDS = 1.0


class Sharing:
    """Sends results while there are other renderers; storage has each once."""

    def __init__(self, blobs: BlobClient, offers: Offers) -> None:
        self._blobs = blobs
        self._offers = offers
        self._waiting: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(WAITING_AT_MOST)
        self._bytes = 0
        self._there: OrderedDict[str, None] = OrderedDict()
        self._loop = asyncio.get_running_loop()

    def note(self, key: str) -> None:
        """Storage has this one."""
        self._there[key] = None
        while len(self._there) > REMEMBERED:
            self._there.popitem(last=False)

    def share(self, key: str, result: Path) -> None:
        """Send a result file soon, unless storage has it or nobody would ask for it. Called from any thread."""
        if key not in self._there and self._offers.is_fleet:
            data = result.read_bytes()
            self._loop.call_soon_threadsafe(self._put, key, data)

    async def run(self) -> None:
        """Send, one after another, until cancelled."""
        while True:
            key, data = await self._waiting.get()
            self._bytes -= len(data)
            try:
                await self._blobs.put_result(key, data)
            except BlobsAway:
                await asyncio.sleep(AWAY_SECONDS)
            else:
                self.note(key)

    def _put(self, key: str, data: bytes) -> None:
        if self._bytes + len(data) > WAITING_BYTES:
            return
        with suppress(asyncio.QueueFull):
            self._waiting.put_nowait((key, data))
            self._bytes += len(data)


class SharingCache:
    """A cache whose new results are sent to storage as well."""

    def __init__(self, cache: Cache, share: Callable[[str, Path], None]) -> None:
        self._cache = cache
        self._share = share

    def get(self, key: str) -> TypesetSegment | None:
        """The result under a key, as the cache has it."""
        return self._cache.get(key)

    def put(self, key: str, result: Path) -> None:
        """Keep a result file, and send it."""
        self._cache.put(key, result)
        self._share(key, result)
