"""The hub: who is told what, how much is kept for the slow, and how many may listen."""

import asyncio
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise

import pytest

from contracts.states import ExportStatus
from services.gateway import stream
from services.gateway.errors import StreamsFull, TooManyStreams
from services.gateway.exports import Export
from services.gateway.selection import ExamKey, Owner, Selection, keys_of
from services.gateway.stream import Hub, StreamLimits, Subscription
from tests.builders import an_export_progress
from tests.gateway import a_completed_export, an_export

ME = Owner("inst-1", "user-1")


def keys(export: Export) -> list[Owner | ExamKey]:
    return keys_of(export.institution_id, export.requested_by, export.exam_id)


async def fresh(subscription: Subscription) -> list[Export]:
    return [change.export for change in await subscription.changes(0.05)]


async def test_the_snapshot_comes_first_then_progress_then_nothing() -> None:
    hub, export = Hub(), an_export()
    with hub.subscribe(exports=[export]) as subscription:
        assert await fresh(subscription) == [export]
        hub.apply_progress(an_export_progress(export_id=export.id, sequence=4, percent=50))
        (state,) = await fresh(subscription)
        assert (state.status, state.percent, state.sequence) == (ExportStatus.ACTIVE, 50, 4)
        assert await fresh(subscription) == []


async def test_who_comes_before_the_row_is_written_sees_the_latest_progress() -> None:
    hub, export = Hub(), an_export()
    hub.apply_progress(an_export_progress(export_id=export.id, sequence=7, percent=60))
    hub.apply_progress(an_export_progress(export_id=export.id, sequence=6, percent=50))
    with hub.subscribe(exports=[export]) as subscription:
        (state,) = await fresh(subscription)
        assert (state.sequence, state.percent) == (7, 60)


async def test_progress_is_kept_of_so_many_exports_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PROGRESS_CACHE_SIZE", 2)
    hub, exports = Hub(), [an_export() for _ in range(3)]
    for export in exports:
        hub.apply_progress(an_export_progress(export_id=export.id, sequence=7))
    with hub.subscribe(exports=exports) as subscription:
        assert [state.sequence for state in await fresh(subscription)] == [exports[0].sequence, 7, 7]


async def test_a_slow_reader_gets_the_latest_state_once() -> None:
    hub, export = Hub(), an_export()
    with hub.subscribe(exports=[export]) as subscription:
        for sequence in range(1000):
            hub.apply_progress(an_export_progress(export_id=export.id, sequence=sequence))
        (state,) = await fresh(subscription)
        assert state.sequence == 999
        assert await fresh(subscription) == []


async def test_late_progress_and_lagging_rows_wake_nobody() -> None:
    hub, export = Hub(), an_export()
    with hub.subscribe(exports=[export]) as subscription:
        hub.apply_progress(an_export_progress(export_id=export.id, sequence=4))
        await fresh(subscription)
        hub.apply_progress(an_export_progress(export_id=export.id, sequence=3))
        hub.apply_row(export)
        assert await fresh(subscription) == []
        hub.apply_row(replace(export, status=ExportStatus.CANCELLED))
        hub.apply_progress(an_export_progress(export_id=export.id, sequence=9))
        assert [state.status for state in await fresh(subscription)] == [ExportStatus.CANCELLED]


async def test_others_exports_are_not_followed() -> None:
    hub, export, other = Hub(), an_export(), an_export(requested_by="user-2")
    with hub.subscribe(exports=[export]) as subscription:
        await fresh(subscription)
        hub.apply_progress(an_export_progress(export_id=other.id))
        hub.apply_row(other)
        assert await fresh(subscription) == []


async def test_an_owner_hears_of_exports_still_to_come_and_of_nobody_elses() -> None:
    hub, mine = Hub(), an_export()
    with hub.subscribe(selection=Selection(ME)) as subscription:
        for other in (an_export(requested_by="user-2"), an_export(institution_id="inst-2")):
            assert not hub.has_followers(other.id, keys(other))
            hub.apply_row(other)
        assert await fresh(subscription) == []
        assert hub.has_followers(mine.id, keys(mine))
        hub.apply_row(mine)
        hub.apply_progress(an_export_progress(export_id=mine.id))
        assert [state.id for state in await fresh(subscription)] == [mine.id]


