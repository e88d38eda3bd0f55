"""The words of the web pages: the same in every language, each in one place, each used."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from contracts.options import Language
from services.gateway.language.languages import texts_in
from services.gateway.pages import STATIC, WEB
from services.gateway.routes.dashboard import FIGURES

PAGES = {language: dict(texts_in(language).pages) for language in Language}


def scripts(language: Language) -> dict[str, Any]:
    """The file of sentences that the browser modules read."""
    words: dict[str, Any] = json.loads((STATIC / "correcta-export" / f"{language}.json").read_text("utf-8"))
    return words


def names(words: dict[str, Any]) -> dict[str, Any]:
    """The words' names, without the words."""
    return {name: names(value) if isinstance(value, dict) else type(value) for name, value in words.items()}


def sentences(words: Mapping[str, Any]) -> set[str]:
    """Whatever has more than one word."""
    texts = {text for value in words.values() if isinstance(value, dict) for text in sentences(value)}
    return texts | {value for value in words.values() if isinstance(value, str) and " " in value}


@pytest.mark.parametrize("language", Language)
def test_every_language_has_every_word(language: Language) -> None:
    assert names(scripts(language)) == names(scripts(Language.FR))


@pytest.mark.parametrize("language", Language)
def test_no_sentence_stands_twice(language: Language) -> None:
    assert sentences(scripts(language)).isdisjoint(sentences(PAGES[language]))


def test_every_word_of_the_pages_is_used() -> None:
    templates = "".join(path.read_text("utf-8") for path in (WEB / "templates").glob("*.html"))
    unused = [name for name in PAGES[Language.FR] if not re.search(rf"""\bt\.{name}\b|"{name}"(?!:)""", templates)]
    looked_up = ("TEACHER", "SCHOOL_ADMIN", "PLATFORM_ADMIN", "count_", "option_", "_note", *FIGURES)
    assert [name for name in unused if not any(part in name for part in looked_up)] == []
