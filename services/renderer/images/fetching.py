"""Fetches images over HTTP: from allowed addresses only, within a size and a time, giving up on a host that is down.

Proxies and certificates of the environment are not consulted; no cookie is sent or kept.
"""

import asyncio
from collections.abc import Sequence

import httpx2

from services.renderer.images.addresses import Inline, classify
from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.limits import Limits

TIMEOUT = httpx2.Timeout(10.0, connect=5.0)
TOTAL_SECONDS = 20.0
"""For one image, redirections included."""

_REDIRECTIONS = 3
_CONCURRENCY = 4
_FAILURES = 3
"""Failures in a row after which a host is left alone for the rest of the export."""


def make_client() -> httpx2.AsyncClient:
    """A client that reads nothing from the environment. Redirections are followed here, each one checked."""
    return httpx2.AsyncClient(
        trust_env=False,
        follow_redirects=False,
        timeout=TIMEOUT,
        headers={"Accept": "image/*", "Accept-Encoding": "identity"},
        limits=httpx2.Limits(max_connections=_CONCURRENCY),
    )


class ImageFetcher:
    """Fetches the images of one export, a few at once; keeps nothing but how often each host has failed."""

    def __init__(self, client: httpx2.AsyncClient, bases: Sequence[str], limits: Limits) -> None:
        self._client = client
        self._bases = tuple(bases)
        self._limits = limits
        self._failures: dict[str, int] = {}
        self._slots = asyncio.Semaphore(_CONCURRENCY)

    async def fetch(self, url: str) -> bytes | ImageProblem:
        """An image's bytes, or why it has none."""
        try:
            target = classify(url, self._bases, self._limits)
        except ImageProblem as problem:
            return problem
        return target.data if isinstance(target, Inline) else await self._get(target.url)

    async def _get(self, url: str) -> bytes | ImageProblem:
        async with self._slots:
            try:
                async with asyncio.timeout(TOTAL_SECONDS):
                    return await self._follow(url)
            except ImageProblem as problem:
                return problem
            except TimeoutError:
                self._note_failure(url)
                return ImageProblem(Reason.TOO_SLOW)

    def _note_failure(self, url: str) -> None:
        host = httpx2.URL(url).netloc.decode()
        self._failures[host] = self._failures.get(host, 0) + 1

    async def _follow(self, url: str) -> bytes:
        for _ in range(_REDIRECTIONS + 1):
            answer = await self._request(url)
            if isinstance(answer, bytes):
                return answer
            target = classify(str(httpx2.URL(url).join(answer)), self._bases, self._limits)
            if isinstance(target, Inline):
                break
            url = target.url
        raise ImageProblem(Reason.REDIRECTED)

    async def _request(self, url: str) -> bytes | str:
        """The body, or the address it has moved to."""
        host = httpx2.URL(url).netloc.decode()
        if self._failures.get(host, 0) >= _FAILURES:
            raise ImageProblem(Reason.UNREACHABLE)
        try:
            async with self._client.stream("GET", url) as response:
                self._failures[host] = 0
                if response.has_redirect_location:
                    return response.headers["location"]
                return await self._body(response)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            self._note_failure(url)
            raise ImageProblem(Reason.UNREACHABLE) from error

    async def _body(self, response: httpx2.Response) -> bytes:
        if response.status_code != httpx2.codes.OK:
            raise ImageProblem(Reason.NOT_FOUND)
        if response.headers.get("content-encoding", "identity") != "identity":
            raise ImageProblem(Reason.COMPRESSED)
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._limits.image_bytes:
                raise ImageProblem(Reason.TOO_HEAVY)
        return bytes(body)