async def test_who_looks_at_an_exam_hears_of_everybodys_exports_of_it_in_their_institution() -> None:
    hub = Hub()
    colleagues = an_export(requested_by="user-2", exam_id="exam-9")
    elsewhere = [
        an_export(requested_by="user-2", exam_id="exam-8"),
        an_export(institution_id="inst-2", requested_by="user-2", exam_id="exam-9"),
        an_export(requested_by="exam-9", exam_id="user-1"),
    ]
    with hub.subscribe(selection=Selection(ME, frozenset({"exam-9"}))) as subscription:
        for export in (colleagues, *elsewhere):
            hub.apply_row(export)
        assert await fresh(subscription) == [colleagues]
        assert [hub.has_followers(each.id, keys(each)) for each in elsewhere] == [False, False, False]
    assert not hub.has_followers(colleagues.id, keys(colleagues))
    assert hub.selections == []


async def test_the_age_of_progress_counts_from_the_renderer_that_made_it() -> None:
    hub, export = Hub(), an_export()
    with hub.subscribe(exports=[export]) as subscription:
        await fresh(subscription)
        event = an_export_progress(export_id=export.id, sequence=4)
        hub.apply_progress(event)
        assert [change.since for change in await subscription.changes(0.05)] == [event.at]


async def test_only_running_exports_that_somebody_follows_need_reading_again() -> None:
    hub, running, ended = Hub(), an_export(), a_completed_export()
    with hub.subscribe(exports=[running, ended]):
        assert hub.followed() == [running.id]
        hub.apply_row(replace(running, status=ExportStatus.FAILED))
        assert hub.followed() == []
    with hub.subscribe(exports=[running]):
        pass
    assert hub.followed() == []
    assert not hub.has_followers(running.id, keys(running))
    assert len(hub) == 0


async def test_closing_wakes_every_stream_and_refuses_new_ones() -> None:
    hub = Hub()
    with hub.subscribe(exports=[an_export()]) as subscription:
        await fresh(subscription)
        hub.close()
        assert await subscription.changes(10) == []
        assert subscription.closed
    with pytest.raises(StreamsFull), hub.admit(ME):
        pass
    with hub.subscribe(exports=[an_export()]) as late:
        assert late.closed


async def test_draining_ends_streams_one_after_another_and_refuses_new_ones_at_once() -> None:
    hub = Hub()
    with ExitStack() as open_streams:
        streams = [open_streams.enter_context(hub.subscribe(exports=[an_export()])) for _ in range(40)]
        draining = asyncio.create_task(hub.drain(0.5))
        await asyncio.sleep(0)
        with pytest.raises(StreamsFull), hub.admit(ME):
            pass
        counts = [sum(stream.closed for stream in streams)]
        while not draining.done():
            await asyncio.sleep(0.01)
            counts.append(sum(stream.closed for stream in streams))
    steps = [after - before for before, after in pairwise(counts)]
    assert (counts[0], counts[-1]) == (4, 40)
    assert max(steps) <= 8, "of ten steps, at most two between two looks"


async def test_draining_without_streams_takes_its_time_too() -> None:
    hub = Hub()
    await hub.drain(0.0)
    assert hub.closed


def test_each_user_institution_and_process_has_its_share() -> None:
    hub = Hub(StreamLimits(per_user=2, per_institution=3, per_process=4))
    with ExitStack() as open_streams:

        def admit(institution: str, user: str) -> None:
            open_streams.enter_context(hub.admit(Owner(institution, user)))

        admit("a", "1")
        admit("a", "1")
        with pytest.raises(TooManyStreams):
            admit("a", "1")
        admit("a", "2")
        with pytest.raises(TooManyStreams):
            admit("a", "3")
        admit("b", "1")
        with pytest.raises(StreamsFull):
            admit("c", "1")
    with hub.admit(Owner("a", "1")):
        pass
