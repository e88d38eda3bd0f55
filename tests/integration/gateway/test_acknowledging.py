"""An outcome leaves its queue only once its row is written, whatever becomes of the gateway that holds it."""

import asyncio
from typing import Any

import aio_pika
import pytest
from prometheus_client import CollectorRegistry

from contracts.topology import Role, Topology
from services.common.broker import Publisher, make_broker
from services.common.database import DatabaseUnavailable
from services.common.signing import Signer
from services.gateway.consumer import Consumer
from services.gateway.metrics import Metrics
from services.gateway.stream import Hub
from tests.admission import everything
from tests.builders import an_export_failed
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


class UnavailableStore:
    """PostgreSQL is away."""

    asked = 0

    async def apply(self, event: object) -> bool:
        self.asked += 1
        raise DatabaseUnavailable("away")


async def test_a_gateway_that_ends_while_it_waits_for_the_database_loses_no_outcome(
    amqp_url: str, topology: Topology
) -> None:
    outcomes, progress, publishing = (make_broker(amqp_url, graceful_timeout=0.2) for _ in range(3))
    store: Any = UnavailableStore()
    Consumer(store, Hub(), Metrics(CollectorRegistry())).subscribe(outcomes, progress, topology, everything())
    for broker in (outcomes, publishing):
        await broker.start()
    await Publisher(publishing, topology, Role.RENDERER, Signer()).publish(an_export_failed())
    await wait_until(lambda: store.asked)
    await outcomes.stop()
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()

        async def waiting() -> bool:
            declared = await channel.declare_queue(topology.outcomes.name, passive=True)
            return declared.declaration_result.message_count == 1

        await wait_until(waiting)
    await asyncio.gather(progress.stop(), publishing.stop())
