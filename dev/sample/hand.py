"""Everybody has a hand: the same mathematics, typed by two students, differs in its signs, delimiters and habits.

Only how a thing is written changes, never what it says. Segments and answers with prices are left as they are.
"""

import re
from collections.abc import Callable
from unicodedata import normalize

from dev.sample.identity import dice
from dev.sample.model import Item, Person

_DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
_INLINE = re.compile(r"\$([^$]+)\$")
_MATH = re.compile(r"(\$\$.+?\$\$|\$[^$]+\$|\\\[.+?\\\]|\\\(.+?\\\))", re.DOTALL)
_RELATIONS = (("leqslant", "geqslant"), ("leq", "geq"), ("le", "ge"))
_DONC = re.compile(r"(?<=[^\s.,;:!?]) donc ")
_ANY_RELATION = re.compile(r"\\(le|ge)(?:q|qslant)?(?![A-Za-z])")


def written_by(person: Person, item: Item, text: str) -> str:
    """`text` as this student types it."""
    if item.type != "TEXT" or not text or text.startswith("[") or "coûte" in text or text.count("$") % 2:
        return text
    for habit in _habits(person):
        text = habit(text)
    return _framed(person, item, text)


def _habits(person: Person) -> list[Callable[[str], str]]:
    chance = dice("hand", person.id)
    below, above = _RELATIONS[int(chance.random() * 3)]
    habits = [lambda text: _ANY_RELATION.sub(lambda sign: "\\" + (below if sign[1] == "le" else above), text)]
    style = chance.random()
    if style < 0.22:
        habits.append(_with_backslashes)
    elif style < 0.4:
        habits.append(lambda text: text.replace("\\dfrac", "\\frac"))
    elif style < 0.5:
        habits.append(lambda text: text.replace("\\mathbb{N}", "\\mathbb N").replace("\\mathbb{R}", "\\mathbb R"))
    habit = chance.random()
    if habit < 0.15:
        habits.append(lambda text: text.replace("On a ", "Nous avons ").replace("on a ", "nous avons "))
    elif habit < 0.3:
        habits.append(lambda text: _DONC.sub(", donc ", text))
    elif habit < 0.36:
        habits.append(_without_accents)
    return habits


def _with_backslashes(text: str) -> str:
    return _INLINE.sub(r"\\(\1\\)", _DISPLAY.sub(r"\\[\1\\]", text))


def _without_accents(text: str) -> str:
    """Some keyboards have none; formulas are typed with the palette and stay as they are."""
    return "".join(part if _MATH.fullmatch(part) else _bare(part) for part in _MATH.split(text))


def _bare(words: str) -> str:
    """Letters without their accents; a sign such as ≠ is no letter."""
    return "".join(normalize("NFD", sign)[0] if sign.isalpha() else sign for sign in words)


def _framed(person: Person, item: Item, text: str) -> str:
    """Some recall the question's number, some end with a flourish."""
    chance = dice("frame", person.id)
    opening = chance.random()
    if opening < 0.12 and item.label:
        text = f"{item.label}) {text}"
    elif opening < 0.2 and item.label:
        text = f"Question {item.label}.\n{text}"
    elif opening < 0.26:
        text = f"Réponse : {text}"
    if chance.random() < 0.1 and dice("flourish", person.id, item.id).random() < 0.5:
        text += "\nCQFD."
    return text
