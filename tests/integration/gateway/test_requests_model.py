"""Starts against a model: any mixture of users, keys, requests and ends.

A key means one export, a quota is a quota, and each export that is made is asked of the renderers exactly once.
"""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from contracts.states import Format
from services.common.database import make_pool
from services.gateway.errors import IdempotencyKeyReused, TooManyExports
from services.gateway.exports import Export
from services.gateway.store import Actor, Store
from tests.builders import an_export_completed
from tests.gateway import an_export

pytestmark = pytest.mark.integration

QUOTA = 3
schools, users, keys = st.sampled_from("AB"), st.sampled_from("xy"), st.sampled_from([None, "k1", "k2"])
formats = st.sampled_from([Format.PDF, Format.CSV])


class Starts(RuleBasedStateMachine):
    """Two schools with two teachers each, who start exports, again and again."""

    database_url: str

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.pool = self.run(make_pool(self.database_url, size=2))
        self.run(self.pool.execute("TRUNCATE exports.export, exports.outbox, exports.audit"))
        self.store = Store(self.pool)
        self.running: dict[UUID, Export] = {}
        self.kept: dict[tuple[str, str, str], Export] = {}
        self.made: list[UUID] = []

    def run(self, work: Any) -> Any:
        async def awaited() -> Any:
            return await work

        return self.runner.run(awaited())

    def teardown(self) -> None:
        self.run(self.pool.close())
        self.runner.close()

    @rule(school=schools, user=users, key=keys, kind=formats, reuse=st.booleans())
    def start(self, school: str, user: str, key: str | None, kind: Format, reuse: bool) -> None:
        wanted = an_export(institution_id=school, requested_by=user, format=kind)
        earlier = self.kept.get((school, user, key)) if key else None
        duplicate = next((one for one in self.running.values() if reuse and same(one, wanted)), None)
        try:
            made = self.run(self.store.create(wanted, quota=QUOTA, actor=Actor(user), key=key, reuse_running=reuse))
        except IdempotencyKeyReused:
            assert earlier is not None
            assert earlier.format is not kind
        except TooManyExports:
            assert earlier is duplicate is None
            assert self.of(school) == QUOTA
        else:
            if made.replayed:
                assert earlier is not None or duplicate is not None
                assert same(made.export, wanted)
                assert earlier is None or made.export.id == earlier.id
                return
            assert earlier is duplicate is None
            assert self.of(school) < QUOTA
            self.running[wanted.id] = wanted
            self.made.append(wanted.id)
            if key:
                self.kept[school, user, key] = wanted

    @rule(data=st.data())
    def one_ends(self, data: st.DataObject) -> None:
        if self.running:
            ended = self.running.pop(data.draw(st.sampled_from(sorted(self.running))))
            assert self.run(self.store.apply(an_export_completed(export_id=ended.id, exam_id=ended.exam_id)))

    @invariant()
    def each_was_asked_for_once(self) -> None:
        rows = self.run(self.pool.fetch("SELECT export_id FROM exports.outbox"))
        assert Counter(row["export_id"] for row in rows) == Counter(self.made)

    def of(self, school: str) -> int:
        return sum(one.institution_id == school for one in self.running.values())


def same(one: Export, other: Export) -> bool:
    scope = (one.institution_id, one.requested_by) == (other.institution_id, other.requested_by)
    return scope and one.fingerprint() == other.fingerprint()


def test_any_mixture_of_starts_and_ends(database_url: str) -> None:
    Starts.database_url = database_url
    run_state_machine_as_test(
        Starts,
        settings=settings(
            max_examples=30, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
