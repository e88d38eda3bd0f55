"""What time does to exports: those without a file expire by age and number, those without news are given up, and
expired ones are forgotten in the end. By the database's clock; every gateway may sweep, each row is ended once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from contracts.events import ExportExpired
from contracts.states import FailureCode
from services.common.database import DatabaseUnavailable
from services.gateway.consumer import failed
from services.gateway.exports import Export
from services.gateway.store import Actor, Outcome, Store

log = structlog.get_logger()


@dataclass(frozen=True)
class Policy:
    """How long things stay. Defaults: failed 24 h and 100 an institution, as in the system this replaces."""

    age: timedelta = timedelta(hours=24)
    newest: int = 100
    silence: timedelta = timedelta(hours=2)
    grace: timedelta = timedelta(minutes=5)
    forget: timedelta = timedelta(days=30)


async def sweep(store: Store, policy: Policy) -> None:
    """One round.

    Raises:
        DatabaseUnavailable: PostgreSQL went away; the next round does the rest.
    """
    await _end(store, await store.overdue(policy.silence), lambda export: failed(export, FailureCode.TIMED_OUT, 1))
    await _end(store, await store.fileless(policy.age, policy.newest), expired)
    await store.expire_lapsed(policy.grace)
    await store.forget(policy.forget)


async def keep_sweeping(store: Store, policy: Policy, seconds: float) -> None:
    """`sweep` every so often, until cancelled."""
    while True:
        try:
            await sweep(store, policy)
        except DatabaseUnavailable as error:
            log.warning("retention.database_unavailable", cause=str(error))
        await asyncio.sleep(seconds)


def expired(export: Export) -> ExportExpired:
    """The expiry of an export that never had a file."""
    return ExportExpired(
        export_id=export.id,
        institution_id=export.institution_id,
        exam_id=export.exam_id,
        requested_by=export.requested_by,
        expired_at=datetime.now(UTC),
    )


async def _end(store: Store, export_ids: list[UUID], outcome: Callable[[Export], Outcome]) -> None:
    for export_id in export_ids:
        _, ended = await store.finish(export_id, outcome, Actor())
        log.info("retention.ended", export=str(export_id), ended=ended)
