"""The renderer's words: whole languages, French typography, dates at the school, a text for each closed list."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.correcta import CopyState
from contracts.numbers import decimal, on_twenty, rounded
from contracts.options import Language
from contracts.states import FailureCode, Holding, Phase
from services.renderer import errors
from services.renderer.images.problems import Reason
from services.renderer.language.english import ENGLISH
from services.renderer.language.french import FRENCH
from services.renderer.language.languages import words_in
from services.renderer.language.words import Words
from services.renderer.workers.pool import Fault
from tests.texts import texts_of

ALL = [words_in(language) for language in Language]
REPORTED = (Phase.LOADING, Phase.PROCESSING, Phase.GENERATING, Phase.SAVING)


def failures(kind: type[errors.RendererError] = errors.RendererError) -> set[FailureCode]:
    return {kind.code}.union(*map(failures, kind.__subclasses__()))


@pytest.mark.parametrize("words", ALL)
def test_no_text_is_empty(words: Words) -> None:
    texts = dict(texts_of(words))
    assert len(texts) > 350
    assert [path for path, text in texts.items() if not text.strip()] == []


@pytest.mark.parametrize("words", ALL)
def test_all_languages_have_the_same_texts_with_the_same_places_to_fill(words: Words) -> None:
    def places(of: Words) -> dict[str, list[str]]:
        return {path: sorted(re.findall(r"{(\w*)[^}]*}", text)) for path, text in texts_of(of)}

    assert places(words) == places(FRENCH)


@pytest.mark.parametrize("words", ALL)
def test_each_closed_list_has_its_texts(words: Words) -> None:
    assert all(words.images[reason] for reason in Reason)
    assert all(words.warnings.faults[fault] for fault in Fault)
    assert all(words.sheets.states[state] for state in CopyState)
    assert all(words.files[kind] for kind in Holding)
    assert all(words.failures[code] for code in failures())
    assert all(words.command.phases[phase] for phase in REPORTED)


@pytest.mark.parametrize("words", ALL)
def test_a_sentence_for_the_teacher_is_whole_and_says_one_thing(words: Words) -> None:
    sentences = [words.failures[code] for code in failures()]
    assert len(set(sentences)) == len(sentences)
    assert all(sentence.endswith(".") for sentence in sentences)


def test_french_signs_do_not_begin_a_line() -> None:
    for group in (FRENCH.copies, FRENCH.front, FRENCH.warnings, FRENCH.colon):
        for path, text in texts_of(group):
            assert not re.search(r" [:;!?»]|« ", text), path


def test_moments_name_their_zone() -> None:
    moment = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    paris = moment.astimezone(ZoneInfo("Europe/Paris"))
    assert FRENCH.date(paris) == "1er\u00a0février 2026"
    assert FRENCH.moment(paris) == "1er\u00a0février 2026 à 0\u00a0h\u00a030 (Europe/Paris)"
    assert ENGLISH.moment(paris) == "1\u00a0February 2026, 00:30 (Europe/Paris)"
    assert ENGLISH.moment(moment) == "31\u00a0January 2026, 23:30 (UTC)"


@pytest.mark.parametrize(
    ("origin", "word"), [("ai", "IA"), ("teacher", "enseignant"), ("auto", "automatique"), (None, "")]
)
def test_origins_are_named(origin: str | None, word: str) -> None:
    assert FRENCH.copies.origin(origin) == word


def test_none_and_one_are_singular() -> None:
    assert [FRENCH.front.absent.of(count) for count in (0, 1, 2)] == ["absent", "absent", "absents"]


@pytest.mark.parametrize(
    ("value", "french"),
    [
        (12.5, "12,5"),
        (13.999999999999998, "14"),
        (2.345, "2,35"),
        (0.005, "0,01"),
        (-0.005, "-0,01"),
        (-0.001, "0"),
        (0.0, "0"),
        (100.0, "100"),
        (2 / 3, "0,67"),
        (1e22, "10000000000000000000000"),
    ],
)
def test_points_are_rounded_once_half_up(value: float, french: str) -> None:
    assert FRENCH.cell(decimal(value)) == french
    assert ENGLISH.cell(decimal(value)) == french.replace(",", ".")


@pytest.mark.parametrize(
    ("value", "french"),
    [(12.5, "12,5"), (-0.5, "−0,5"), (9999, "9999"), (12345.5, "12\u00a0345,5"), (-1e6, "−1\u00a0000\u00a0000")],
)
def test_points_are_read_with_a_minus_sign_and_grouped(value: float, french: str) -> None:
    assert FRENCH.points(decimal(value)) == french


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_stored_number_can_be_written_and_is_off_by_half_a_cent_at_most(value: float) -> None:
    exact = decimal(value)
    assert abs(rounded(exact) - exact) <= Decimal("0.005")
    assert Decimal(ENGLISH.cell(exact)) == rounded(exact)


def test_a_mark_on_twenty() -> None:
    assert on_twenty(Decimal(3), Decimal(8)) == Decimal("7.5")
    assert FRENCH.points(on_twenty(Decimal(1), Decimal(3)) or Decimal(0)) == "6,67"
    assert on_twenty(Decimal(3), Decimal(0)) is None
