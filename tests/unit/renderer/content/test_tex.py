"""TeX source in tokens: nothing is lost, braces match at any depth, and no source takes more than linear time."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.renderer.content.tex import Tokens, structure, tokens

SOURCES = st.lists(st.sampled_from(["\\", "{", "}", "[", "]", "$", "\n", " ", "a", "1", "*", "é"])).map("".join)


@given(SOURCES)
def test_joined_tokens_are_the_source(source: str) -> None:
    assert "".join(tokens(source)) == source


@given(SOURCES)
def test_structure_is_the_tokens_that_are_no_characters(source: str) -> None:
    found = list(structure(source))
    assert all(source.startswith(token, start) for start, token in found)
    special = [token for token in tokens(source) if token in "{}$" or token[0] == "\\"]
    assert [token for _, token in found if token[0] != "\n"] == special


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"\frac12", [r"\frac", "1", "2"]),
        (r"\\left", [r"\\", "l", "e", "f", "t"]),
        (r"\{x\}", [r"\{", "x", r"\}"]),
        ("\\\n", ["\\\n"]),
        ("x\\", ["x", "\\"]),
    ],
)
def test_a_control_sequence_is_one_token(source: str, expected: list[str]) -> None:
    assert tokens(source) == expected


@pytest.mark.parametrize(
    ("source", "signature", "expected"),
    [
        ("{a}{b}", "mm", ["{a}", "{b}"]),
        (" * [x] {a{b{c{d}}}}", "som", ["*", "[x]", "{a{b{c{d}}}}"]),
        ("{a}", "som", ["", "", "{a}"]),
        (r"{a\}b}", "m", [r"{a\}b}"]),
        ("{a", "m", None),
        ("a{b}", "m", None),
        ("[a", "o", [""]),
        ("", "so", ["", ""]),
    ],
)
def test_arguments_are_found_by_their_signature(source: str, signature: str, expected: list[str] | None) -> None:
    found = Tokens(source)
    arguments = found.arguments(0, signature)
    assert (None if arguments is None else [found.text(*argument) for argument in arguments]) == expected


def test_calls_are_replaced_and_none_inside_another() -> None:
    source = Tokens(r"a\ce{b\ce{c}}\\ce{d}\ce e")
    assert source.replaced(r"\ce".__eq__, "m", str.upper) == r"a\CE{B\CE{C}}\\ce{d}\ce e"
    assert source.replaced(r"\ce".__eq__, "m", str, rest=str.upper) == r"A\ce{b\ce{c}}\\CE{D}\CE E"


@pytest.mark.parametrize("part", ["{", r"\ce{", "[", r"\smash[", "{}", "}"])
def test_time_grows_with_the_length_alone(part: str) -> None:
    source = part * 20_000
    start = time.process_time()
    assert Tokens(source).replaced(r"\ce".__eq__, "om", str) == source
    assert time.process_time() - start < 2
