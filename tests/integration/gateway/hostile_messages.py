"""A corpus of forged and broken messages, none of which may change a row, a file or a neighbour.

It is made as somebody would who may publish anywhere and holds the keys of a renderer and of storage, but not the
gateway's: where nothing else is said, a message bears the signature of the role that publishes its type, so that what
is wrong with it has to be seen in it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aio_pika.abc import AbstractChannel
from pamqp.commands import Basic

from contracts.envelope import ATTEMPT_HEADER, PREFIX, Envelope, source_of
from contracts.events import (
    AnyEvent,
    ExportCancelled,
    ExportCompleted,
    ExportExpired,
    ExportFailed,
    ExportRequested,
    StoredFile,
)
from contracts.signatures import SIGNATURE_HEADER, Signature, Unsignable, parse_signature
from contracts.states import FailureCode
from contracts.topology import Queue, Role, Topology
from services.common.signing import Signer
from services.common.signing_keys import new_keys
from tests.builders import AS_OF, an_export_progress

STREAMS = ("progress", "cancellations")
HUGE = "x" * 100_000
FOREIGN = {"institutionId": "another-school", "examId": "another-exam", "requestedBy": "another-teacher"}


class Raw(str):
    """Text whose encoding is these bytes."""

    encoded: bytes

    def __new__(cls, encoded: bytes) -> "Raw":
        """The bytes as they are, whether they are UTF-8 or not."""
        made = super().__new__(cls, encoded.decode("latin-1"))
        made.encoded = encoded
        return made

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """The bytes."""
        return self.encoded


class Milliseconds(datetime):
    """A moment that no `datetime` can be."""

    value: int

    def __new__(cls, value: int) -> "Milliseconds":
        """So many milliseconds after 1970."""
        made = super().__new__(cls, 2026, 1, 1, tzinfo=UTC)
        made.value = value
        return made

    def timestamp(self) -> float:
        """The number that is sent."""
        return self.value


@dataclass(frozen=True)
class Hostile:
    """One message. `queue` is the topology's property for the queue it is meant for. One that is `unsigned` is let
    through, and may do what it says, where signatures are not required.
    """

    name: str
    queue: str
    headers: Mapping[str, Any]
    body: bytes
    unsigned: bool = False
    timestamp: datetime | None = None


@dataclass(frozen=True)
class Victims:
    """What exists: one export that runs, one that has a file, and the keys that the forger holds."""

    running: ExportRequested
    completed: ExportCompleted
    keys: Mapping[Role, str]
    strangers: Mapping[Role, str] = field(default_factory=new_keys)

    def signer(self, role: Role | None) -> Signer:
        """The signer with a role's key, or with none."""
        return Signer(None if role is None else self.keys[role])


@dataclass(frozen=True)
class Sample:
    """A valid event about a victim, its queue, and the role that may sign it; None where that is the gateway,
    whose key nobody else has.
    """

    event: AnyEvent
    queue: str
    role: Role | None

    @property
    def name(self) -> str:
        """Its type, short."""
        return self.event.type.removeprefix("export.").removesuffix(".v1")

    @property
    def document(self) -> dict[str, Any]:
        """The event's JSON."""
        return dict(json.loads(self.event.to_json()))

    @property
    def headers(self) -> dict[str, str]:
        """The event's attributes."""
        return Envelope(uuid4(), source_of(self.role or Role.GATEWAY), AS_OF, self.event).headers()


def corpus(victims: Victims) -> list[Hostile]:
    """All of it."""
    samples = samples_of(victims)
    found = [
        *(each for sample in samples if sample.role for each in _false_claims(victims, sample)),
        *(each for sample in samples if sample.role for each in _malformed_fields(victims, sample)),
        *(each for sample in samples for each in _malformed_bodies(victims, sample)),
        *(each for sample in samples for each in _malformed_attributes(victims, sample)),
        *(each for sample in samples for each in _forged(victims, sample)),
        *_retries(victims),
        *_late(victims),
        *_undecodable(samples),
    ]
    names = [each.name for each in found]
    assert not (twice := {name for name in names if names.count(name) > 1}), twice
    return found


def samples_of(victims: Victims) -> list[Sample]:
    """A valid event of each type about the victims."""
    running, identity = victims.running, victims.running.identity
    return [
        Sample(victims.completed.model_copy(update={**identity, "file": _file_of(victims)}), "outcomes", Role.RENDERER),
        Sample(
            ExportFailed(**identity, attempt=1, code=FailureCode.INTERNAL, message="x", failed_at=AS_OF),
            "outcomes",
            Role.RENDERER,
        ),
        Sample(
            ExportExpired(**victims.completed.identity, key=victims.completed.file.key, expired_at=AS_OF),
            "outcomes",
            Role.STORAGE,
        ),
        Sample(an_export_progress(export_id=running.export_id), "progress", Role.RENDERER),
        Sample(running, "requests", None),
        Sample(ExportCancelled(**identity, cancelled_at=AS_OF), "cancellations", None),
    ]


