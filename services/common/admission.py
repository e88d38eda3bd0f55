"""Which messages a handler gets to see: those whose signature verifies, and unsigned ones where none is required.

A refused message is acknowledged, counted and logged without anything that it says. It changes nothing: dead-lettered,
it would end an export, which is what a forger wants.
"""

from collections.abc import Awaitable, Callable

import structlog
from faststream.rabbit import RabbitMessage
from prometheus_client import CollectorRegistry, Counter

from contracts.topology import Queue
from services.common.signing import Refusal, Refused, Verifier

log = structlog.get_logger()

Handler = Callable[[RabbitMessage], Awaitable[None]]


class Admission:
    """The checks of one service, and their two series: `<service>_signatures_refused_total` by queue and reason,
    `<service>_messages_unsigned_total` by queue.
    """

    def __init__(self, verifier: Verifier, registry: CollectorRegistry, service: str) -> None:
        self._verifier = verifier
        self._refused = Counter(
            f"{service}_signatures_refused_total",
            "Messages that were not read, by what is wrong with their signature.",
            ("queue", "reason"),
            registry=registry,
        )
        self._unsigned = Counter(
            f"{service}_messages_unsigned_total",
            "Messages that were read without a signature.",
            ("queue",),
            registry=registry,
        )

    def guard(self, queue: Queue, handler: Handler) -> Handler:
        """The handler of a queue, called with admitted messages only."""
        self._unsigned.labels(queue.name)  # each series is there from the start: one that begins at 1 has no increase
        for reason in Refusal:
            self._refused.labels(queue.name, reason)

        async def guarded(message: RabbitMessage) -> None:
            try:
                signed = self._verifier.check(message.headers, message.body, queue.origin)
            except Refused as refusal:
                self._refused.labels(queue.name, refusal.reason).inc()
                log.warning("signature.refused", queue=queue.name, reason=refusal.reason.value)
                await message.ack()
                return
            if not signed:
                self._unsigned.labels(queue.name).inc()
            await handler(message)

        return guarded
