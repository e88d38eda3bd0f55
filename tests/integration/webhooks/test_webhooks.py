"""From the facts to an endpoint: at least once, to its own institution only, whatever the endpoint does."""

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import pytest

from contracts.topology import Exchange, Topology
from services.common.broker import Publisher
from services.webhooks.delivering import FAILING_REASON, GONE_REASON
from services.webhooks.errors import UnknownDelivery, UnknownEndpoint
from services.webhooks.secrets import Keyring, new_secret
from services.webhooks.store import Store
from tests.builders import an_export_completed, an_export_failed
from tests.integration.webhooks.conftest import KEY, Running
from tests.integration.webhooks.receiver import Receiver
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

Add = Callable[..., Any]

EVENTS = int(os.environ.get("WEBHOOK_EVENTS", "60"))
"""How many events go through an endpoint that fails a third of the time; 1,000 take half a minute."""


def an_event(institution: str = "inst-1", **overrides: Any) -> Any:
    return an_export_completed(export_id=uuid4(), institution_id=institution, **overrides)


@pytest.mark.timeout(120 + EVENTS)
async def test_every_event_reaches_its_institutions_endpoints_though_a_third_of_the_answers_fail(
    running: Running, add: Add, receiver: Receiver, publisher: Publisher, store: Store
) -> None:
    receiver.answers["flaky"] = lambda number: 500 if number % 3 == 0 else 204
    flaky = await add("inst-1", "flaky")
    await add("inst-1", "failures", "export.failed.v1")
    await add("inst-2", "other")
    completed = [an_event() for _ in range(EVENTS)]
    failed = [an_export_failed(export_id=uuid4(), institution_id="inst-1") for _ in range(5)]
    foreign = [an_event("inst-2") for _ in range(20)]
    async with running():
        for event in (*completed, *failed, *foreign, *completed[:10]):
            await publisher.publish(event, id=event.export_id)

        async def all_heard() -> bool:
            if len(receiver.heard.get("flaky", [])) < EVENTS:
                return False
            heard = {name: {event["subject"] for event in events} for name, events in receiver.heard.items()}
            return heard == {
                "flaky": {str(event.export_id) for event in (*completed, *failed)},
                "failures": {str(event.export_id) for event in failed},
                "other": {str(event.export_id) for event in foreign},
            }

        async def none_waits() -> bool:
            waiting, _ = await store.counts()
            return waiting == 0

        await wait_until(all_heard, 60 + EVENTS / 10)
        await wait_until(none_waits)  # what the receiver heard is recorded after it answered
    assert receiver.wrong == []
    assert receiver.requests["flaky"] > EVENTS + 5
    assert {event["data"]["institutionId"] for event in receiver.heard["other"]} == {"inst-2"}
    log = await store.deliveries(flaky.id, 2 * EVENTS)
    assert len(log) == EVENTS + 5
    assert all(each.delivered_at and each.last_status == 204 for each in log)


async def test_an_endpoint_that_stalls_holds_up_no_other(
    running: Running, add: Add, receiver: Receiver, publisher: Publisher
) -> None:
    await add("inst-1", "stalled")
    await add("inst-1", "quick")
    async with running(webhook_answer_seconds=30.0, webhook_concurrency=6):
        for _ in range(20):
            await publisher.publish(an_event())
        await wait_until(lambda: len(receiver.heard.get("quick", ())) == 20, 20)
        assert 1 <= receiver.requests["stalled"] <= 4
        receiver.released.set()


async def test_gone_disables_at_once_and_enabled_again_it_hears_what_it_missed(
    running: Running, add: Add, receiver: Receiver, publisher: Publisher, store: Store
) -> None:
    receiver.answers["gone"] = 410
    gone = await add("inst-1", "gone")
    async with running():
        await publisher.publish(first := an_event(), id=first.export_id)

        async def disabled() -> bool:
            return (await store.find(gone.id)).disabled_reason == GONE_REASON

        await wait_until(disabled)
        await publisher.publish(second := an_event(), id=second.export_id)
        await wait_until(lambda: _entries(store, gone.id, 2))
        receiver.answers["gone"] = 204
        await store.enable(gone.id)
        await wait_until(lambda: len(receiver.heard.get("gone", ())) == 1)
        await store.redeliver(gone.id, first.export_id)
        await wait_until(lambda: len(receiver.heard["gone"]) == 2)
        assert {event["id"] for event in receiver.heard["gone"]} == {str(first.export_id), str(second.export_id)}


async def _entries(store: Store, endpoint_id: UUID, count: int) -> bool:
    return len(await store.deliveries(endpoint_id, 10)) == count


