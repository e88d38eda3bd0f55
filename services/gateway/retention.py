"""The retention policy of exports: overdue ones fail, failed and cancelled ones expire by age and number, expired rows
are deleted. By the database's clock; every gateway may sweep, each row is ended once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from contracts.states import FailureCode
from services.common.database import DatabaseUnavailable
from services.gateway import sentences
from services.gateway.exports import Export, expired, failed
from services.gateway.facts import Outcome
from services.gateway.settings import GatewaySettings
from services.gateway.store import Actor, Store

log = structlog.get_logger()


@dataclass(frozen=True)
class Policy:
    """How long rows are kept. Failed and cancelled ones: `failed_age` and the `failed_count` newest of an institution,
    as in the system this replaces. `overdue` is how long a running export may be silent, `expiry_grace` how long after
    a file's time storage's own announcement is waited for, `delete_after` how long an expired row is remembered,
    `events_age` how long a published event can be read again.
    """

    failed_age: timedelta = timedelta(hours=24)
    failed_count: int = 100
    overdue: timedelta = timedelta(hours=2)
    expiry_grace: timedelta = timedelta(minutes=5)
    delete_after: timedelta = timedelta(days=30)
    events_age: timedelta = timedelta(days=30)


def policy_of(settings: GatewaySettings) -> Policy:
    """The policy that the settings describe."""
    return Policy(
        failed_age=timedelta(hours=settings.failed_retention_hours),
        failed_count=settings.failed_retention_count,
        overdue=timedelta(hours=settings.overdue_hours),
        delete_after=timedelta(days=settings.forget_days),
        events_age=timedelta(days=settings.events_days),
    )


async def sweep(store: Store, policy: Policy) -> None:
    """Apply the policy once.

    Raises:
        DatabaseUnavailable: PostgreSQL went away; the next sweep does the rest.
    """
    now = datetime.now(UTC)
    timed_out = partial(failed, code=FailureCode.TIMED_OUT, message=sentences.message(FailureCode.TIMED_OUT), now=now)
    await _end(store, await store.overdue(policy.overdue), timed_out)
    await _end(store, await store.without_file(policy.failed_age, policy.failed_count), partial(expired, now=now))
    await _end(store, await store.lapsed(policy.expiry_grace), partial(expired, now=now))
    await store.delete_expired(policy.delete_after)
    await store.forget_events(policy.events_age)


async def keep_sweeping(store: Store, policy: Policy, seconds: float) -> None:
    """`sweep` every so often, until cancelled."""
    while True:
        try:
            await sweep(store, policy)
        except DatabaseUnavailable as error:
            log.warning("retention.database_unavailable", cause=str(error))
        await asyncio.sleep(seconds)


async def _end(store: Store, export_ids: list[UUID], outcome: Callable[[Export], Outcome]) -> None:
    for export_id in export_ids:
        _, ended = await store.finish(export_id, outcome, Actor())
        log.info("retention.ended", export=str(export_id), ended=ended)
