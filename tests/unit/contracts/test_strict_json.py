"""JSON of strangers means one thing or nothing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.strict_json import DuplicateName, NotJson, strict_json

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


@given(values, st.booleans())
def test_a_value_is_read_as_it_was_written(value: Any, ascii_only: bool) -> None:
    assert strict_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    "text",
    [
        b'{"classIds":["a"],"classIds":[]}',
        b'{"classIds":["a"],"class\\u0049ds":[]}',
        b'[{"a":{"b":1,"c":2,"b":1}}]',
        b'{"":1,"":1}',
    ],
)
def test_two_members_of_one_name_are_refused(text: bytes) -> None:
    with pytest.raises(DuplicateName):
        strict_json(text)


@given(st.dictionaries(st.text(max_size=8), values, min_size=1, max_size=4), st.data())
def test_a_member_repeated_anywhere_is_noticed(members: dict[str, Any], data: st.DataObject) -> None:
    written = [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in members.items()]
    written.insert(data.draw(st.integers(0, len(written))), f"{json.dumps(data.draw(st.sampled_from([*members])))}:0")
    with pytest.raises(DuplicateName):
        strict_json(f"[{{{','.join(written)}}}]".encode())


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b'"\\ud800"',
        b'{"\\udc00\\ud800":1}',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        "{}".encode("utf-32"),
        '"é"'.encode("latin-1"),
        b'"\xed\xa0\x80"',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"9" * 10_000,
        b"[-1e999]",
        "[٣]".encode(),
        b"[1,]",
        b"[01]",
        b"{'a':1}",
        b'["a\nb"]',
        b"[1] [2]",
        "[1]\u00a0".encode(),
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(NotJson):
        strict_json(text)


@given(st.binary(max_size=100))
def test_any_bytes_are_a_value_or_no_json(text: bytes) -> None:
    try:
        strict_json(text)
    except NotJson:
        return
    json.loads(text)
