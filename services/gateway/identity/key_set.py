"""An identity provider's public keys (a JWK Set), fetched from the configured address alone, and kept.

While the provider is away the keys last fetched stay in force.
"""

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus

import httpx2
import structlog
from joserfc.jwk import Key

from services.gateway.errors import ProviderAway
from services.gateway.identity.signed_tokens import public_keys

log = structlog.get_logger()

REFRESH_SECONDS = 600.0
"""After how long at most a key that the provider withdrew is no longer in force, while the provider answers."""

RETRY_SECONDS = 60.0
"""The least time between two fetches, however many unknown keys tokens name."""

FETCH_SECONDS = 5.0
MAX_BYTES = 256 * 1024


class KeySet:
    """The keys, by their `kid`."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._keys: dict[str, Key] | None = None
        self._began: float | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> Key | None:
        """The key of this id, fetched where it is unknown and the last fetch is long enough ago.

        Raises:
            ProviderAway: no keys were ever fetched, so nothing can be known.
        """
        if self._keys is None or kid not in self._keys:
            await self.refresh()
        if self._keys is None:
            raise ProviderAway
        return self._keys.get(kid)

    async def refresh(self) -> None:
        """Fetch the keys, or wait for the fetch under way; neither within `RETRY_SECONDS` of the last one's begin."""
        if self._fetching is None:
            if self._began is not None and self._clock() - self._began < RETRY_SECONDS:
                return
            self._began = self._clock()
            self._fetching = asyncio.create_task(self._fetch())
        await asyncio.shield(self._fetching)

    async def run(self) -> None:
        """Keep the keys fresh until cancelled."""
        try:
            while True:
                await self.refresh()
                await asyncio.sleep(RETRY_SECONDS if self._keys is None else REFRESH_SECONDS)
        finally:
            if self._fetching is not None:
                self._fetching.cancel()

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                self._keys = public_keys(await self._document())
            log.info("key_set.fetched", keys=len(self._keys))
        except (ProviderAway, httpx2.HTTPError, TimeoutError, ValueError) as error:
            log.warning("key_set.not_fetched", cause=error)
        finally:
            self._fetching = None

    async def _document(self) -> bytes:
        read = bytearray()
        async with httpx2.AsyncClient() as client, client.stream("GET", self._url) as answer:
            if answer.status_code != HTTPStatus.OK:
                raise ProviderAway(f"answered {answer.status_code}")
            async for piece in answer.aiter_bytes():
                read += piece
                if len(read) > MAX_BYTES:
                    raise ProviderAway(f"more than {MAX_BYTES} bytes")
        return bytes(read)
