"""What is known of the others, by what they say."""

import asyncio
from uuid import UUID, uuid4

import pytest

from contracts.shards import HelperReady, ShardEnded, ShardOffered, ShardOutcome, ShardTaken
from services.renderer.fleet.offers import GAVE_UP, SILENT_SECONDS, Offer, Offers

ALIKE, UNLIKE = "ab" * 32, "cd" * 32
OWN, OTHER = uuid4(), uuid4()


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def offers(clock: Clock) -> Offers:
    return Offers(OWN, ALIKE, clock)


def ready(sender: UUID = OTHER, workers: int = 2, fingerprint: str = ALIKE) -> HelperReady:
    return HelperReady(sender=sender, fingerprint=fingerprint, workers=workers)


def offered(offers: Offers) -> Offer:
    offer = Offer(asyncio.Event())
    offers.add(offer)
    return offer


def test_only_others_that_draw_alike_lend(offers: Offers) -> None:
    for message in (ready(), ready(uuid4(), 3), ready(OWN, 5), ready(uuid4(), 7, UNLIKE)):
        offers.hear(message, None)
    assert offers.lent == 5


def test_who_is_silent_lends_nothing(offers: Offers, clock: Clock) -> None:
    offers.hear(ready(), None)
    assert not offers.is_silent(OTHER)
    clock.now = SILENT_SECONDS
    assert (offers.lent, offers.is_silent(OTHER), offers.is_fleet) == (0, True, True)
    clock.now = 10 * SILENT_SECONDS
    assert not offers.is_fleet
    assert offers.is_silent(uuid4())


def test_an_offer_hears_of_itself(offers: Offers) -> None:
    offer, another = offered(offers), offered(offers)
    offers.hear(ShardTaken(sender=OTHER, shard_id=offer.shard_id), None)
    assert (offer.helper, another.helper) == (OTHER, None)
    assert offer.changed.is_set()
    assert not another.changed.is_set()
    offers.hear(ShardEnded(sender=OTHER, shard_id=offer.shard_id, outcome=ShardOutcome.DONE), None)
    offers.hear(ShardEnded(sender=uuid4(), shard_id=offer.shard_id, outcome=ShardOutcome.CRASH), None)
    assert offer.outcome is ShardOutcome.DONE, "the first word counts"
    offers.hear(ShardTaken(sender=uuid4(), shard_id=offer.shard_id), None)
    assert offer.helper == OTHER, "late: it has ended"


def test_what_was_removed_hears_nothing(offers: Offers) -> None:
    offer = offered(offers)
    offers.remove(offer)
    offers.remove(offer)
    offers.hear(ShardEnded(sender=OTHER, shard_id=offer.shard_id, outcome=ShardOutcome.DONE), None)
    assert offer.outcome is None


@pytest.mark.parametrize(("reason", "outcome"), [(GAVE_UP, ShardOutcome.SUSPECT), ("expired", ShardOutcome.RETURNED)])
def test_what_the_broker_gave_up_is_told_by_its_reason(offers: Offers, reason: str, outcome: ShardOutcome) -> None:
    offer = offered(offers)
    dead = ShardOffered(sender=OWN, shard_id=offer.shard_id, context=ALIKE, copies=(ALIKE,), seconds=1.0)
    offers.hear(dead, None)
    assert offer.outcome is None, "our own offer, heard on the stream"
    offers.hear(dead, reason)
    assert offer.outcome is outcome
