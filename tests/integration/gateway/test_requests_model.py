"""RequestsMachine against a model: any mixture of users, keys, requests and ends.

A key means one export, a quota is a quota, a share of it a share, and each export that is made is asked of the
renderers exactly once.
"""

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from contracts.states import Format
from services.gateway.errors import IdempotencyKeyReused, TooManyExports, TooManyOwnExports
from services.gateway.exports import Export
from services.gateway.store import Actor, Quota
from tests.builders import an_export_completed
from tests.gateway import an_export
from tests.machines import StoreMachine, run_machine

pytestmark = pytest.mark.integration

QUOTA, SHARE = Quota(3, share_percent=50), 2
schools, users, keys = st.sampled_from("AB"), st.sampled_from("xy"), st.sampled_from([None, "k1", "k2"])
formats = st.sampled_from([Format.PDF, Format.CSV])


class RequestsMachine(StoreMachine):
    """Two schools with two teachers each, who start exports, again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.run(self.pool.execute("TRUNCATE exports.export, exports.outbox, exports.audit"))
        self.running: dict[UUID, Export] = {}
        self.undelivered: dict[UUID, Export] = {}
        self.kept: dict[tuple[str, str, str], Export] = {}
        self.made: list[UUID] = []

    @rule(school=schools, user=users, key=keys, kind=formats, reuse=st.booleans())
    def start(self, school: str, user: str, key: str | None, kind: Format, reuse: bool) -> None:
        wanted = an_export(institution_id=school, requested_by=user, format=kind)
        earlier = self.kept.get((school, user, key)) if key else None
        known = [*self.running.values(), *self.undelivered.values()]
        duplicate = next((one for one in known if reuse and same(one, wanted)), None)
        try:
            made = self.run(self.store.create(wanted, quota=QUOTA, actor=Actor(user), key=key, reuse=reuse))
        except IdempotencyKeyReused:
            assert earlier is not None
            assert earlier.format is not kind
        except TooManyExports:
            assert earlier is duplicate is None
            assert self.of(school) == QUOTA.running
        except TooManyOwnExports:
            assert earlier is duplicate is None
            assert self.of(school) < QUOTA.running
            assert self.of(school, user) == SHARE
        else:
            if made.replayed:
                assert earlier is not None or duplicate is not None
                assert same(made.export, wanted)
                assert earlier is None or made.export.id == earlier.id
                return
            assert earlier is duplicate is None
            assert self.of(school) < QUOTA.running
            assert self.of(school, user) < SHARE
            self.running[wanted.id] = wanted
            self.made.append(wanted.id)
            if key:
                self.kept[school, user, key] = wanted

    @rule(data=st.data())
    def one_ends(self, data: st.DataObject) -> None:
        if self.running:
            ended = self.running.pop(data.draw(st.sampled_from(list(self.running))))
            assert self.run(self.store.apply(an_export_completed(**ended.identity, format=ended.format)))
            self.undelivered[ended.id] = ended

    @rule(data=st.data())
    def one_is_downloaded(self, data: st.DataObject) -> None:
        if self.undelivered:
            sent = self.undelivered.pop(data.draw(st.sampled_from(list(self.undelivered))))
            self.run(self.store.audit("export.downloaded", sent, Actor(sent.requested_by), {}))

    @invariant()
    def each_was_asked_for_once(self) -> None:
        sql = "SELECT export_id FROM exports.outbox WHERE event_type = 'export.requested.v1'"
        rows = self.run(self.pool.fetch(sql))
        assert Counter(row["export_id"] for row in rows) == Counter(self.made)

    def of(self, school: str, user: str | None = None) -> int:
        return sum(one.institution_id == school and user in (one.requested_by, None) for one in self.running.values())


def same(one: Export, other: Export) -> bool:
    scope = (one.institution_id, one.requested_by) == (other.institution_id, other.requested_by)
    return scope and one.fingerprint() == other.fingerprint()


def test_any_mixture_of_starts_and_ends(database_url: str) -> None:
    RequestsMachine.database_url = database_url
    run_machine(RequestsMachine, examples=30, steps=20)
