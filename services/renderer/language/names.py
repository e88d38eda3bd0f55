"""What files and bookmarks are called: readable, safe on every system, and without a name where none may be."""

import re
import unicodedata
from datetime import datetime

from contracts.states import Format, holding
from services.renderer.language.words import SCHOOL_TIME, FileWords

LONGEST = 120
"""Characters of a file name before its ending."""

_UNSAFE = re.compile(r'[\\/:*?"<>|%\x00-\x1f\x7f]+')


def clean(text: str) -> str:
    """A text on one line, without control, bidi or other characters that do not print."""
    shown = "".join(character if character.isprintable() else " " for character in unicodedata.normalize("NFC", text))
    return " ".join(shown.split())


def safe(text: str) -> str:
    """A text that may be part of a file's name on any system; accents stay."""
    return clean(_UNSAFE.sub(" ", clean(text))).strip(". ")[:LONGEST].strip(". ")


def filename(title: str, kind: Format, as_of: datetime, words: FileWords) -> str:
    """`Rapport - Partiel d'analyse - 2026-01-21.pdf`: the date is the day the grades are stated for, at the school."""
    day = as_of.astimezone(SCHOOL_TIME).strftime("%Y-%m-%d")
    parts = (words[holding(kind)], safe(title)[: LONGEST - 40].strip(". "), day)
    return " - ".join(part for part in parts if part) + f".{kind.value}"
