"""Colours never change a program's text, and only come where the language is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.renderer.content.code import language_of, lines, wrapped


def joined(code: str, language: str | None) -> str:
    return "\n".join("".join(text for _, text in line) for line in lines(code, language))


@pytest.mark.parametrize(
    ("code", "about", "language"),
    [
        ("x = 1", "Écrire en Python une fonction", "python"),
        ("x = 1", "Requête SQL", "sql"),
        ("```java\nint x;\n```", "", "java"),
        ("def f(x):\n    return x", "", "python"),
        ("#include <stdio.h>\nint main(void) {}", "", "c"),
        ("SELECT nom FROM eleves", "", "sql"),
        ("x + 1", "Calculer", None),
        ("bonjour", "Le langage de Java-la-Grive est connu", "java"),
    ],
)
def test_the_language_is_read_from_what_is_there(code: str, about: str, language: str | None) -> None:
    assert language_of(code, about) == language


def test_words_are_coloured() -> None:
    assert lines("def f(x):", "python")[0][:3] == (("kw", "def "), ("fn", "f"), ("", "(x):"))


def test_spaces_stand_with_a_word() -> None:
    assert lines("if x:\n    return 0", "python")[1] == (("kw", "    return "), ("nb", "0"))


@given(st.text(), st.sampled_from([None, "python", "java", "sql", "no such language"]))
def test_the_text_is_whole(code: str, language: str | None) -> None:
    assert joined(code, language) == code.replace("\r\n", "\n").replace("\r", "\n")


@given(st.text(alphabet=st.characters(exclude_characters="\n\r")), st.integers(1, 40))
def test_rows_are_short_and_whole(code: str, columns: int) -> None:
    rows = wrapped(lines(code, "python")[0], columns)
    assert "".join(text for row in rows for _, text in row) == code
    assert all(sum(len(text) for _, text in row) <= columns for row in rows)


def test_an_empty_line_is_a_row() -> None:
    assert wrapped((), 10) == ((),)