def _file_of(victims: Victims) -> StoredFile:
    file = victims.completed.file
    return file.model_copy(update={"key": f"{victims.running.export_id}/{file.sha256}"})


def _made(
    victims: Victims, sample: Sample, what: str, document: object, headers: Mapping[str, Any] | None = None
) -> Hostile:
    """A message with this document as its body, signed as its type is."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    about = dict(sample.headers if headers is None else headers)
    return Hostile(f"{sample.name}: {what}", sample.queue, victims.signer(sample.role).signed(about, body), body)


def _false_claims(victims: Victims, sample: Sample) -> Iterator[Hostile]:
    """What contradicts the row."""
    document, nobody = sample.document, str(uuid4())
    subject = {**sample.headers, f"{PREFIX}subject": nobody}
    yield _made(victims, sample, "an export that is nobody's", {**document, "exportId": nobody}, subject)
    for name in document.keys() & FOREIGN.keys():
        yield _made(victims, sample, f"a foreign {name}", {**document, name: FOREIGN[name]})
    if "institutionId" in document:
        yield _made(victims, sample, "everything foreign", {**document, **FOREIGN})
        other, its = victims.completed.export_id, victims.running.export_id
        other = its if document["exportId"] == str(other) else other
        yield _made(
            victims, sample, "the subject of another", document, {**sample.headers, f"{PREFIX}subject": str(other)}
        )
    if sample.name == "completed":
        yield _made(victims, sample, "another format", {**document, "format": "csv"})
        for number, key in enumerate(_false_keys(document["exportId"], victims.completed.file.sha256)):
            yield _made(victims, sample, f"false key {number}", {**document, "file": {**document["file"], "key": key}})
    if sample.name == "expired":
        for number, other_key in enumerate((*_false_keys(document["exportId"], document["key"][-64:]), None)):
            yield _made(victims, sample, f"false key {number}", {**document, "key": other_key})


def _false_keys(export_id: str, sha256: str) -> Iterator[str]:
    yield from ("", "..", "../metrics", "..%2fmetrics", "%2e%2e%2fmetrics", "%252e%252e%252fmetrics", "/metrics")
    yield from (
        f"{export_id}/../../metrics",
        f"{export_id}/",
        sha256,
        f"/{export_id}/{sha256}",
        f"{export_id}//{sha256}",
    )
    yield from (
        f"{export_id}/{'cd' * 32}",
        f"{uuid4()}/{sha256}",
        f"{export_id}/{sha256.upper()}",
        f"{export_id}/{sha256}?",
    )
    yield from (f"{export_id}/{sha256}\0", f"{export_id}%2f{sha256}", f"http://127.0.0.1/{export_id}/{sha256}")
    yield from (f"{export_id.replace('-', '')}/{sha256}", f"{{{export_id}}}/{sha256}", f"{export_id}/{sha256}\r\nX: y")


TEXTS: tuple[object, ...] = (None, 7, [], {}, "", HUGE, "a\0b", "\x1b[2J", "\ud800")
NUMBERS: tuple[object, ...] = (None, "many", [], -1, 1.5, 2**31, 2**40, 2**63, 10**400, float("nan"), float("inf"))
MOMENTS: tuple[object, ...] = (None, [], "yesterday", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00", HUGE)
IDS: tuple[object, ...] = (None, 7, [], "", "x", HUGE, "\ud800")
WORDS: tuple[object, ...] = (None, 7, [], {})
WRONG_VALUES: Mapping[str, tuple[object, ...]] = {
    "exportId": IDS,
    **dict.fromkeys(FOREIGN, TEXTS),
    "attempt": (*NUMBERS, 0),
    **dict.fromkeys(("sequence", "processed", "total", "attemptCount"), NUMBERS),
    "percent": (*NUMBERS, 101),
    **dict.fromkeys(("at", "startedAt", "completedAt", "failedAt", "expiredAt", "cancelledAt"), MOMENTS),
    **dict.fromkeys(("code", "phase"), WORDS),
    "format": (*WORDS, "docx", HUGE),
    "message": WORDS,
    "file": (None, [], "x", {}),
}


def _malformed_fields(victims: Victims, sample: Sample) -> Iterator[Hostile]:
    """A field of the body that is missing or holds what it can't hold."""
    document = sample.document
    said = {name for name, value in document.items() if value is not None}
    for name in said & WRONG_VALUES.keys():
        without = {other: value for other, value in document.items() if other != name}
        yield _made(victims, sample, f"no {name}", without)
        for number, value in enumerate(WRONG_VALUES[name]):
            yield _made(victims, sample, f"{name} {number}: {str(value)[:20]!r}", {**document, name: value})
    if sample.name == "completed":
        file = document["file"]
        for name, values in {
            "key": (None, 7),
            "sha256": (None, "../metrics", "AB" * 32),
            "size": (None, "many", -1, 1.5, 2**63, float("nan")),
        }.items():
            for number, value in enumerate(values):
                yield _made(victims, sample, f"file.{name} {number}", {**document, "file": {**file, name: value}})


