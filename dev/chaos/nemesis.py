"""Injects the faults, several at a time but one to each target, and notes for each whether it really happened."""

import asyncio
import signal
from collections import defaultdict
from contextlib import suppress
from random import Random

import psutil

from dev.chaos.cluster import Cluster
from dev.chaos.faults import DATABASE, Fault
from dev.chaos.history import History
from dev.chaos.proxy import Proxy
from dev.chaos.waiting import until

TRAP_SECONDS = 60.0
HIT_SECONDS = 20.0


class Nemesis:
    """Injects faults into a cluster (Jepsen's word)."""

    def __init__(self, cluster: Cluster, history: History, chance: Random) -> None:
        self._cluster, self._history, self._chance = cluster, history, chance
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._acts = {
            "kill": self._kill,
            "trap": self._trap,
            "worker": self._worker,
            "freeze": self._freeze,
            "restart": self._restart,
            "cut": self._network,
            "blackhole": self._network,
            "half_open": self._network,
            "slow": self._network,
        }

    async def run(self, faults: list[Fault], gap: float) -> None:
        """Inject all of them, `gap` seconds apart on average; returns when the last one is over."""
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                group.create_task(self._do(fault))
                await asyncio.sleep(gap * self._chance.uniform(0.3, 1.7))

    async def _do(self, fault: Fault) -> None:
        async with self._locks[fault.target]:
            facts = {"fault": fault.kind, "target": fault.target, "detail": fault.detail}
            self._history.note("fault", **facts)
            fired = await self._acts[fault.kind](fault)
            self._history.note("healed", fired=fired, **facts)

    async def _kill(self, fault: Fault) -> bool:
        died = await self._cluster.kill(fault.target)
        await self._cluster.start(fault.target)
        return died

    async def _trap(self, fault: Fault) -> bool:
        """Kill a service, restart it with a failpoint that kills it again at one step, restart it without."""
        first = await self._cluster.kill(fault.target)
        await self._cluster.start(fault.target, f"{fault.detail}:kill")
        self._cluster.down_on_purpose.add(fault.target)
        process = self._cluster.services[fault.target].process
        await until(lambda: not process.running, TRAP_SECONDS)
        caught = not process.running and process.status == 128 + signal.SIGKILL
        await self._cluster.kill(fault.target)
        await self._cluster.start(fault.target)
        return first and caught

    async def _worker(self, fault: Fault) -> bool:
        """Kill one child process of a renderer: a worker, or the forkserver."""
        below: list[psutil.Process] = []

        def found() -> bool:
            with suppress(psutil.NoSuchProcess):
                renderer = psutil.Process(self._cluster.process_of(fault.target).pid)
                below[:] = [one for one in renderer.children(recursive=True) if "tracker" not in _command(one)]
            return bool(below)

        if not await until(found, HIT_SECONDS):
            return False
        with suppress(psutil.NoSuchProcess):
            self._chance.choice(below).kill()
        return True

    async def _freeze(self, fault: Fault) -> bool:
        """SIGSTOP of a process and of all it started, SIGCONT after a while."""
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(self._cluster.process_of(fault.target).pid)
            family = [first, *first.children(recursive=True)]
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    process.suspend()
            stopped = await until(lambda: bool(first.status() == psutil.STATUS_STOPPED), 5)
            await asyncio.sleep(fault.seconds)
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    process.resume()
            return stopped
        return False

    async def _restart(self, fault: Fault) -> bool:
        return await self._cluster.restart(fault.target, fault.detail, fault.seconds)

    async def _network(self, fault: Fault) -> bool:
        """A fault of one proxy, for as long as asked and until it has hit a connection."""
        proxy = self._cluster.proxies[fault.target, fault.detail]
        if fault.kind == "slow":
            proxy.slow(0.02 if fault.detail == DATABASE else 0.2)
        else:
            {"cut": proxy.cut, "blackhole": proxy.blackhole, "half_open": proxy.half_open}[fault.kind]()
        await asyncio.sleep(fault.seconds)
        hit = await until(lambda: _hits(proxy, fault), HIT_SECONDS)
        proxy.heal()
        return hit


def _command(process: psutil.Process) -> str:
    return " ".join(process.cmdline())


def _hits(proxy: Proxy, fault: Fault) -> bool:
    if fault.kind == "half_open" and not proxy.connections_hit:
        proxy.half_open()
    return proxy.connections_hit > 0
