"""mathra's phrase made fit for alternative text: never empty, never LaTeX."""

import re

from services.renderer.language.document_words import FormulaWords

_COMMAND = re.compile(r"\\([a-zA-Z]+)")
_SOURCE = re.compile(r"[\\{}^$&#]|[a-zA-Z]_[a-zA-Z0-9]")
_INVISIBLE = re.compile(r"[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def spoken(phrase: str, words: FormulaWords) -> str:
    """mathra's phrase, fit to be the alternative text of a formula."""
    phrase = _INVISIBLE.sub(" ", phrase)
    phrase = _COMMAND.sub(lambda found: f" {words.spoken_command.format(found[1])} ", phrase)
    phrase = " ".join(phrase.translate(words.signs).split()).replace(" ,", ",").replace(",,", ",").strip(", ")
    if not phrase:
        return words.empty
    return words.unreadable if _SOURCE.search(phrase) else phrase
