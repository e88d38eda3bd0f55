"""How a formula is read aloud. Never empty, never LaTeX: where mathra has no words, a sober sentence stands in."""

import re
from typing import Literal

SpokenLanguage = Literal["fr", "en"]

_UNREADABLE = {"fr": "formule non lisible", "en": "formula that cannot be read"}
_EMPTY = {"fr": "formule vide", "en": "empty formula"}
_UNKNOWN = {"fr": r" commande \1 inconnue ", "en": r" unknown command \1 "}
_COMMAND = re.compile(r"\\([a-zA-Z]+)")
_SOURCE = re.compile(r"[\\{}^$&#]|[a-zA-Z]_[a-zA-Z0-9]")
_SIGNS = {
    "fr": {
        "{": "accolade ouvrante",
        "}": "accolade fermante",
        "\\": "barre oblique inverse",
        "^": "accent circonflexe",
        "&": "et commercial",
        "#": "dièse",
        "$": "dollar",
        "²": "au carré",
        "³": "au cube",
        "√": "racine de",
        "∫": "intégrale de",
        "½": "un demi",
        "€": "euros",
        "—": "tiret",
    },
    "en": {
        "{": "open brace",
        "}": "close brace",
        "\\": "backslash",
        "^": "caret",
        "&": "ampersand",
        "#": "hash",
        "$": "dollar",
        "²": "squared",
        "³": "cubed",
        "√": "root of",
        "∫": "integral of",
        "½": "one half",
        "€": "euros",
        "—": "dash",
    },
}
_SIGN = {language: re.compile("[" + re.escape("".join(signs)) + "]") for language, signs in _SIGNS.items()}
_INVISIBLE = re.compile(r"[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def spoken(phrase: str, language: SpokenLanguage) -> str:
    """mathra's phrase, fit to be the alternative text of a formula."""
    phrase = _COMMAND.sub(_UNKNOWN[language], _INVISIBLE.sub(" ", phrase))
    signs = _SIGNS[language]
    phrase = _SIGN[language].sub(lambda match: f" {signs[match.group()]} ", phrase)
    phrase = " ".join(phrase.split()).replace(" ,", ",").replace(",,", ",")
    if not phrase:
        return _EMPTY[language]
    return _UNREADABLE[language] if _SOURCE.search(phrase) else phrase


def unreadable(language: SpokenLanguage) -> str:
    """What is said of a formula that is not drawn."""
    return _UNREADABLE[language]
