"""A client that follows an export, against any order and multiplicity of progress, stale rows and reconnections.

What it is told never goes back, and once it has read the row it knows what the row knows.
"""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from contracts.events import AnyEvent, ExportProgress
from services.gateway.exports import Export, with_progress
from services.gateway.stream import Hub, Subscription
from services.gateway.transitions import advance
from tests.builders import an_export_completed, an_export_failed, an_export_progress
from tests.gateway import an_export, cancelled, expired
from tests.machines import AsyncMachine, run_machine

NO_TIME = 0.0


class FollowingMachine(AsyncMachine):
    """One export, its row, one gateway's hub and one client with its last position."""

    def __init__(self) -> None:
        super().__init__()
        self.hub = Hub()

    def teardown(self) -> None:
        self._leave()
        super().teardown()

    @initialize()
    def ask(self) -> None:
        self.row = an_export()
        self.history = [self.row]
        self.events: list[ExportProgress] = []
        self.told = [-1]
        self._join()

    @rule(attempt=st.integers(1, 3), sequence=st.integers(0, 5), percent=st.integers(0, 100))
    def a_renderer_tells(self, attempt: int, sequence: int, percent: int) -> None:
        event = an_export_progress(export_id=self.row.id, attempt=attempt, sequence=sequence, percent=percent)
        self.events.append(event)
        self.hub.apply_progress(event)

    @rule(data=st.data())
    def old_progress_comes_again(self, data: st.DataObject) -> None:
        if self.events:
            self.hub.apply_progress(data.draw(st.sampled_from(self.events)))

    @rule(data=st.data())
    def progress_is_written(self, data: st.DataObject) -> None:
        if self.events:
            self._becomes(with_progress(self.row, data.draw(st.sampled_from(self.events))))

    @rule(which=st.sampled_from(["completed", "failed", "cancelled", "expired"]))
    def an_outcome_is_written(self, which: str) -> None:
        events: dict[str, AnyEvent] = {
            "completed": an_export_completed(export_id=self.row.id),
            "failed": an_export_failed(export_id=self.row.id),
            "cancelled": cancelled(self.row),
            "expired": expired(self.row),
        }
        status = advance(self.row.status, events[which])
        if status is not None:
            self._becomes(replace(self.row, status=status))

    @rule(data=st.data())
    def a_row_read_a_while_ago_arrives(self, data: st.DataObject) -> None:
        self.hub.apply_row(data.draw(st.sampled_from(self.history)))

    @rule()
    def the_client_reads(self) -> None:
        self._read()

    @rule()
    def the_client_comes_back(self) -> None:
        self._leave()
        self._join()

    @invariant()
    def nothing_goes_back(self) -> None:
        assert self.told == sorted(set(self.told))

    @invariant()
    def after_reading_the_row_the_client_knows_it(self) -> None:
        self.hub.apply_row(self.row)
        self._read()
        known = self.following.known[self.row.id]
        assert known.position >= self.row.position
        if not self.row.running:
            assert (known.status, self.told[-1]) == (self.row.status, self.row.position)

    def _becomes(self, row: Export) -> None:
        self.row = row
        self.history.append(row)

    def _join(self) -> None:
        self._held = self.hub.subscribe(exports=[self.row])
        self.following: Subscription = self._held.__enter__()

    def _leave(self) -> None:
        self._held.__exit__(None, None, None)

    def _read(self) -> None:
        async def frames() -> list[Export]:
            changes = await self.following.changes(NO_TIME) if self.following.pending else []
            return [change.export for change in changes]

        for export in self.run(frames()):
            if export.position > self.told[-1]:
                self.told.append(export.position)


def test_what_a_client_is_told_never_goes_back_and_ends_as_the_row() -> None:
    run_machine(FollowingMachine, examples=150, steps=25)
