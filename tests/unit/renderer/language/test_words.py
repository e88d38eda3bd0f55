"""The report's words: two whole languages, French typography."""

import re
from dataclasses import fields
from datetime import UTC, datetime

import pytest

from contracts.options import Language
from services.renderer.language.words import EN, FR, Words, words


@pytest.mark.parametrize("language", list(Language))
def test_each_language_has_its_words(language: Language) -> None:
    assert words(language).language is language


@pytest.mark.parametrize("spoken", [FR, EN])
def test_no_word_is_empty(spoken: Words) -> None:
    assert all(str(getattr(spoken, field.name)).strip() for field in fields(spoken))


def test_french_signs_do_not_begin_a_line() -> None:
    for field in fields(FR):
        assert not re.search(r" [:;!?»]|« ", str(getattr(FR, field.name))), field.name


def test_dates_are_the_schools() -> None:
    moment = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    assert FR.date(moment) == "1er\u00a0février 2026"
    assert FR.moment(moment) == "1er\u00a0février 2026 à 0\u00a0h\u00a030"
    assert EN.moment(moment) == "1\u00a0February 2026, 00:30"


@pytest.mark.parametrize(
    ("origin", "word"), [("ai", "IA"), ("teacher", "enseignant"), ("auto", "automatique"), (None, "")]
)
def test_origins_are_named(origin: str | None, word: str) -> None:
    assert FR.origin(origin) == word
