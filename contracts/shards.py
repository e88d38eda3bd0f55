"""What renderers say to one another about shards: a few copies of one export, typeset by whichever renderer is free.

Messages hold references only. What is to be typeset, and what was, lies in storage's blobs: a message that is lost,
late or told twice costs time, never a page. They are no events of an export's life and nobody outside hears them.
"""

from enum import StrEnum
from typing import ClassVar, get_args
from uuid import UUID

from pydantic import Field

from contracts.base import Count, Wire
from contracts.blobs import Digest

MOST_COPIES = 16
"""Copies of one shard."""


class ShardOutcome(StrEnum):
    """How a helper's work on a shard ended."""

    DONE = "done"
    """What could be typeset is in storage."""

    RETURNED = "returned"
    """Nothing was tried, or not to its end: it is to be typeset elsewhere."""

    SUSPECT = "suspect"
    """Nothing was tried: it came again after the renderer that had it died, so one of its copies may be the cause."""

    TIMEOUT = "timeout"
    CRASH = "crash"
    MEMORY = "memory"
    """The worker process ended while it was at the first copy that has no result, and why."""


class FleetMessage(Wire):
    """What every message has: `sender` is the renderer that sends it, by an id of this start of its process."""

    type: ClassVar[str]

    sender: UUID


class ShardOffered(FleetMessage):
    """A shard that waits for a free worker of any renderer that draws alike. `context` and `copies` are blobs, by their
    content; `seconds` is what one call may take.
    """

    type: ClassVar[str] = "shard.offered.v1"

    shard_id: UUID
    context: Digest
    copies: tuple[Digest, ...] = Field(min_length=1, max_length=MOST_COPIES)
    seconds: float = Field(gt=0, le=3600)


class ShardTaken(FleetMessage):
    """A helper begins."""

    type: ClassVar[str] = "shard.taken.v1"

    shard_id: UUID


class ShardEnded(FleetMessage):
    """A helper is done with a shard. What it typeset is in storage."""

    type: ClassVar[str] = "shard.ended.v1"

    shard_id: UUID
    outcome: ShardOutcome


class ShardWithdrawn(FleetMessage):
    """Nobody waits for this shard any more: its export has ended, or has it from elsewhere."""

    type: ClassVar[str] = "shard.withdrawn.v1"

    shard_id: UUID


class HelperReady(FleetMessage):
    """How many workers a renderer lends to others' exports at the moment, and a digest of everything it draws with."""

    type: ClassVar[str] = "helper.ready.v1"

    fingerprint: Digest
    workers: Count


AnyFleetMessage = ShardOffered | ShardTaken | ShardEnded | ShardWithdrawn | HelperReady

FLEET_TYPES: dict[str, type[AnyFleetMessage]] = {model.type: model for model in get_args(AnyFleetMessage)}
