"""Numbers that JSON has no place for are texts to the parser; everything else comes through as it is, in any blocks."""

import io
import json
import time
from typing import Any

import ijson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.renderer.exam.repaired_json import RepairedJson

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text('aN"\\1e999Infity', max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def through(data: bytes, size: int) -> bytes:
    file, read = RepairedJson(io.BytesIO(data)), b""
    while block := file.read(size):
        read += block
    return read


def finite(value: Any) -> Any:
    """The value with a text in the place of what is no finite number."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value)
    if isinstance(value, float):
        return value if abs(value) < float("inf") else "NaN"
    if isinstance(value, list):
        return [finite(inner) for inner in value]
    return {key: finite(inner) for key, inner in value.items()} if isinstance(value, dict) else value


@given(VALUES, st.integers(1, 80), st.booleans())
def test_what_a_program_wrote_is_read(value: Any, size: int, ascii_only: bool) -> None:
    written = json.dumps(value, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    assert json.loads(through(written, size)) == finite(value)


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "Infinity", "1e999", "-1.5E+400", "2e0309"])
@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_a_number_without_a_value_is_a_text(number: str, size: int) -> None:
    written = f'{{"a": [{number},{number}], "{number}": "{number} \\\\\\" {number}", "b": 1e300}}'.encode()
    expected = written.replace(f"[{number},{number}]".encode(), b'["NaN","NaN"]')
    assert through(written, size) == expected


@pytest.mark.parametrize("digits", [19, 20, 30, 308, 309, 310, 399, 400, 401, 5_000])
@pytest.mark.parametrize("size", [1, 7, 400, 10_000])
def test_a_whole_number_that_no_parser_holds_is_read(digits: int, size: int) -> None:
    number = "9" * digits
    written = f'{{"a": [{number},-{number}], "b": 1, "c": "{number}", "d": {number}.5, "e": 0.{number}}}'.encode()
    read = json.loads(through(written, size))
    assert (read["b"], read["c"]) == (1, number)
    value = float(number)
    assert read["a"] == ([value, -value] if value < float("inf") else ["NaN", "NaN"])
    assert read["d"] == ("NaN" if value == float("inf") else value)
    assert 0 < read["e"] <= 1
    [parsed] = ijson.items(io.BytesIO(through(written, size)), "", use_float=True)
    assert parsed == read


@pytest.mark.parametrize("hostile", [b"1", b"1.", b"-", b"1e", b"\\", b'"', b"N", b"1e99"])
def test_hostile_files_take_no_time(hostile: bytes) -> None:
    begin = time.process_time()
    through(hostile * 300_000, 65_536)
    assert time.process_time() - begin < 5


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (r"a\ud83db", "a\ufffeb"),
        (r"\ude00", "\ufffe"),
        (r"\ud83d\ud83d\ude00", "\ufffe😀"),
        (r"\uD83D\uDE00", "😀"),
        (r"\\ud83d", r"\ud83d"),
        (r"\ud83d", "\ufffe"),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 4096])
def test_half_a_surrogate_pair_is_a_noncharacter(typed: str, read: str, size: int) -> None:
    assert json.loads(through(f'{{"a": "{typed}"}}'.encode(), size)) == {"a": read}
