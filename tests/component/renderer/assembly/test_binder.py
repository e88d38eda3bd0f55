"""The binder adds copies on a thread of its own: in order, never many ahead, and with nothing left running."""

import asyncio
import threading
from typing import Any

import pytest

from services.renderer.assembly import binder
from services.renderer.assembly.binder import Binder
from services.renderer.assembly.segments import MalformedSegment
from tests.waiting import wait_until


class GatedAssembler:
    """An assembler that takes a copy when it is let."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.gate = threading.Semaphore(0)

    def add(self, segment: bytes) -> int:
        assert self.gate.acquire(timeout=20)
        if not segment:
            raise MalformedSegment("nothing")
        self.taken.append(segment)
        return 1


def bound(assembler: GatedAssembler) -> Binder:
    unchecked: Any = assembler
    return Binder(unchecked)


async def test_copies_stand_in_the_order_they_were_handed_over() -> None:
    assembler = GatedAssembler()
    async with bound(assembler) as binding:
        for copy in (b"1", b"22", b"333"):
            await binding.add(copy)
        assert assembler.taken == []
        assembler.gate.release(3)
        await binding.done()
    assert assembler.taken == [b"1", b"22", b"333"]


async def test_whoever_is_far_ahead_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binder, "AHEAD_BYTES", 10)
    assembler = GatedAssembler()
    async with bound(assembler) as binding:
        await binding.add(b"123456")
        second = asyncio.create_task(binding.add(b"789012"))
        done, _ = await asyncio.wait([second], timeout=0.1)
        assert not done
        assembler.gate.release()
        await asyncio.wait_for(second, 20)
        assembler.gate.release()
        await binding.done()


async def test_what_is_no_segment_is_told() -> None:
    assembler = GatedAssembler()
    async with bound(assembler) as binding:
        for copy in (b"1", b""):
            await binding.add(copy)
        assembler.gate.release(2)
        with pytest.raises(MalformedSegment):
            await binding.done()


async def test_nothing_runs_on_when_the_block_is_left() -> None:
    assembler = GatedAssembler()

    async def interrupted() -> None:
        async with bound(assembler) as binding:
            for copy in (b"1", b"2", b"3"):
                await binding.add(copy)
            raise RuntimeError("the export was cancelled")

    leaving = asyncio.create_task(interrupted())
    await wait_until(lambda: any(thread.name.startswith("binder") for thread in threading.enumerate()))
    assembler.gate.release()
    with pytest.raises(RuntimeError, match="cancelled"):
        await leaving
    assert assembler.taken == [b"1"]
    assert not any(thread.name.startswith("binder") for thread in threading.enumerate())
