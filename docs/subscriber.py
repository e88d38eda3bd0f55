"""A subscriber in full, with FastStream and httpx2: keeps the file of each completed export once (docs/events.md)."""

import asyncio
import hashlib
import os
from pathlib import Path

import httpx2
from faststream import AckPolicy, FastStream
from faststream.rabbit import ExchangeType, QueueType, RabbitBroker, RabbitExchange, RabbitQueue

broker = RabbitBroker(os.environ["AMQP_URL"])
exchange = os.environ.get("EXCHANGE", "correcta.exports")
events = RabbitExchange(exchange, type=ExchangeType.TOPIC, durable=True, declare=False)
mine = RabbitQueue("archive.completed", durable=True, queue_type=QueueType.QUORUM, routing_key="export.completed.v1")
correcta = httpx2.AsyncClient(
    base_url=os.environ["CORRECTA_URL"], headers={"Authorization": f"Bearer {os.environ['CORRECTA_TOKEN']}"}
)
folder = Path(os.environ["FOLDER"])


@broker.subscriber(mine, events, ack_policy=AckPolicy.NACK_ON_ERROR)
async def keep(event: dict) -> None:
    kept = folder / f"{event['exportId']}-{event['file']['filename'].replace('/', '_')}"
    if kept.exists():
        return  # told twice
    answer = await correcta.get(f"/api/exports/{event['exportId']}/file")
    if answer.status_code in (404, 410):
        return  # of an institution that the token is not for, or heard of too late
    answer.raise_for_status()
    if hashlib.sha256(answer.content).hexdigest() != event["file"]["sha256"]:
        raise ValueError("the file is not the one that the event names")
    kept.write_bytes(answer.content)


if __name__ == "__main__":
    asyncio.run(FastStream(broker).run())