def _malformed_bodies(victims: Victims, sample: Sample) -> Iterator[Hostile]:
    """A body that is no event."""
    good = sample.event.to_json()
    twice = f'{{"exportId":"{uuid4()}",'.encode() + good[1:]
    bodies = {
        "nothing": b"",
        "no JSON": b"<xml/>",
        "half": good[: len(good) // 2],
        "an array": b"[" + good + b"]",
        "a text": json.dumps(good.decode()).encode(),
        "two documents": good + good,
        "a member twice": twice,
        "the same member twice, the true one last": good[:-1] + b',"exportId":' + good[12:50] + b"}",
        "no UTF-8": good.replace(b"{", b'{"\xff":1,', 1),
        "UTF-16": good.decode().encode("utf-16"),
        "nested": b"[" * 100_000,
        "a nested member": good[:-1] + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "long": good[:-1] + b" " * 3_000_000 + b"}",
        "zeros": bytes(1000),
    }
    for what, body in bodies.items():
        if sample.role is None:
            yield _unsigned(sample, what, sample.headers, body)
        else:
            yield _made(victims, sample, what, body)


def _unsigned(sample: Sample, what: str, headers: Mapping[str, Any], body: bytes) -> Hostile:
    return Hostile(f"{sample.name}: unsigned, {what}", sample.queue, headers, body, unsigned=True)


def _malformed_attributes(victims: Victims, sample: Sample) -> Iterator[Hostile]:
    """An envelope that lacks an attribute, has a wrong one, or one that is no text."""
    headers, body = sample.headers, sample.event.to_json()
    needed = [f"{PREFIX}{name}" for name in ("id", "source", "type", "time", "subject")]
    wrong: dict[str, tuple[object, ...]] = {
        "id": ("", "x", HUGE),
        "type": ("", "export.invented.v1", sample.event.type.replace(".v1", ".v2"), _another_type(sample), HUGE),
        "time": ("", "yesterday", HUGE),
        "subject": ("", "x", str(uuid4()), HUGE),
    }
    changed: list[tuple[str, dict[str, Any]]] = []
    for name in needed:
        changed.append((f"no {name}", {other: value for other, value in headers.items() if other != name}))
        changed += [(f"{name} is {kind}", {**headers, name: value}) for kind, value in NO_TEXTS.items()]
    for name, values in wrong.items():
        changed += [(f"{name} {number}", {**headers, f"{PREFIX}{name}": value}) for number, value in enumerate(values)]
    for what, about in changed:
        if sample.role is None:
            yield _unsigned(sample, what, about, body)
        else:
            yield _signed_where_possible(victims, sample, what, about, body)


NO_TEXTS: Mapping[str, object] = {"bytes": Raw(b"\xff"), "a number": 7, "a list": ["x"], "a table": {"x": "y"}}


def _another_type(sample: Sample) -> str:
    return ExportFailed.type if sample.name == "completed" else ExportCompleted.type


def _signed_where_possible(
    victims: Victims, sample: Sample, what: str, headers: Mapping[str, Any], body: bytes
) -> Hostile:
    try:
        signed = victims.signer(sample.role).signed(headers, body)
    except Unsignable:
        other = victims.signer(sample.role).signed(sample.headers, body)
        signed = {**headers, SIGNATURE_HEADER: other[SIGNATURE_HEADER]}
    return Hostile(f"{sample.name}: {what}", sample.queue, signed, body)


def _forged(victims: Victims, sample: Sample) -> Iterator[Hostile]:
    """A valid event that nobody who may has signed as it is."""
    headers, body = sample.headers, sample.event.to_json()
    name, queue = sample.name, sample.queue
    for role in Role:
        if role is not (sample.role or Role.GATEWAY) and role is not Role.GATEWAY:
            yield Hostile(f"{name}: signed by {role}", queue, victims.signer(role).signed(headers, body), body)
    for stranger, private in victims.strangers.items():
        yield Hostile(
            f"{name}: signed by a {stranger} nobody knows", queue, Signer(private).signed(headers, body), body
        )
    signed = Signer(victims.keys[sample.role or Role.RENDERER]).signed(headers, body)
    signature = parse_signature(signed[SIGNATURE_HEADER])
    texts: dict[str, object] = {
        "empty": "",
        "words": "trust me",
        "no algorithm": signed[SIGNATURE_HEADER].replace("ed25519", "none"),
        "zeros": str(Signature(signature.key_id, bytes(64))),
        "cut": signed[SIGNATURE_HEADER][:-1],
        "padded": signed[SIGNATURE_HEADER] + "==",
        "the key's alone": signature.key_id,
        "of another message": Signer(victims.keys[Role.RENDERER]).signed(headers, b"{}")[SIGNATURE_HEADER],
        "huge": "ed25519:" + HUGE,
        **NO_TEXTS,
    }
    for what, text in texts.items():
        dropped = queue in STREAMS and what in NO_TEXTS  # a stream keeps no header of such a type
        yield Hostile(f"{name}: a signature that is {what}", queue, {**headers, SIGNATURE_HEADER: text}, body, dropped)
    for attribute in ("id", "source", "time", "subject"):
        about = {
            **signed,
            f"{PREFIX}{attribute}": str(uuid4()) if attribute in ("id", "subject") else f"{AS_OF:%FT%TZ}x",
        }
        yield Hostile(f"{name}: {attribute} changed after signing", queue, about, body)
    yield Hostile(f"{name}: an attribute more after signing", queue, {**signed, f"{PREFIX}admin": "true"}, body)
    yield Hostile(f"{name}: the body changed after signing", queue, signed, body + b" ")
    yield _unsigned(sample, "as it should be", headers, body)


def _retries(victims: Victims) -> Iterator[Hostile]:
    """Attempts at the running export that no renderer was told to make."""
    [sample] = [each for each in samples_of(victims) if each.name == "requested"]
    body, made_up = sample.event.to_json(), victims.signer(Role.RENDERER).signed(sample.headers, sample.event.to_json())
    for queue in ("requests", "dead"):
        for attempt in ("2", "02", "0", "-1", "999999999999", "²", 2):
            about = {**sample.headers, ATTEMPT_HEADER: attempt}
            yield Hostile(f"{queue}: unsigned attempt {attempt!r}", queue, about, body, unsigned=True)
            again = victims.signer(Role.RENDERER).signed_again({**made_up, ATTEMPT_HEADER: "2"}, body)
            yield Hostile(
                f"{queue}: a renderer's own attempt {attempt!r}", queue, {**again, ATTEMPT_HEADER: attempt}, body
            )
        only = {name: value for name, value in again.items() if name != SIGNATURE_HEADER}
        yield Hostile(f"{queue}: a second signature alone", queue, only, body)


def _late(victims: Victims) -> Iterator[Hostile]:
    """Events that were true once, or would have been: after the end, twice, out of order."""
    done = victims.completed
    other = done.file.model_copy(update={"sha256": "cd" * 32, "key": f"{done.export_id}/{'cd' * 32}"})
    failed = ExportFailed(**done.identity, attempt=2, code=FailureCode.INTERNAL, message="x", failed_at=AS_OF)
    progress = an_export_progress(export_id=done.export_id, attempt=2, sequence=2**31 - 1, percent=100)
    late: dict[str, tuple[AnyEvent, str]] = {
        "completed once more": (done, "outcomes"),
        "another file of a completed export": (done.model_copy(update={"file": other}), "outcomes"),
        "a failure of a completed export": (failed, "outcomes"),
        "progress of a completed export": (progress, "progress"),
        "the first progress of an export that is further": (
            an_export_progress(export_id=victims.running.export_id, sequence=0, percent=0),
            "progress",
        ),
    }
    for what, (event, queue) in late.items():
        yield _made(victims, Sample(event, queue, Role.RENDERER), f"late, {what}", event.to_json())
    never = ExportExpired(**victims.running.identity, key=None, expired_at=AS_OF)
    yield _made(victims, Sample(never, "outcomes", Role.STORAGE), "late, of an export without a file", never.to_json())


def _undecodable(samples: list[Sample]) -> Iterator[Hostile]:
    """AMQP properties that a client can't decode; see `services.common.amqp_properties`. A stream makes them good."""
    for sample in samples:
        name, queue, headers, body = sample.name, sample.queue, sample.headers, sample.event.to_json()
        streamed, no_utf8 = queue in STREAMS, {**headers, Raw(b"\xff"): "x"}
        yield Hostile(f"{name}: a header's name that is no UTF-8", queue, no_utf8, body, unsigned=streamed)
        yield Hostile(f"{name}: the year 292,278,994", queue, headers, body, streamed, Milliseconds(2**63))


async def publish(channel: AbstractChannel, topology: Topology, message: Hostile) -> None:
    """Publish a message to the exchange of its queue, whatever its properties are."""
    queue: Queue = getattr(topology, message.queue)
    properties = Basic.Properties(headers=dict(message.headers), timestamp=message.timestamp)
    await (await channel.get_underlay_channel()).basic_publish(
        message.body, exchange=queue.exchange, routing_key=queue.routing_keys[0], properties=properties
    )
