"""What files and bookmarks are called: readable, safe on every system, and without a name where none may be."""

import re
import unicodedata
from datetime import datetime

from contracts.states import Format, holding
from services.renderer.language.words import FileWords

LONGEST = 200
"""Bytes of a file name before its ending, in UTF-8: systems allow 255 in all, and a browser adds some."""

_UNSAFE = re.compile(r'[\\/:*?"<>|%\x00-\x1f\x7f]+')


def clean(text: str) -> str:
    """A text on one line, without control, bidi or other characters that do not print."""
    shown = "".join(character if character.isprintable() else " " for character in unicodedata.normalize("NFC", text))
    return " ".join(shown.split())


def safe(text: str) -> str:
    """A text that may be part of a file's name on any system; accents stay."""
    return clean(_UNSAFE.sub(" ", clean(text))).strip(". ")


def cut(text: str, size: int) -> str:
    """As much of a text as so many bytes of UTF-8 hold: no character is halved, and none loses its accents."""
    kept = text.encode(errors="replace")[:size].decode(errors="ignore")
    if len(kept) == len(text):
        return text
    end = len(kept)
    while end and _goes_on(text, end):
        end -= 1
    return text[:end].rstrip(". ")


def _goes_on(text: str, index: int) -> bool:
    """Whether a text cannot be cut here: the next character is written on the last one."""
    return unicodedata.category(text[index]).startswith("M")


def filename(title: str, kind: Format, as_of: datetime, words: FileWords) -> str:
    """`Rapport - Partiel d'analyse - 2026-01-21.pdf`: the day is that of `as_of`, in its own zone."""
    day = as_of.strftime("%Y-%m-%d")
    begin = words[holding(kind)]
    taken = len(f"{begin} -  - {day}".encode())
    parts = (begin, cut(safe(title), LONGEST - taken), day)
    return " - ".join(part for part in parts if part) + f".{kind.value}"
