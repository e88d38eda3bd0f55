"""mathra's phrase made fit for alternative text: never empty, never LaTeX."""

import re

from services.renderer.content.formulas.pronunciation import SIGNS, SpokenLanguage

_UNREADABLE = {"fr": "formule non lisible", "en": "formula that cannot be read"}
_EMPTY = {"fr": "formule vide", "en": "empty formula"}
_UNKNOWN = {"fr": r" commande \1 inconnue ", "en": r" unknown command \1 "}
_COMMAND = re.compile(r"\\([a-zA-Z]+)")
_SOURCE = re.compile(r"[\\{}^$&#]|[a-zA-Z]_[a-zA-Z0-9]")
_SIGN = re.compile("[" + re.escape("".join(SIGNS["fr"])) + "]")
_INVISIBLE = re.compile(r"[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def spoken(phrase: str, language: SpokenLanguage) -> str:
    """mathra's phrase, fit to be the alternative text of a formula."""
    phrase = _COMMAND.sub(_UNKNOWN[language], _INVISIBLE.sub(" ", phrase))
    signs = SIGNS[language]
    phrase = _SIGN.sub(lambda match: f" {signs[match.group()]} ", phrase)
    phrase = " ".join(phrase.split()).replace(" ,", ",").replace(",,", ",")
    if not phrase:
        return _EMPTY[language]
    return _UNREADABLE[language] if _SOURCE.search(phrase) else phrase


def unreadable(language: SpokenLanguage) -> str:
    """What is said of a formula that is not drawn."""
    return _UNREADABLE[language]
