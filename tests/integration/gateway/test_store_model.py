"""The store against a model: whatever happens, in any order and any number of times, the row does what the pure
functions say, ends once, and tells every end of our own exactly once.
"""

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from contracts.events import AnyEvent, ExportCompleted
from contracts.states import ENDED, ExportStatus
from services.gateway.claims import Claim
from services.gateway.exports import Export, with_progress
from services.gateway.store import Actor, Quota
from services.gateway.transitions import advance
from tests.builders import a_stored_file, an_export_completed, an_export_failed, an_export_progress
from tests.gateway import an_export, cancelled, expired
from tests.machines import StoreMachine, run_machine

pytestmark = pytest.mark.integration


class ExportMachine(StoreMachine):
    """One export, its row and its model."""

    @initialize()
    def ask(self) -> None:
        self.model = an_export()
        self.key: str | None = None
        self.announced = ["export.requested.v1"]
        self.reached = 0
        self.run(self.store.create(self.model, quota=Quota(10_000), actor=Actor()))

    @rule(attempt=st.integers(1, 3), sequence=st.integers(0, 5), percent=st.integers(0, 100))
    def progress(self, attempt: int, sequence: int, percent: int) -> None:
        event = an_export_progress(export_id=self.model.id, attempt=attempt, sequence=sequence, percent=percent)
        self.run(self.store.progress([event]))
        waited = self.model.status is ExportStatus.QUEUED
        self.model = with_progress(self.model, event)
        if waited and self.model.status is ExportStatus.ACTIVE:
            self.announced.append("export.started.v1")

    @rule(name=st.sampled_from(["a.pdf", "b"]))
    def complete(self, name: str) -> None:
        event = an_export_completed(export_id=self.model.id, file=a_stored_file(self.model.id, filename=name))
        if self.apply_progress(event):
            self.key = event.file.key

    @rule()
    def fail(self) -> None:
        self.apply_progress(an_export_failed(export_id=self.model.id))

    @rule(own=st.booleans())
    def expire(self, own: bool) -> None:
        if own:
            event = expired(self.model, self.key)
            _, applied = self.run(self.store.finish(self.model.id, lambda _: event, Actor()))
            assert applied == (self.model.status in ENDED)
        else:
            event = expired(self.model, f"{self.model.id}/{'cd' * 32}")
            applied = self.run(self.store.apply(event))
            assert not applied
        if applied:
            self.model = self.moved(event)
            self.announced.append(event.type)

    @rule()
    def cancel(self) -> None:
        export, won = self.run(self.store.finish(self.model.id, cancelled, Actor("user-1")))
        after = self.moved(cancelled(self.model))
        assert export is not None
        assert won == (after.status is not self.model.status)
        assert export.status is after.status
        if won:
            self.announced.append("export.cancelled.v1")
        self.model = after

    def apply_progress(self, event: Claim) -> bool:
        after = self.moved(event)
        applied: bool = self.run(self.store.apply(event))
        assert applied == (after.status is not self.model.status)
        if applied:
            if self.model.status is ExportStatus.QUEUED and isinstance(event, ExportCompleted):
                self.announced.append("export.started.v1")
            self.announced.append(event.type)
        self.model = after
        return applied

    def moved(self, event: AnyEvent) -> Export:
        return replace(self.model, status=advance(self.model.status, event) or self.model.status)

    @invariant()
    def the_row_is_the_model(self) -> None:
        (row,) = self.run(self.store.read([self.model.id]))
        assert row.status is self.model.status
        assert row.sequence == self.model.sequence
        if row.running:
            assert (row.percent, row.attempt) == (self.model.percent, self.model.attempt)
        assert (row.file is not None) == (self.key is not None)
        assert row.position >= self.reached, "what a client is told never goes back"
        self.reached = row.position

    @invariant()
    def every_end_is_noted_once(self) -> None:
        sql = "SELECT event_type FROM exports.outbox WHERE export_id = $1 ORDER BY position"
        assert [row["event_type"] for row in self.run(self.pool.fetch(sql, self.model.id))] == self.announced
        sql = "SELECT action FROM exports.audit WHERE export_id = $1"
        actions = [row["action"] for row in self.run(self.pool.fetch(sql, self.model.id))]
        ended = self.model.status not in (ExportStatus.QUEUED, ExportStatus.ACTIVE)
        ends = {ExportCompleted.type.removesuffix(".v1"), "export.failed", "export.cancelled"}
        assert sum(action in ends for action in actions) == int(ended)


def test_any_order_and_multiplicity_of_events(database_url: str) -> None:
    ExportMachine.database_url = database_url
    run_machine(ExportMachine, examples=40, steps=12)
