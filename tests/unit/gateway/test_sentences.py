"""Every code has a sentence a teacher understands, in every language."""

import inspect
import re

import pytest

from contracts.options import Language
from contracts.states import FailureCode
from services.gateway import errors
from services.gateway.errors import ExportFailed, GatewayError
from services.gateway.language.languages import preferred, texts_in
from services.gateway.sentences import message

ERRORS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, GatewayError)]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "fr"),
        ("", "fr"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("de,en;q=0.5,fr;q=0.7", "fr"),
        ("de, EN ;q=0.5", "en"),
        ("en;q=0, fr;q=0.1", "fr"),
        ("de", "fr"),
        ("en;q=x", "fr"),
        ("en;q=nan", "fr"),
        ("en;q=9, fr;q=0.1", "fr"),
        ("en;q=٠.٩, fr;q=0.1", "fr"),
        ("*", "fr"),
    ],
)
def test_french_unless_english_is_preferred(header: str | None, language: str) -> None:
    assert preferred({} if header is None else {"accept-language": header}, {}) == language


@pytest.mark.parametrize(
    ("query", "language"),
    [("en", "en"), ("fr", "fr"), ("EN-gb", "en"), ("de", "fr"), ("", "fr"), ("en;q=0", "fr"), ("\0", "fr")],
)
def test_the_address_says_more_than_the_browser_if_we_speak_it(query: str, language: str) -> None:
    assert preferred({"accept-language": "fr"}, {"lang": query}) == language
    assert preferred({"accept-language": "en"}, {"lang": "fr"}) == "fr"
    assert preferred({"accept-language": "en"}, {"lang": "xx"}) == "en"


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_code_a_status_and_a_sentence_in_every_language(kind: type[GatewayError]) -> None:
    assert re.fullmatch(r"[a-z_]+", kind.code)
    assert 400 <= kind.status < 600
    sentences = [texts_in(language).sentences[kind.text] for language in Language]
    assert all(re.search(r"[.!]$", sentence) for sentence in sentences)
    assert len(set(sentences)) == len(Language)


def test_codes_mean_one_thing() -> None:
    leaves = [kind for kind in ERRORS if not kind.__subclasses__() and kind is not ExportFailed]
    codes = [kind.code for kind in leaves]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("code", FailureCode)
def test_every_failure_has_sentences_and_a_status_of_a_direct_download(code: FailureCode) -> None:
    assert all(texts_in(language).sentences[code] for language in Language)
    error = ExportFailed(code)
    assert error.code == error.text == code
    assert error.status in {422, 500, 503, 507}
    assert (error.retry_after is not None) == (error.status == 503)


def test_a_sentence_in_one_language() -> None:
    name = errors.ExamNotFound.text
    assert texts_in(Language.EN).sentences[name] == "This exam can't be found."
    assert texts_in(Language.FR).sentences[name] == "Cet examen est introuvable."
    assert message(FailureCode.EXAM_NOT_FOUND) == "Cet examen est introuvable."


@pytest.mark.parametrize("language", Language)
def test_a_language_is_called_by_its_own_code(language: Language) -> None:
    assert texts_in(language).language is language
    assert texts_in(language).decimal_mark in ",."


def test_errors_tree_names_every_error() -> None:
    assert errors.__doc__ is not None
    for kind in ERRORS:
        assert kind.__name__ in errors.__doc__, kind.__name__
