"""Checks a run's history against the guarantees: the violations and the figures. Pure: no I/O, no clock."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from dev.chaos.history import Fact

ENDS = {"completed": "export.completed.v1", "failed": "export.failed.v1", "cancelled": "export.cancelled.v1"}
OUR_FAULT = frozenset({"internal", "renderer_crashed", "timed_out"})
"""Failures that no fault of a run excuses; a database or storage away for two attempts does excuse its own."""

STUCK_SECONDS = 60.0


@dataclass
class Record:
    """A history, by kind and by export."""

    facts: list[Fact]
    kinds: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[str, Fact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for fact in self.facts:
            self.kinds[fact["kind"]].append(fact)
        self.rows = {row["export"]: row for row in self.kinds["row"]}

    def of(self, kind: str) -> list[Fact]:
        """The facts of one kind."""
        return self.kinds.get(kind, [])

    def by_export(self, kind: str) -> dict[str, list[Fact]]:
        """The facts of one kind for each export."""
        found: dict[str, list[Fact]] = defaultdict(list)
        for fact in self.of(kind):
            found[fact["export"]].append(fact)
        return found


@dataclass(frozen=True)
class Verdict:
    """The violations of guarantees, and what was measured."""

    violations: tuple[str, ...]
    figures: dict[str, object]


def check(facts: Iterable[Fact], *, renders: float) -> Verdict:
    """Judge a run; `renders` is how many renders an export may cost."""
    record = Record(list(facts))
    figures = measure(record)
    violations = [words for rule in RULES for words in rule(record)]
    if float(str(figures["renders an export"])) > renders:
        violations.append(f"{figures['renders an export']} renders an export, more than {renders}")
    return Verdict(tuple(violations), figures)


def promises_are_kept(record: Record) -> Iterator[str]:
    """Each 202 has one row, which has ended, once."""
    ends = record.by_export("transition")
    for fact in record.of("accepted"):
        row = record.rows.get(fact["export"])
        if row is None:
            yield f"{fact['export']}: promised, and there is no row"
        elif row["status"] not in ENDS:
            yield f"{fact['export']}: still {row['status']}"
    for export, found in ends.items():
        if len(found) != 1:
            yield f"{export}: ended {len(found)} times: {[end['after'] for end in found]}"


def a_key_is_one_export(record: Record) -> Iterator[str]:
    """An idempotency key has one export, however often its POST was repeated."""
    asked = {fact["key"] for fact in record.of("asked")}
    keys = Counter(row["key"] for row in record.of("row"))
    for key, times in keys.items():
        if times > 1 or key not in asked:
            yield f"key {key}: {times} exports, {'asked for' if key in asked else 'never asked for'}"


def files_are_whole(record: Record) -> Iterator[str]:
    """The sha256 of a downloaded file is the one of the row."""
    files = record.by_export("file")
    for export, row in record.rows.items():
        got = {fact["sha256"] for fact in files.get(export, [])} | {f["promised"] for f in files.get(export, [])}
        if row["status"] == "completed" and got != {row["sha256"]}:
            yield f"{export}: row {row['sha256']}, downloaded {sorted(got) or 'nothing'}"


def owners_are_told(record: Record) -> Iterator[str]:
    """Each client that was answered 202 is told the end that is in the row."""
    told = record.by_export("told")
    for fact in record.of("accepted"):
        row, heard = record.rows.get(fact["export"]), {end["status"] for end in told.get(fact["export"], [])}
        if row is not None and heard != {row["status"]}:
            yield f"{fact['export']}: {row['status']}, its owner heard {sorted(heard) or 'nothing'}"


def streams_go_forward(record: Record) -> Iterator[str]:
    """SSE ids rise strictly, over every reconnection."""
    for export, frames in record.by_export("frame").items():
        for before, after in pairwise(frames):
            if after["position"] <= before["position"]:
                yield f"{export}: position {after['position']} after {before['position']}"


def subscribers_hear(record: Record) -> Iterator[str]:
    """Another service hears each end, with the row's file; one event id always means the same."""
    heard, bodies = record.by_export("event"), defaultdict(set)
    for export, row in record.rows.items():
        kinds = {(event["type"], event["sha256"]) for event in heard.get(export, [])}
        if row["status"] in ENDS and (ENDS[row["status"]], row["sha256"]) not in kinds:
            yield f"{export}: {row['status']} {row['sha256']}, subscribers heard {sorted(kinds, key=str)}"
    for event in record.of("event"):
        bodies[event["id"]].add(event["sha256"] or event["type"])
    for identity, meanings in bodies.items():
        if len(meanings) > 1:
            yield f"event {identity}: {len(meanings)} different files under one id"


def one_end_is_told(record: Record) -> Iterator[str]:
    """A subscriber hears one end of an export, under one id however often, and its states in their order."""
    for export, events in record.by_export("event").items():
        ends = {(event["type"], event["id"]) for event in events if event["type"] in ENDS.values()}
        if len(ends) > 1:
            yield f"{export}: subscribers heard {len(ends)} ends: {sorted(kind for kind, _ in ends)}"
        first = {event["id"]: event["sequence"] for event in reversed(events)}  # of repeats the first counts
        order = [first[identity] for identity in dict.fromkeys(event["id"] for event in events)]
        for before, after in pairwise(order):
            if after <= before:
                yield f"{export}: subscribers heard sequence {after} after {before}"


