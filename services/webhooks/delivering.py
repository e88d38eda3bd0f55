"""Delivers what is due: claims a few deliveries, calls their endpoints side by side, and notes how each ended.

Any number of instances may run it. One that dies in the middle leaves its claims, which end by themselves: an event is
delivered at least once. In which order is not promised.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from contracts.envelope import PRODUCT
from services.common.database import DatabaseUnavailable
from services.webhooks import schedule
from services.webhooks.calling import Caller, CallFailed
from services.webhooks.errors import PrivateAddress, UnresolvedHost
from services.webhooks.metrics import Ending, Metrics
from services.webhooks.secrets import Keyring, WrongKey, signed_headers
from services.webhooks.store import Due, Store

log = structlog.get_logger()

LOOK_SECONDS = 0.5
RETRY_SECONDS = 2.0
LEASE_MARGIN = timedelta(seconds=30)
GONE = 410
GONE_REASON, FAILING_REASON = "410 Gone", "no success for too long"


@dataclass(frozen=True)
class Rules:
    """How often and how long something is tried. Times as `timedelta`."""

    schedule: Sequence[timedelta]
    concurrency: int
    concurrency_endpoint: int
    lease: timedelta
    disable_after: timedelta
    log_age: timedelta


@dataclass
class Deliverer:
    """The loop, and the calls under way."""

    store: Store
    caller: Caller
    keyring: Keyring
    rules: Rules
    metrics: Metrics
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Deliver until cancelled; the calls under way are waited for then."""
        try:
            while True:
                try:
                    claimed = await self._start_due()
                except DatabaseUnavailable as error:
                    log.warning("deliveries.database_unavailable", cause=str(error))
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                if not claimed or len(self._running) >= self.rules.concurrency:
                    await self._wait()
        finally:
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _wait(self) -> None:
        """Return when a call has ended, which lets another one begin, or after `LOOK_SECONDS`."""
        if self._running:
            await asyncio.wait(self._running, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(LOOK_SECONDS)

    async def keep_house(self) -> None:
        """Once: disable endpoints that have failed for too long, forget old entries, and count.

        Raises:
            DatabaseUnavailable.
        """
        for endpoint in await self.store.disable_failing(self.rules.disable_after, FAILING_REASON):
            log.error("endpoint.disabled", endpoint=str(endpoint.id), reason=FAILING_REASON)
        await self.store.forget(self.rules.log_age)
        waiting, disabled = await self.store.counts()
        self.metrics.waiting.set(waiting)
        self.metrics.disabled.set(disabled)

    async def _start_due(self) -> int:
        """Claim as many deliveries as there is room for and start them; how many."""
        room = self.rules.concurrency - len(self._running)
        due = await self.store.claim(room, self.rules.concurrency_endpoint, self.rules.lease) if room else []
        for delivery in due:
            self._running.add(task := asyncio.create_task(self._deliver(delivery)))
            task.add_done_callback(self._running.discard)
        return len(due)

    async def _deliver(self, due: Due) -> None:
        try:
            await self._attempt(due)
        except DatabaseUnavailable as away:
            log.warning("delivery.not_noted", delivery=due.id, cause=str(away))  # the lease ends: it is tried again
        except Exception:
            log.exception("delivery.crashed", delivery=due.id)

    async def _attempt(self, due: Due) -> None:
        begun = time.monotonic()
        ending, status, error = await self._called(due)
        self.metrics.seconds.observe(time.monotonic() - begun)
        self.metrics.attempts.labels(ending.value).inc()
        if ending is Ending.DELIVERED and status is not None:
            await self.store.delivered(due.id, status)
        else:
            await self._note_failure(due, status, error)

    async def _called(self, due: Due) -> tuple[Ending, int | None, str]:
        now = datetime.now(UTC)
        try:
            headers = signed_headers(self.keyring.open(due.secrets), str(due.event_id), due.body, now)
        except WrongKey:
            return Ending.UNSIGNED, None, "its secrets were encrypted with a key that WEBHOOK_KEYS does not name"
        headers |= {"content-type": "application/cloudevents+json; charset=utf-8", "user-agent": PRODUCT}
        try:
            status = await self.caller.post(due.url, headers, due.body.encode())
        except (PrivateAddress, UnresolvedHost) as error:
            return Ending.FORBIDDEN, None, error.code
        except CallFailed as error:
            return Ending.UNANSWERED, None, str(error)
        if 200 <= status < 300:
            return Ending.DELIVERED, status, ""
        return Ending.REFUSED, status, f"answered {status}"

    async def _note_failure(self, due: Due, status: int | None, error: str) -> None:
        again = None if status == GONE else schedule.delay(self.rules.schedule, due.attempts)
        await self.store.failed(due.id, status, error, again)
        if again is None:
            self.metrics.given_up.inc()
        ids = {"endpoint": str(due.endpoint_id), "event_id": str(due.event_id)}
        log.info("delivery.failed", **ids, attempt=due.attempts, cause=error)
        if status == GONE and await self.store.disable(due.endpoint_id, GONE_REASON):
            log.error("endpoint.disabled", endpoint=str(due.endpoint_id), reason=GONE_REASON)
