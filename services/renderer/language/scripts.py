"""The language of a text by its script: what a screen reader needs to choose a voice (PDF/UA-1, 7.2).

A script tells a language only by convention (ISO 639-1 of the one most written in it): nothing is guessed from words.
Letters of the Latin script are taken for the document's own language.
"""

import re
from collections.abc import Iterator

_LETTERS = {
    "el": "\u0370-\u03ff\u1f00-\u1fff",
    "ru": "\u0400-\u0482\u048a-\u052f",
    "hy": "\u0531-\u058a",
    "he": "\u0590-\u05ff\ufb1d-\ufb4f",
    "ar": "\u0600-\u065f\u066a-\u06ef\u06fa-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc",
    "hi": "\u0900-\u0965\u0970-\u097f",
    "bn": "\u0980-\u09e5\u09f0-\u09ff",
    "ta": "\u0b80-\u0be5\u0bf0-\u0bff",
    "te": "\u0c00-\u0c65\u0c70-\u0c7f",
    "th": "\u0e01-\u0e3a\u0e40-\u0e4e",
    "ka": "\u10a0-\u10ff",
    "am": "\u1200-\u137f",
    "km": "\u1780-\u17df",
    "ja": "\u3041-\u3096\u309d-\u309f\u30a1-\u30ff\u31f0-\u31ff\uff66-\uff9f",
    "ko": "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3",
    "zh": "\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
}
"""Letters of a script and the marks on them (Unicode 15, Blocks.txt), by the language that is most written in it."""

RIGHT_TO_LEFT = frozenset({"ar", "he"})

_LATIN = "A-Za-z\u00aa\u00b5\u00ba\u00c0-\u024f\u1e00-\u1eff"
_SCRIPTS = re.compile("|".join(f"(?P<{name}>[{letters}]+)" for name, letters in {**_LETTERS, "own": _LATIN}.items()))
_FOREIGN = re.compile(f"[{''.join(_LETTERS.values())}]")
_GREEK_WORD = re.compile(f"[{_LETTERS['el']}]{{4}}")
"""Fewer letters are a formula or a triangle's name."""

_KANA = re.compile(f"[{_LETTERS['ja']}]")
_TO_LAST_DIGIT = re.compile(r".*\d", re.DOTALL)


def language_runs(text: str) -> Iterator[tuple[str | None, str]]:
    """The text in runs with their languages, None for the document's own; joined they are the text.

    What is no letter stands with the letters before it where these go on or end the text. After letters that read from
    right to left, digits stay with them: that is where the Unicode Bidirectional Algorithm shows them (rule N1).
    """
    if not _FOREIGN.search(text):
        yield None, text
        return
    has_kana = bool(_KANA.search(text))
    start, language, end = 0, None, 0
    for word in _SCRIPTS.finditer(text):
        found = _language(word, text, has_kana)
        if found != language and end:
            between = text[end : word.start()]
            kept = _TO_LAST_DIGIT.match(between) if language in RIGHT_TO_LEFT else None
            cut = word.start() if found else end + (kept.end() if kept else 0)
            yield language, text[start:cut]
            start = cut
        language, end = found, word.end()
    if start < len(text):
        yield language, text[start:]


def language_of(text: str) -> str | None:
    """The language of the text's first letters; None where they are the document's own, or there are none."""
    word = _SCRIPTS.search(text)
    return _language(word, text, bool(_KANA.search(text))) if word else None


def _language(word: re.Match[str], text: str, has_kana: bool) -> str | None:
    match word.lastgroup:
        case "own":
            return None
        case "el":
            return "el" if _GREEK_WORD.search(text) else None
        case "zh":
            return "ja" if has_kana else "zh"
        case language:
            return language
