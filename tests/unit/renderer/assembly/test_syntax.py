"""References are moved; what merely looks like one in a string is not, whoever wrote the string."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.renderer.assembly.syntax import array, has_references, references, relocate, text_string

TABLE = [b"moved %d" % number for number in range(100)]


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        (b"<< /A 1 0 R /B [ 2 0 R 3 0 R ] >>", b"<< /A moved 1 /B [ moved 2 moved 3 ] >>"),
        (b"<< /Alt (see 5 0 R) /P 6 0 R >>", b"<< /Alt (see 5 0 R) /P moved 6 >>"),
        (rb"<< /Alt (a \) 5 0 R \( b) /P 6 0 R >>", rb"<< /Alt (a \) 5 0 R \( b) /P moved 6 >>"),
        (rb"<< /Alt (ends in a backslash \\) /P 6 0 R >>", rb"<< /Alt (ends in a backslash \\) /P moved 6 >>"),
        (b"<< /N 12 /M 3.5 /S (x) >>", b"<< /N 12 /M 3.5 /S (x) >>"),
        (b"[ 10 0 R 7 0 R ]", b"[ moved 10 moved 7 ]"),
    ],
)
def test_relocate(text: bytes, moved: bytes) -> None:
    assert relocate(text, TABLE) == moved


@given(st.text(max_size=40))
def test_no_string_is_ever_changed(text: str) -> None:
    escaped = text.encode("latin-1", "replace")
    for special in (b"\\", b"(", b")"):
        escaped = escaped.replace(special, b"\\" + special)
    literal = b"(" + escaped + b")"
    assert relocate(b"<< /T " + literal + b" /P 4 0 R >>", TABLE) == b"<< /T " + literal + b" /P moved 4 >>"


def test_reading_references() -> None:
    assert references(b"[ 3 0 R 14 0 R ]") == [3, 14]
    assert has_references(b"<< /P 3 0 R >>")
    assert not has_references(b"<< /T (3 0 R) >>")


def test_writing() -> None:
    assert array([b"1 0 R", b"2 0 R"]) == b"[ 1 0 R 2 0 R ]"
    assert text_string("é") == b"<feff00e9>"
