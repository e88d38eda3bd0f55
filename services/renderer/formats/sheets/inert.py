"""Texts of a CSV file that stay texts: a spreadsheet that opens one guesses at each cell, quoted or not.

Excel and LibreOffice take `3E1` for 30, `05` for 5, `2-1` and `1/2` for dates, `6 A` for a time, `=1+1` for a formula.
An apostrophe before such a text is the one mark that both of them, and every other reader, leave as a text; `="05"` is
a formula to them, which LibreOffice shows as it is typed. XLSX, whose cells have types, needs no such mark.
"""

import re
import unicodedata

_TRIGGERS = frozenset("=+-@\t\r\n＝＋－＠")
"""What starts a formula: the characters of the OWASP page on CSV injection and their full-width forms."""

_CURRENCIES = "$€£¥%‰"
_NUMBER = re.compile(rf"[\s\d.,:/'’()_{_CURRENCIES}\u2010-\u2015\u2212+-]+")
"""Where there are digits in it: a number, a date or a time, however it is grouped."""

_EXPONENT = re.compile(r"[\s\d.,]*\d[.,]?\s*[eEdD]\s*[+-]?\d+\s*")
_CLOCK = re.compile(r"\s*\d{1,2}(:\d{1,2}){0,2}(\s+[ap]|\s*[ap]\.?m\.?)\s*", re.IGNORECASE)
_MOMENT = re.compile(r"\s*\d{4}-\d{1,2}-\d{1,2}\s*T[\d:.,]*Z?\s*", re.IGNORECASE)
_ERROR = re.compile(r"\s*#[A-Za-z0-9/]+[!?A]\s*")
_VALUES = frozenset({"true", "false", "vrai", "faux"})
_MONTHS_AND_DAYS = """
january february march april may june july august september october november december
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
monday tuesday wednesday thursday friday saturday sunday lundi mardi mercredi jeudi vendredi samedi dimanche
"""
_NAMES = frozenset(_MONTHS_AND_DAYS.split())
_DATE_NAMES = _NAMES | {name[:3] for name in _NAMES} | {"sept", "janv", "fevr", "avr", "juil"}
_ORDINALS = frozenset({"st", "nd", "rd", "th", "er"})


def inert(text: str) -> str:
    """The text, after an apostrophe where a spreadsheet would take it for a formula, a number, a date or a value."""
    return f"'{text}" if _is_formula(text) or _is_value(text) else text


def _is_formula(text: str) -> bool:
    return text.lstrip()[:1] in _TRIGGERS or text[:1] in _TRIGGERS


def _is_value(text: str) -> bool:
    """Whether a spreadsheet in French or English would read the text as something else."""
    if _plain(text) in _VALUES or _ERROR.fullmatch(text):
        return True
    patterns = (_NUMBER, _EXPONENT, _CLOCK, _MOMENT)
    return any(map(str.isdecimal, text)) and (any(each.fullmatch(text) for each in patterns) or _is_date(text))


def _is_date(text: str) -> bool:
    """Whether a text is digits and names of months or days, as `3 mai`, `Mars 24` or `SEPT2`."""
    words = set(re.findall(r"[^\W\d_]+", _plain(text)))
    return bool(words & _DATE_NAMES) and words <= _DATE_NAMES | _ORDINALS


def _plain(text: str) -> str:
    """A text without capitals and accents."""
    folded = unicodedata.normalize("NFD", text.strip().casefold())
    return "".join(character for character in folded if not unicodedata.combining(character))