async def test_what_fails_is_given_up_after_the_schedule_and_disabled_after_days(
    running: Running, add: Add, receiver: Receiver, publisher: Publisher, store: Store
) -> None:
    receiver.answers["broken"] = 503
    broken = await add("inst-1", "broken")
    redirecting = await add("inst-1", "elsewhere")
    async with running(webhook_schedule="1s"):
        await publisher.publish(an_event())

        async def given_up() -> bool:
            logs = [await store.deliveries(each.id, 1) for each in (broken, redirecting)]
            return all(log and log[0].next_at is None for log in logs)

        await wait_until(given_up, 20)
    [entry] = await store.deliveries(broken.id, 1)
    assert (entry.attempts, entry.delivered_at, entry.last_error) == (2, None, "answered 503")
    assert receiver.requests["inside"] == 0, "no redirect is followed"
    assert (await store.find(broken.id)).failing_since is not None
    assert await store.disable_failing(timedelta(days=5), FAILING_REASON) == []
    found = await store.disable_failing(timedelta(0), FAILING_REASON)
    assert {each.id for each in found} == {broken.id, redirecting.id}


async def test_addresses_within_the_network_are_never_connected_to(
    running: Running, add: Add, receiver: Receiver, publisher: Publisher, store: Store
) -> None:
    private = await add("inst-1", "private")
    sealed = Keyring(KEY).seal([(new_secret(), None)])
    named = await store.add("inst-1", receiver.url.replace("127.0.0.1", "localhost") + "/private", (), sealed)
    absent = await store.add("inst-1", "http://nowhere.invalid/", (), sealed)
    async with running(webhook_networks="10.0.0.0/8", webhook_schedule="1s"):
        await publisher.publish(an_event())
        found = {}

        async def all_failed() -> bool:
            for each in (private, named, absent):
                log = await store.deliveries(each.id, 1)
                found[each.id] = log[0].last_error if log else None
            return all(found.values())

        await wait_until(all_failed, 20)
    assert found == {private.id: "private_address", named.id: "private_address", absent.id: "unresolved_host"}
    assert receiver.requests.total() == 0


async def test_a_rotated_secret_and_a_lost_key(
    running: Running, add: Add, receiver: Receiver, publisher: Publisher, store: Store
) -> None:
    rotating = await add("inst-1", "rotating")
    lost = await store.add("inst-1", f"{receiver.url}/lost", (), b"of another key")
    new = new_secret()
    await store.set_secrets(rotating.id, Keyring(KEY).rotated(rotating.secrets, new, timedelta(hours=1)))
    async with running():
        await publisher.publish(an_event())
        await wait_until(lambda: len(receiver.heard.get("rotating", ())) == 1)
        receiver.secrets["rotating"] = new
        await publisher.publish(an_event())
        await wait_until(lambda: len(receiver.heard["rotating"]) == 2)

        async def said() -> bool:
            log = await store.deliveries(lost.id, 1)
            return bool(log and "WEBHOOK_KEYS" in (log[0].last_error or ""))

        await wait_until(said)
    assert receiver.requests["lost"] == 0


async def test_what_an_instance_that_died_had_claimed_is_delivered_by_another(
    running: Running, add: Add, receiver: Receiver, publisher: Publisher, store: Store
) -> None:
    await add("inst-1", "kept")
    await store.enqueue("inst-1", uuid4(), "export.completed.v1", "{}")
    assert len(await store.claim(10, 10, timedelta(seconds=1))) == 1
    assert await store.claim(10, 10, timedelta(seconds=1)) == [], "nobody else has it meanwhile"
    async with running():
        await wait_until(lambda: len(receiver.heard.get("kept", ())) == 1)


async def test_messages_that_say_nothing_are_counted_and_hold_nothing_up(
    running: Running, add: Add, receiver: Receiver, publisher: Publisher, topology: Topology, amqp_url: str
) -> None:
    await add("inst-1", "steady")
    async with running() as app:
        async with await aio_pika.connect(amqp_url) as link, link.channel() as channel:
            facts = await channel.get_exchange(topology.exchange(Exchange.FACTS))
            typed: Any = {"cloudEvents:type": "export.completed.v1"}
            for body, headers in ((b"\xff", None), (b"{}", typed), (b"", None)):
                await facts.publish(aio_pika.Message(body, headers=headers), routing_key="export.completed.v1")
        await publisher.publish(an_event())
        await wait_until(lambda: len(receiver.heard.get("steady", ())) == 1)
        registry = app.state.registry
        assert registry.get_sample_value("webhooks_events_total", {"read": "false"}) == 3
        assert registry.get_sample_value("webhooks_attempts_total", {"ending": "delivered"}) == 1


async def test_a_queue_that_is_deleted_comes_back(
    running: Running, add: Add, receiver: Receiver, publisher: Publisher, topology: Topology, amqp_url: str
) -> None:
    await add("inst-1", "again")
    async with running():
        async with await aio_pika.connect(amqp_url) as link, link.channel() as channel:
            await channel.queue_delete(f"{topology.namespace}.webhooks.events")

        async def heard() -> bool:
            await publisher.publish(an_event())
            await asyncio.sleep(0.5)
            return bool(receiver.heard.get("again"))

        await wait_until(heard, 30)


async def test_what_is_not_there_is_said(store: Store, add: Add) -> None:
    there = await add("inst-1", "there")
    for act in (store.find, store.remove, store.enable):
        with pytest.raises(UnknownEndpoint):
            await act(uuid4())
    with pytest.raises(UnknownDelivery):
        await store.redeliver(there.id, uuid4())
    assert (await store.remove(there.id)).id == there.id
    assert await store.all("inst-1") == []
