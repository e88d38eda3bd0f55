"""Calls an endpoint: one POST, to an address that was checked, within bounds of time; no redirect and no proxy.

The host is resolved once, and the connection goes to an address that was checked: a name that points elsewhere a moment
later leads nowhere. TLS verifies the host's name all the same.
"""

import asyncio
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpcore2

from services.common.error_text import describe
from services.webhooks.addresses import Network, may_call
from services.webhooks.errors import PrivateAddress, UnresolvedHost

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0
"""From the first byte sent to the answer's head, all in all."""


class Caller:
    """Calls endpoints; addresses of `allowed` networks may be private."""

    def __init__(self, allowed: Sequence[Network], answer_seconds: float = ANSWER_SECONDS) -> None:
        self._answer_seconds = answer_seconds
        self._backend = _CheckedBackend(allowed)
        self._pool = httpcore2.AsyncConnectionPool(
            network_backend=self._backend, max_connections=200, max_keepalive_connections=20, keepalive_expiry=5.0
        )

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status of the answer, whose body is not read.

        Raises:
            PrivateAddress, UnresolvedHost: it is not called.
            CallFailed: there was no answer.
        """
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        timeouts = {"connect": CONNECT_SECONDS, "read": self._answer_seconds, "write": 5.0, "pool": 5.0}
        try:
            async with (
                asyncio.timeout(self._answer_seconds),
                self._pool.stream("POST", url, headers=sent, content=body, extensions={"timeout": timeouts}) as answer,
            ):
                return int(answer.status)
        except (PrivateAddress, UnresolvedHost):
            raise
        except (TimeoutError, httpcore2.TimeoutException) as error:
            raise CallFailed("no answer in time") from error
        except (OSError, httpcore2.NetworkError, httpcore2.ProtocolError, ValueError) as error:
            raise CallFailed(describe(error)) from error

    async def check(self, host: str, port: int) -> None:
        """Raise unless the host has an address that may be called.

        Raises:
            PrivateAddress, UnresolvedHost.
        """
        await self._backend.resolved(host, port)

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()


class CallFailed(Exception):
    """An endpoint did not answer."""


class _CheckedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed
        self._inner = httpcore2.AnyIOBackend()

    async def resolved(self, host: str, port: int) -> list[str]:
        """The addresses of a host, if every one of them may be called."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise UnresolvedHost from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not addresses:
            raise UnresolvedHost
        if not all(may_call(address, self._allowed) for address in addresses):
            raise PrivateAddress
        return addresses

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        last: Exception = UnresolvedHost()
        for address in await self.resolved(host, port):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                last = error
        raise last

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        raise PrivateAddress

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
