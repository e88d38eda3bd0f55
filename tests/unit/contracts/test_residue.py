"""What editors leave in a text is left out or shown as the sign that was seen; a text of nothing else is blank."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.graded_exam import Content, ImageSegment, MathSegment, TableSegment, TextSegment
from contracts.residue import INVISIBLE, cleaned, is_blank


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("une\n\u200bdeux\n\u200b", "une\ndeux\n"),
        ("La ré\u00adac\u00adtion", "La réaction"),
        ("\ufeffprint(\u2060total\u2060)", "print(total)"),
        ("f\u2061(x) = 2\u2062x", "f(x) = 2x"),
        ("\uf0b7\tpremière\n\uf0a7 seconde", "•\tpremière\n▪ seconde"),
        ("  \uf0d8\tidée", "  •\tidée"),
        ("L\u0092énergie \u0093vaut\u0094 5 \u0080\u0085", "L’énergie “vaut” 5 €…"),
        ("un\x0bdeux\x0ctrois", "un\ndeux\ntrois"),
    ],
)
def test_residue_is_left_out_or_shown_as_what_was_seen(typed: str, shown: str) -> None:
    assert cleaned(typed) == shown


@pytest.mark.parametrize(
    "acting",
    [
        "می\u200cخواهم",
        "👩\u200d👧",
        "a\u202eb",
        "a\x00b",
        "\u0081",
        "\U000e0041",
        "\ufffc",
        "la longueur \uf06c = 3",
        "\uf06c = 3",
        "\ue000",
        "a\u200eb",
    ],
)
def test_what_acts_or_may_mean_something_stays(acting: str) -> None:
    assert cleaned(acting) == acting


@given(st.text())
def test_no_letter_digit_or_sign_is_touched(text: str) -> None:
    def seen(value: str) -> list[str]:
        return [sign for sign in value if unicodedata.category(sign)[0] in "LNPSM" and sign != "•"]

    assert seen(cleaned(text)) == seen(text) or any(
        "\x80" <= sign <= "\x9f" or "\uf020" <= sign <= "\uf0ff" for sign in text
    )


def test_only_formatting_characters_are_left_out() -> None:
    assert {unicodedata.category(sign) for sign in INVISIBLE} == {"Cf"}
    assert not {"\u200c", "\u200d"} & set(INVISIBLE)


@pytest.mark.parametrize(
    "content",
    [
        "",
        " \n\t\u00a0",
        "\u200b",
        "\u200b\n\u200b",
        "\ufeff \u00ad\x0b",
        (),
        (TextSegment(text="\u200b"), MathSegment(latex=" ")),
        '[{"type":"text","text":"\\u200b"}]',
        '[{"id":"s","type":"text","text":""}]',
    ],
)
def test_a_content_of_nothing_is_blank(content: Content) -> None:
    assert is_blank(content)


@pytest.mark.parametrize(
    "content",
    [
        "0",
        "\u202e",
        "\x00",
        "\u200d",
        "[]",
        "[{",
        '[{"type":"text","text":"x"}]',
        '[{"type":"image","url":"/a.png"}]',
        (ImageSegment(url="/a.png"),),
        (TableSegment(rows=()),),
    ],
)
def test_whatever_shows_is_not_blank(content: Content) -> None:
    assert not is_blank(content)
