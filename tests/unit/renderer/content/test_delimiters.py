"""Strings split at their delimiters: what is mathematics, what is money, and that no character is lost either way."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.renderer.content.delimiters import Piece, split
from tests.corpus import FORMULAS


def formulas(text: str) -> list[str]:
    return [piece.source for piece in split(text) if piece.kind != "text"]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Soit $x$ et $y$.", [("text", "Soit "), ("inline", "x"), ("text", " et "), ("inline", "y"), ("text", ".")]),
        ("a $$x^2$$ b", [("text", "a "), ("display", "x^2"), ("text", " b")]),
        (r"a \(x\) b \[y\] c", [("text", "a "), ("inline", "x"), ("text", " b "), ("display", "y"), ("text", " c")]),
        (r"\$5 et \$6", [("text", "$5 et $6")]),
        ("$a$$b$", [("inline", "a"), ("inline", "b")]),
        ("$$a$$$b$", [("display", "a"), ("inline", "b")]),
        (r"$5\$ + x$", [("inline", r"5\$ + x")]),
        (r"$x\\$ fin", [("inline", r"x\\"), ("text", " fin")]),
        (r"$\text{si $x$ vaut} y$ fin", [("inline", r"\text{si $x$ vaut} y"), ("text", " fin")]),
        (
            r"Ainsi \begin{align}a&=b\\c&=d\end{align} fin",
            [("text", "Ainsi "), ("display", r"\begin{align}a&=b\\c&=d\end{align}"), ("text", " fin")],
        ),
        (
            r"\begin{cases}\begin{cases}a\end{cases}\end{cases}",
            [("display", r"\begin{cases}\begin{cases}a\end{cases}\end{cases}")],
        ),
        (r"\begin{itemize}x\end{itemize}", [("text", r"\begin{itemize}x\end{itemize}")]),
        ("$$x\n\n+ y$$", [("display", "x\n\n+ y")]),
        ("", []),
    ],
)
def test_splits_at_each_kind_of_delimiter(text: str, pieces: list[tuple[str, str]]) -> None:
    assert [(piece.kind, piece.source) for piece in split(text)] == pieces


@pytest.mark.parametrize(
    "text",
    [
        "coûte 5$ à 10$",
        "5 $ et 10 $",
        "10\u00a0$ à 20\u202f$ près",
        "entre $5 et $10",
        "$5 ou 10$",
        "5 $US et 10 $US",
        "Si x = 5$ et y = 10$",
        "10$+5$=15$",
        "Il paie $5, soit x=15$ en tout",
        "prix:$5,prix:$6",
        "$ 5, $ 10",
        "10 k$ et 20 k$",
        "10$/h et 12$/h",
        "5$, alors rien",
        "le $ canadien et le $ américain",
        "df$col + df2$col",
        "$HOME et $PATH",
        "5$$ ou 6$$",
        "il a $$ et encore $$ dans sa poche",
    ],
)
def test_money_is_text(text: str) -> None:
    assert formulas(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("coûte 5$, et $x^2$", ["x^2"]),
        ("5$ à 10$ quand $x=3$", ["x=3"]),
        (r"3$\times$4", [r"\times"]),
        ("2$x$+3$y$", ["x", "y"]),
        ("$ x $ et $x $", [" x ", "x "]),
        ("$x=1 ou x=2$", ["x=1 ou x=2"]),
        ("le $n$-ième, $n$ième", ["n", "n"]),
        ("donc$x=2$.", ["x=2"]),
        ("$Aire = base * hauteur$", ["Aire = base * hauteur"]),
        ("$\\int u du$, $u du$, $du/dx$", ["\\int u du", "u du", "du/dx"]),
        ("vaut $5$ points", ["5"]),
    ],
)
def test_formulas_beside_money_and_without_commands_are_formulas(text: str, expected: list[str]) -> None:
    assert formulas(text) == expected


@pytest.mark.parametrize(
    "text", ["$", "$$", "$$$", "a $x b", r"\(x", r"\[x", r"x\)", r"\begin{align}a", "$x\n\ny$", "$ $"]
)
def test_unbalanced_delimiters_stay_text(text: str) -> None:
    assert list(split(text)) == [Piece("text", text)]


def test_every_formula_of_real_exams_is_found_in_a_sentence() -> None:
    written = [latex for latex in FORMULAS if (len(latex) - len(latex.rstrip("\\"))) % 2 == 0]  # else `\$` is a dollar
    assert [latex for latex in written if formulas(f"le résultat ${latex}$ est vrai") != [latex]] == []
    assert [latex for latex in written if formulas(f"On a $${latex}$$ ici") != [latex]] == []


SIGNS = "$ $$ \\$ \\ \\( \\) \\[ \\] { } x 5 à ^ et = , \\text{ \\begin{align} \\end{align}"
PIECES = st.sampled_from([" ", "\n", "\n\n", *SIGNS.split(" ")])


@given(st.lists(PIECES, max_size=40).map("".join))
def test_the_pieces_are_the_string_without_its_delimiters(text: str) -> None:
    rest = text
    for piece in split(text):
        rest = _after(rest, piece)
    assert rest == ""


def _after(rest: str, piece: Piece) -> str:
    """What follows a piece that stands, with its delimiters, at the beginning of `rest`."""
    if piece.kind == "text":
        for character in piece.source:
            rest = rest.removeprefix("\\$" if character == "$" and rest.startswith("\\$") else character)
        return rest
    fences = {"inline": (("$", "$"), (r"\(", r"\)")), "display": (("$$", "$$"), (r"\[", r"\]"), ("", ""))}[piece.kind]
    spelt = [f"{opening}{piece.source}{closing}" for opening, closing in fences]
    found = next((spelling for spelling in spelt if rest.startswith(spelling)), None)
    assert found is not None, (rest, piece)
    return rest.removeprefix(found)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_text_pieces_neither_touch_nor_are_empty(text: str) -> None:
    pieces = list(split(text))
    assert all(piece.source for piece in pieces)
    assert not any(one.kind == other.kind == "text" for one, other in pairwise(pieces))


@pytest.mark.parametrize(
    "unit",
    [
        "$",
        "${",
        "${$}",
        "\\(",
        "\\begin{align}",
        "$a ",
        "{$",
        "$$a",
        "$x{",
        "\\",
        "5$ à ",
        "$\\text{",
        "$a b c\n",
        "{$a ",
    ],
)
def test_a_hostile_string_takes_time_in_proportion_to_its_length(unit: str) -> None:
    assert seconds(unit * (100_000 // len(unit)) + "$}" * 10) < 3  # quadratic work would take minutes


def test_the_longest_answer_of_dollars_is_split_in_time() -> None:
    assert seconds("$" * 400_000) < 10


def seconds(hostile: str) -> float:
    started = time.process_time()
    assert sum(len(piece.source) for piece in split(hostile)) <= len(hostile)
    return time.process_time() - started
