"""A TCP proxy that fails on demand: one port before each dependency of each service.

`blackhole` holds everything back for a while and then lets it go on, as a partition does; `half_open` makes the
connections that are open now dead for good without telling either end, as a vanished host or a full NAT table does.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

CHUNK = 64 * 1024

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(eq=False)
class Link:
    """One connection passing through."""

    ends: tuple[asyncio.StreamWriter, asyncio.StreamWriter]
    dead: bool = False

    def cut(self) -> None:
        """Reset both ends."""
        for end in self.ends:
            end.transport.abort()


class Proxy:
    """One port. `upstreams` gives the ports behind it, tried in turn, the one after the last one used first."""

    def __init__(self, upstreams: Callable[[], Sequence[int]]) -> None:
        self._upstreams = upstreams
        self._turn = 0
        self._links: set[Link] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._refusing = False
        self._delay = 0.0
        self._server: asyncio.Server | None = None
        self.port = 0
        self.connections_hit = 0
        """How many connections a fault has met since the last `heal`."""

    async def start(self) -> None:
        """Listen on a free port, the same one ever after."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=CHUNK)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cut everything and listen no more."""
        self.heal()
        self.cut()
        if self._server is not None:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving)

    def heal(self) -> None:
        """Everything passes again."""
        self._refusing, self._delay, self.connections_hit = False, 0.0, 0
        self._open.set()

    def cut(self) -> None:
        """Reset every connection; new ones are reset too until `heal`."""
        self._refusing = True
        self.connections_hit += len(self._links)
        for link in tuple(self._links):
            link.cut()

    def blackhole(self) -> None:
        """Nothing passes, and nobody is told, until `heal`."""
        self.connections_hit += len(self._links)
        self._open.clear()

    def slow(self, seconds: float) -> None:
        """Each piece takes so much longer, either way, until `heal`."""
        self.connections_hit += len(self._links)
        self._delay = seconds

    def half_open(self) -> None:
        """The connections open now are dead; nobody is told. New ones pass."""
        self.connections_hit += len(self._links)
        for link in self._links:
            link.dead = True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        faulty = self._refusing or self._delay > 0 or not self._open.is_set()
        self.connections_hit += faulty
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        with suppress(asyncio.CancelledError):  # the run is over
            upstream = None if self._refusing else await self._connect()
            if upstream is not None:
                await self._join((reader, writer), upstream)
        writer.transport.abort()
        self._serving.discard(task)

    async def _join(self, near: Ends, far: Ends) -> None:
        link = Link((near[1], far[1]))
        self._links.add(link)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(link, near[0], far[1]))
                group.create_task(self._pump(link, far[0], near[1]))
        finally:
            self._links.discard(link)
            link.cut()

    async def _connect(self) -> Ends | None:
        ports = self._upstreams()
        self._turn += 1
        for place in range(len(ports)):
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", ports[(self._turn + place) % len(ports)], limit=CHUNK)
        return None

    async def _pump(self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(CHUNK):
                if self._delay:
                    await asyncio.sleep(self._delay)
                await self._open.wait()
                if not link.dead:
                    writer.write(piece)
                    await writer.drain()
            await self._open.wait()
            if not link.dead and writer.can_write_eof():
                writer.write_eof()
        except OSError:
            await self._open.wait()
            if not link.dead:
                link.cut()
        if link.dead:
            await asyncio.Event().wait()  # nobody hears of the other end any more
