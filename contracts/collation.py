"""How names are put in order, on the dashboard and in every file: as a French reader looks them up, the same on every
machine, whatever its locale.

Accents, case and punctuation decide only between names that are otherwise equal; numbers count as numbers, so that
"Groupe 2" comes before "Groupe 10".
"""

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})
_RUNS = re.compile(r"\d+|[^\W\d_]+")

Key = tuple[tuple[tuple[int, int, str], ...], str, str]


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold()).translate(_LIGATURES)
    return "".join(character for character in folded if not unicodedata.combining(character))


def _part(run: str) -> tuple[int, int, str]:
    """Numbers before letters; a run of digits longer than any number of a name is compared as text."""
    return (0, int(run), "") if run.isdecimal() and len(run) <= 18 else (1, 0, run)


def sort_key(text: str) -> Key:
    """The place of a name among others: letters first, then accents, then the exact characters."""
    parts = tuple(_part(run) for run in _RUNS.findall(_plain(text)))
    return parts, unicodedata.normalize("NFD", text.casefold()), text


def person_key(name: str, email: str, identity: str = "") -> tuple[Key, tuple[str, str, str], str]:
    """The place of a person in a list; an address, then an id, decides between people of one name."""
    return sort_key(name), email.partition("@"), identity