def nothing_is_left(record: Record) -> Iterator[str]:
    """No message, no outbox row, no orphaned process."""
    for queue in record.of("queue"):
        if queue["messages"]:
            yield f"queue {queue['name']}: {queue['messages']} messages left"
    for outbox in record.of("outbox"):
        if outbox["rows"]:
            yield f"outbox: {outbox['rows']} rows left"
    for orphan in record.of("orphan"):
        yield f"orphaned process: {orphan['process']}"


def nothing_is_stuck(record: Record) -> Iterator[str]:
    """Every export ends within a minute of the last fault, or of its request where that came later."""
    (quiet,) = record.of("quiet")
    for export, row in record.rows.items():
        since = max(quiet["at"], row["requested"])
        if row["ended"] is None or row["ended"] - since > STUCK_SECONDS:
            yield f"{export}: not ended {STUCK_SECONDS:.0f} s after the last fault"


def nobody_sees_an_error(record: Record) -> Iterator[str]:
    """A client gets broken connections, 429 and 503 and no other error; a process ends only when it is killed."""
    for fact in record.of("refused"):
        yield f"session {fact['session']}: {fact['what']} was answered {fact['status']}"
    for fact in record.of("died"):
        yield f"{fact['service']} ended by itself with status {fact['status']}: {fact['words'][-300:]}"
    for fact in record.of("abandoned"):
        yield f"session {fact['session']}: {fact['words']}"


def failures_are_excused(record: Record) -> Iterator[str]:
    """An export may fail where what it needs stayed away, and for no other reason."""
    for export, row in record.rows.items():
        if row["status"] == "failed" and row["code"] in OUR_FAULT:
            yield f"{export}: failed as {row['code']}"


def every_fault_fired(record: Record) -> Iterator[str]:
    """Every fault of the schedule really happened: one that did not proves nothing."""
    for fact in record.of("healed"):
        if not fact["fired"]:
            yield f"{fact['fault']} of {fact['target']} ({fact['detail']}) did not happen"
    if len(record.of("healed")) != len(record.of("fault")):
        yield f"{len(record.of('fault'))} faults begun, {len(record.of('healed'))} healed"
    caught = Counter(fact["failpoint"] for fact in record.of("fired"))
    for detail, times in Counter(fact["detail"] for fact in record.of("healed") if fact["fault"] == "trap").items():
        if caught[detail] < times:
            yield f"failpoint {detail} was to fire {times} times, its log says {caught[detail]}"


RULES: tuple[Callable[[Record], Iterator[str]], ...] = (
    promises_are_kept,
    a_key_is_one_export,
    files_are_whole,
    owners_are_told,
    streams_go_forward,
    subscribers_hear,
    one_end_is_told,
    nothing_is_left,
    nothing_is_stuck,
    nobody_sees_an_error,
    failures_are_excused,
    every_fault_fired,
)


def measure(record: Record) -> dict[str, object]:
    """What happened in a run, counted and timed."""
    (quiet,) = record.of("quiet")
    rows = list(record.rows.values())
    late = [row["ended"] - quiet["at"] for row in rows if row["ended"] is not None]
    recovered = list(_recoveries(record))
    return {
        "exports": len(rows),
        "by format": dict(Counter(fact["format"] for fact in record.of("accepted"))),
        "by end": dict(Counter(row["status"] for row in rows)),
        "failed as": dict(Counter(row["code"] for row in rows if row["status"] == "failed")),
        "faults": dict(Counter(fact["fault"] for fact in record.of("healed") if fact["fired"])),
        "kill -9": dict(_kills(record)),
        "failpoints": dict(Counter(fact["failpoint"] for fact in record.of("fired"))),
        "renders an export": round(len(record.of("attempt")) / max(len(rows), 1), 3),
        "last end after last fault, s": round(max([0.0, *late]), 1),
        "an export of a killed renderer begun again, s": [round(median(recovered), 2), round(max(recovered), 2)]
        if recovered
        else [],
        "events heard": len(record.of("event")),
        "frames": len(record.of("frame")),
    }


def _kills(record: Record) -> Counter[str]:
    kills: Counter[str] = Counter()
    for fact in record.of("healed"):
        if fact["fired"] and (fact["fault"] in ("kill", "trap", "worker") or fact["detail"] == "kill"):
            name = "worker" if fact["fault"] == "worker" else fact["target"].partition("-")[0]
            kills[name] += 2 if fact["fault"] == "trap" else 1
    return kills


def _recoveries(record: Record) -> Iterator[float]:
    """For each export under way in a renderer that was killed: how long until a renderer began it again."""
    ended = {row["export"]: row["ended"] or 0.0 for row in record.of("row")}
    attempts = record.by_export("attempt")
    for death in [*record.of("fault"), *record.of("fired")]:
        victim = death.get("target") or death["service"]
        if not victim.startswith("renderer") or death.get("fault", "kill") not in ("kill", "trap"):
            continue
        for export, begun in attempts.items():
            before = [one for one in begun if one["at"] < death["at"]]
            after = [one["at"] for one in begun if one["at"] > death["at"]]
            if before and after and before[-1]["service"] == victim and ended.get(export, 0.0) > death["at"]:
                yield min(after) - death["at"]
