"""What travels between renderers is read as it was written: the copy's cache key proves it."""

import hashlib
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.graded_exam import Submission
from contracts.options import Audience, Language, ReportOptions
from services.renderer.exam.zone import in_zone
from services.renderer.fleet.payloads import (
    CopyPayload,
    UnreadablePayload,
    context_payload,
    read_context,
    read_copy,
)
from services.renderer.images.collecting import DrawnFile, Found
from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.limits import Limits
from services.renderer.modes import Typesetting
from services.renderer.workers.cache_keys import CopyKeys, stable_context
from services.renderer.workers.tasks import Context, CopyRequest
from tests.builders import a_submission, an_answer, an_exam, an_exam_header

PICTURE, DRAWING = "ab" * 32, "cd" * 32


def context(title: str = "Algèbre", limits: Limits | None = None, options: ReportOptions | None = None) -> Context:
    header = in_zone(an_exam_header(exam=an_exam(title=title)), ZoneInfo("Asia/Tokyo"))
    return stable_context(Context(header, options or ReportOptions(), limits or Limits(), Typesetting.PLAIN))


def images(folder: Path) -> dict[str, Found]:
    return {
        "https://a.example/é.png?x=1": folder / PICTURE,
        "b.svg": DrawnFile(folder / DRAWING, 3.1),
        "c.png": ImageProblem(Reason.HEIC),
    }


def key(made: Context, payload: CopyPayload) -> str:
    request = CopyRequest("s", 0, Path("spool"), (0, 1), payload.number, payload.images, Path("target"))
    return CopyKeys(made).key(request, payload.digest)


texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)


@given(
    title=texts.filter(str.strip),
    answer=texts,
    number=st.none() | st.integers(1, 5000),
    audience=st.sampled_from(Audience),
    language=st.sampled_from(Language),
    rows=st.integers(1, 10_000),
)
def test_a_helper_has_the_coordinators_key(
    title: str, answer: str, number: int | None, audience: Audience, language: Language, rows: int
) -> None:
    made = context(title, Limits(table_rows=rows), ReportOptions(audience=audience, language=language))
    line = a_submission(an_answer(content=answer)).model_dump_json(by_alias=True).encode() + b"\n"
    payload = CopyPayload(line, number, images(Path("here")))

    read = read_copy(payload.to_bytes(), Path("there"))
    again = read_context(context_payload(made))

    assert key(again, read) == key(made, payload)
    assert read.line == line
    assert read.images.keys() == payload.images.keys()
    assert read.files == {name: Path("there") / name for name in (PICTURE, DRAWING)}
    assert Submission.model_validate_json(read.line).answers[0].content == answer
    assert (again.header, again.options, again.limits, again.typesetting) == (
        made.header,
        made.options,
        made.limits,
        made.typesetting,
    )


def test_the_same_copy_is_the_same_bytes() -> None:
    payload = CopyPayload(b"{}", 3, images(Path("a")))
    mirrored = CopyPayload(b"{}", 3, dict(reversed(images(Path("b")).items())))
    assert payload.to_bytes() == mirrored.to_bytes()
    assert payload.digest == hashlib.sha256(b"{}").digest()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"null\n{}",
        b'{"number":1}\n{}',
        b'{"number":null,"images":{"u":{"kind":"file","sha256":"../../etc/passwd"}}}\n{}',
        b'{"number":null,"images":{"u":{"kind":"problem","reason":"another"}}}\n{}',
        b'{"number":null,"images":{},"run":"this"}\n{}',
        b"\x80\x04\x95\n{}",
    ],
)
def test_what_is_no_copy_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadablePayload):
        read_copy(data, Path("folder"))


@pytest.mark.parametrize("data", [b"", b"{}", b"\x80\x04\x95", b"[" * 10_000])
def test_what_is_no_context_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadablePayload):
        read_context(data)
