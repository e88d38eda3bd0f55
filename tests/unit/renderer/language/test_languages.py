"""A language is one value and one line of a registry; nothing outside this package asks which one it is."""

import ast
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from contracts.options import Language
from services.renderer.language.english import ENGLISH
from services.renderer.language.french import FRENCH
from services.renderer.language.languages import words_in, words_of_locale
from services.renderer.language.words import FailureWords, Words
from tests.texts import texts_of

RENDERER = Path(__file__).parents[4] / "services" / "renderer"
CHOICES = (ast.Compare, ast.IfExp, ast.Dict, ast.MatchValue)


@pytest.mark.parametrize("language", list(Language))
def test_each_language_has_its_words(language: Language) -> None:
    assert words_in(language).language is language


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("fr_FR.UTF-8", FRENCH),
        ("fr", FRENCH),
        ("FR-be", FRENCH),
        ("en_GB.UTF-8", ENGLISH),
        ("C.UTF-8", ENGLISH),
        ("fro", ENGLISH),
        ("", ENGLISH),
    ],
)
def test_a_locale_asks_for_a_language(locale: str, words: Words) -> None:
    assert words_of_locale(locale) is words


def test_a_third_language_is_told_what_it_lacks() -> None:
    with pytest.raises(TypeError, match=r"missing .*'colon'.*'front'.*'graphs'"):
        Words(language=Language.EN, decimal_sign=".")  # type: ignore[call-arg]  # what is missing is the point
    texts = {field.name: "…" for field in fields(FailureWords) if field.name not in ("no_copies", "timed_out")}
    with pytest.raises(TypeError, match=r"missing 2 .*'no_copies' and 'timed_out'"):
        FailureWords(**texts)


def test_what_a_language_left_in_another_is_found() -> None:
    half = replace(ENGLISH, graphs=FRENCH.graphs)
    same = {path for path, text in texts_of(half) if text == dict(texts_of(FRENCH))[path]}
    assert {"graphs.axes", "graphs.areas.polygon"} <= same


def _asks_which(tree: ast.AST) -> Iterator[int]:
    """The lines on which a program chooses by language."""
    for node in ast.walk(tree):
        if isinstance(node, CHOICES):
            for inner in ast.walk(node):
                member = isinstance(inner, ast.Attribute) and ast.unparse(inner.value) == "Language"
                if member or (isinstance(inner, ast.Constant) and inner.value in list(Language)):
                    yield node.lineno


@pytest.mark.parametrize(
    "source",
    [
        "x if language is Language.FR else y",
        "{Language.FR: 'x', Language.EN: 'y'}",
        "language == 'fr'",
        "match language:\n    case Language.FR:\n        pass",
    ],
)
def test_a_choice_by_language_is_seen(source: str) -> None:
    assert list(_asks_which(ast.parse(source)))


def test_only_this_package_chooses_by_language() -> None:
    sources = [path for path in RENDERER.rglob("*.py") if path.parent.name != "language"]
    assert len(sources) > 80
    found = [
        f"{path.relative_to(RENDERER)}:{line}"
        for path in sources
        for line in _asks_which(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []
