"""Signed messages over a real broker: what a handler sees while keys are given out, required, and exchanged."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from faststream.rabbit import RabbitBroker, RabbitMessage
from prometheus_client import CollectorRegistry

from contracts.envelope import parse
from contracts.topology import Role, Topology
from services.common.admission import Admission
from services.common.broker import Publisher, make_broker, subscribe
from services.common.signing import Refusal, SignaturePolicy, Signer, Verifier
from services.common.signing_keys import trusted_list
from tests.builders import an_export_completed
from tests.keys import keys
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

OLD, NEW = keys("old"), keys("new")
ONLY_OLD, ONLY_NEW = trusted_list(OLD), trusted_list(NEW)
BOTH = f"{ONLY_OLD},{ONLY_NEW}"
UNSIGNED, SIGNED_OLD, SIGNED_NEW = Signer(), Signer(OLD[Role.RENDERER]), Signer(NEW[Role.RENDERER])
ACCEPT, REQUIRE = SignaturePolicy.ACCEPT, SignaturePolicy.REQUIRE


class Listener:
    """A gateway's end of the queue of outcomes, with its settings of the moment."""

    def __init__(self, url: str, topology: Topology, trusted: str, policy: SignaturePolicy) -> None:
        self.registry = CollectorRegistry()
        self.heard: set[UUID] = set()
        self.broker = make_broker(url, graceful_timeout=1.0)
        self.queue = topology.outcomes
        admission = Admission(Verifier(trusted, policy), self.registry, "gateway")
        subscribe(self.broker, self.queue, self._hear, admission=admission, prefetch=5)

    async def _hear(self, message: RabbitMessage) -> None:
        self.heard.add(parse(message.headers, message.body).event.export_id)
        await message.ack()

    def refused(self, reason: Refusal) -> float:
        """How many were refused for a reason."""
        labels = {"queue": self.queue.name, "reason": reason.value}
        return self.registry.get_sample_value("gateway_signatures_refused_total", labels) or 0

    @property
    def unsigned(self) -> float:
        """How many were read without a signature."""
        return self.registry.get_sample_value("gateway_messages_unsigned_total", {"queue": self.queue.name}) or 0


@pytest.fixture
async def publishing(amqp_url: str) -> AsyncIterator[RabbitBroker]:
    broker = make_broker(amqp_url)
    await broker.connect()
    yield broker
    await broker.stop()


async def hears(listener: Listener, publishing: RabbitBroker, topology: Topology, *signers: Signer) -> list[bool]:
    """Whether the listener's handler sees what each signer signed; it runs meanwhile."""
    await listener.broker.start()
    ids = []
    for signer in signers:
        event = an_export_completed()
        ids.append(event.export_id)
        await Publisher(publishing, topology, Role.RENDERER, signer).publish(event)
    await wait_until(lambda: len(listener.heard) + sum(map(listener.refused, Refusal)) == len(signers))
    await listener.broker.stop()
    return [each in listener.heard for each in ids]


async def test_no_step_from_unsigned_to_required_loses_a_message(
    amqp_url: str, topology: Topology, publishing: RabbitBroker
) -> None:
    """As docs/operations.md has it. In each step some services have taken it and some have not."""
    steps: list[tuple[str, SignaturePolicy, tuple[Signer, ...]]] = [
        ("", ACCEPT, (UNSIGNED,)),
        (ONLY_OLD, ACCEPT, (UNSIGNED,)),  # every service learns the public keys
        ("", ACCEPT, (UNSIGNED, SIGNED_OLD)),  # one that was late may still hear those that sign
        (ONLY_OLD, ACCEPT, (UNSIGNED, SIGNED_OLD)),
        (ONLY_OLD, REQUIRE, (SIGNED_OLD,)),
    ]
    for trusted, policy, signers in steps:
        listener = Listener(amqp_url, topology, trusted, policy)
        assert all(await hears(listener, publishing, topology, *signers)), (trusted, policy)
        assert listener.unsigned == (len(signers) if not trusted else signers.count(UNSIGNED))


async def test_no_step_of_an_exchange_of_keys_loses_a_message(
    amqp_url: str, topology: Topology, publishing: RabbitBroker
) -> None:
    steps: list[tuple[str, tuple[Signer, ...]]] = [
        (ONLY_OLD, (SIGNED_OLD,)),
        (BOTH, (SIGNED_OLD, SIGNED_NEW)),
        (ONLY_NEW, (SIGNED_NEW,)),
    ]
    for trusted, signers in steps:
        listener = Listener(amqp_url, topology, trusted, REQUIRE)
        assert all(await hears(listener, publishing, topology, *signers)), trusted


@pytest.mark.parametrize(
    ("trusted", "policy", "signer", "reason"),
    [
        (ONLY_OLD, REQUIRE, UNSIGNED, Refusal.UNSIGNED),
        (ONLY_NEW, REQUIRE, SIGNED_OLD, Refusal.UNKNOWN_KEY),
        (ONLY_NEW, ACCEPT, SIGNED_OLD, Refusal.UNKNOWN_KEY),
        (ONLY_OLD, ACCEPT, Signer(OLD[Role.STORAGE]), Refusal.WRONG_ROLE),
    ],
)
async def test_what_is_refused_is_gone_counted_and_seen_by_no_handler(
    amqp_url: str,
    topology: Topology,
    publishing: RabbitBroker,
    trusted: str,
    policy: SignaturePolicy,
    signer: Signer,
    reason: Refusal,
) -> None:
    listener = Listener(amqp_url, topology, trusted, policy)
    assert not any(await hears(listener, publishing, topology, signer))
    assert listener.refused(reason) == 1
    later = Listener(amqp_url, topology, BOTH, ACCEPT)
    assert await hears(later, publishing, topology, SIGNED_NEW) == [True]
    assert len(later.heard) == 1, "the refused one did not come again"
