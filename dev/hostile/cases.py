"""Kinds of input that are tried one by one in this process: how a case is made, and what must hold of it.

A case is bytes, so that any can be kept as a file. A check returns where the case was taken or refused as it may be,
and raises anything else where it was not.
"""

import io
import json
import tempfile
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from math import isfinite, isnan
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from contracts.envelope import PREFIX, UnreadableMessage, attempt_of, parse, subject
from contracts.graded_exam import GradedExam
from contracts.options import ReportOptions
from contracts.states import Format
from dev.hostile import documents, exams
from dev.hostile.contents import expression
from dev.hostile.mutating import SCALARS, mutated, mutated_bytes, mutated_json
from dev.hostile.seeds import EVENTS, NAMES, SIGNS
from services.common.content_disposition import content_disposition
from services.renderer.assembly import Assembler, DocumentInfo
from services.renderer.assembly.segments import MalformedSegment
from services.renderer.content.graphs.expressions import ExpressionError, compile
from services.renderer.grading.marks import mark_copy
from services.renderer.language.french import FRENCH
from services.renderer.language.names import filename
from services.renderer.limits import Limits
from services.renderer.workers.results import DamagedResult, TypesetSegment, decode, encode

LONGEST_NAME = 255
"""Bytes that a file system takes for a name."""

AT = datetime(2026, 1, 20, tzinfo=UTC)


@dataclass(frozen=True)
class Kind:
    """A kind of input: `make` a case from a generator, `check` it."""

    name: str
    make: Callable[[Random], bytes]
    check: Callable[[bytes], None]


def check_expression(case: bytes) -> None:
    """A function has a finite value or none everywhere, or is refused."""
    try:
        function = compile(case.decode("utf-8", "surrogatepass"))
    except ExpressionError:
        return
    for x in (0.0, 1.0, -1.0, 0.5, 1e-300, -1e300, 1e300, 170.5, float("inf"), float("nan")):
        value = function(x)
        assert isnan(value) or isfinite(value), value


def check_name(case: bytes) -> None:
    """A title gives a file name that every system takes, and a header of one line."""
    name = filename(case.decode("utf-8", "surrogatepass"), Format.PDF, AT, FRENCH.files)
    assert 0 < len(name.encode()) <= LONGEST_NAME, name
    assert not set(name) & set('/\\:*?"<>|'), name
    assert not any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for sign in name), name
    assert name[0] not in ".- ", name
    header = content_disposition(name)
    assert header.isascii(), header
    assert header.isprintable(), header


def _event(random: Random) -> bytes:
    kind, body = random.choice(list(EVENTS.items()))
    said = {
        "id": _uuid(random),
        "source": "correcta-exports/gateway",
        "type": kind,
        "time": AT,
        "subject": _uuid(random),
    }
    headers: Any = {f"{PREFIX}{name}": str(value) for name, value in said.items()}
    if random.random() < 0.3:
        headers = mutated_json(random, headers)
    if isinstance(headers, dict):
        headers["x-attempt"] = random.choice(SCALARS)
    changed = mutated_json(random, body)
    text = json.dumps(changed)
    if random.random() < 0.3:
        text = mutated(random, text, (*SIGNS, "{", "}", "[", '"', ",", "1e999", "NaN"))
    return json.dumps({"headers": headers, "body": text}).encode()


def _uuid(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)


def check_event(case: bytes) -> None:
    """A message is an event, or unreadable."""
    message = json.loads(case)
    headers = message["headers"] if isinstance(message["headers"], dict) else {}
    attempt_of(headers)
    subject(headers)
    try:
        envelope = parse(headers, message["body"].encode("utf-8", "surrogatepass"))
    except UnreadableMessage:
        return
    assert envelope.event.type == headers[f"{PREFIX}type"]


@cache
def _result() -> bytes:
    """The result file of a small copy, as a worker leaves it."""
    from services.renderer.assembly import pack  # the typesetter need not be loaded for the other kinds
    from services.renderer.typesetting.typesetter import Typesetter

    exam = GradedExam.model_validate(exams.of_answers(["x = 1", "$x^2$ et \\(y\\)", [exams.table("a")]]))
    (copy,) = exam.submissions
    typeset = Typesetter(exam, ReportOptions(), Limits()).copy(copy, mark_copy(exam.exam, copy), {})
    return encode(TypesetSegment(pack(typeset.pdf), typeset.pages))


def _segment(random: Random) -> bytes:
    """A result file with changed bytes, or a changed segment in a result file whose checksum is right."""
    if random.random() < 0.5:
        return mutated_bytes(random, _result())
    result = decode(_result())
    head, _, rest = result.segment.partition(b"\n")
    index = mutated_json(random, json.loads(head))
    segment = json.dumps(index).encode() + b"\n" + rest
    return encode(TypesetSegment(segment, result.pages))


def check_segment(case: bytes) -> None:
    """A segment is refused, or the document with it between two others is sound."""
    try:
        segment = decode(case).segment
    except DamagedResult:
        return
    good = decode(_result()).segment
    file = io.BytesIO()
    assembler = Assembler(file)
    assembler.add(good)
    try:
        assembler.add(segment)
    except MalformedSegment:
        return
    assembler.add(good)
    assembler.finish(DocumentInfo(title="x", language="fr", as_of=AT))
    with tempfile.NamedTemporaryFile(suffix=".pdf") as written:
        written.write(file.getvalue())
        written.flush()
        faults = documents.faults(Path(written.name))
    assert not faults, faults


def _expression(random: Random) -> bytes:
    return expression(random).encode("utf-8", "surrogatepass")


def _name(random: Random) -> bytes:
    return mutated(random, random.choice(NAMES), (*SIGNS, *NAMES)).encode("utf-8", "surrogatepass")


KINDS = {
    kind.name: kind
    for kind in (
        Kind("expression", _expression, check_expression),
        Kind("name", _name, check_name),
        Kind("event", _event, check_event),
        Kind("segment", _segment, check_segment),
    )
}
"""Every kind by its name."""
