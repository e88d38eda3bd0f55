"""A reader that takes nothing is dropped, counted, and leaves its place in the hub."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack

import pytest
from prometheus_client import CollectorRegistry
from sse_starlette import ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.types import Message

from services.gateway.metrics import Metrics
from services.gateway.routes.events import Stream
from services.gateway.selection import Owner
from services.gateway.stream import Hub

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": []}


async def events() -> AsyncGenerator[ServerSentEvent, None]:
    while True:
        yield ServerSentEvent(data="{}")


async def never_disconnected() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_reader_that_takes_nothing_is_dropped() -> None:
    registry, hub = CollectorRegistry(), Hub()
    metrics, sent = Metrics(registry), []

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) > 3:
            await asyncio.Event().wait()  # the socket's buffer is full

    with ExitStack() as held:
        held.enter_context(hub.admit(Owner("inst-1", "user-1")))
        held.enter_context(hub.subscribe())
        stream = Stream(held.pop_all(), events(), 0.1, metrics.slow_readers)
    assert len(hub) == 1
    with pytest.raises(SendTimeoutError):
        await stream(SCOPE, never_disconnected, send)
    assert len(hub) == 0
    assert registry.get_sample_value("gateway_stream_slow_readers_total") == 1.0
