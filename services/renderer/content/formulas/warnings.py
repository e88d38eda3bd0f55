"""mathra's warnings: which of them a drawing may stand with, and the report's warnings made of them.

Where mathra only added what was missing, the formula is drawn and reported; where it guessed or dropped something, the
source is printed instead.

The rules are those of mathra's tolerance specification (E-REC-*).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contracts.states import WarningCode
from services.renderer.content.formulas.pronunciation import SpokenLanguage

Warned = tuple[str, str]
"""A rule of mathra's and what it says."""

_NAMED = re.compile(r"(?:command|environment): (\\?[a-zA-Z]+)|has no '(.)'")
_IN_RED = re.compile(r"unsupported command: \\[a-zA-Z]+; drawn in red\Z")
_KEPT_WHOLE = frozenset({"E-REC-3", "E-REC-4", "E-REC-5", "E-REC-7"})
"""Rules that add a missing brace, delimiter or empty argument and leave every sign in its place."""

_TEXTS: Mapping[str, tuple[str, str]] = {
    "E-REC-1": ("commande inconnue {}", "unknown command {}"),
    "E-REC-2": ("barres obliques inverses doublées", "doubled backslashes"),
    "E-REC-3": ("deux indices ou deux exposants de suite", "two subscripts or superscripts in a row"),
    "E-REC-4": ("accolade sans sa pareille", "brace without its other half"),
    "E-REC-5": ("délimiteur ou environnement non fermé", "delimiter or environment left open"),
    "E-REC-6": ("environnement inconnu {}", "unknown environment {}"),
    "E-REC-7": ("argument manquant", "missing argument"),
    "E-REC-8": ("caractère sans dessin {}", "character without a shape {}"),
    "E-REC-9": ("source incorrecte", "invalid source"),
}
_ENDINGS = {
    True: (" : formule à vérifier", ": please check this formula"),
    False: (" : la source de la formule est imprimée", ": the formula's source is printed"),
}


@dataclass(frozen=True)
class FormulaWarning:
    """Something of a formula that a person should look at. `text` is one sentence in the report's language."""

    code: WarningCode
    text: str


def drawable(warnings: Iterable[Warned]) -> bool:
    """Whether the drawing may stand in spite of these warnings."""
    return all(rule in _KEPT_WHOLE or _IN_RED.search(description) is not None for rule, description in warnings)


def reported(warnings: Iterable[Warned], language: SpokenLanguage, *, drawn: bool) -> tuple[FormulaWarning, ...]:
    """mathra's warnings in the report's words, each once."""
    code = WarningCode.FORMULA_APPROXIMATE if drawn else WarningCode.FORMULA_NOT_DRAWN
    return tuple(dict.fromkeys(FormulaWarning(code, _sentence(warning, language, drawn)) for warning in warnings))


def _sentence(warning: Warned, language: SpokenLanguage, drawn: bool) -> str:
    index = 0 if language == "fr" else 1
    rule, description = warning
    named = _NAMED.search(description)
    text = _TEXTS.get(rule, _TEXTS["E-REC-9"])[index]
    return _finished(
        text.format(next(filter(None, named.groups()))) if named else text.replace(" {}", ""), index, drawn
    )


def _finished(text: str, index: int, drawn: bool) -> str:
    return text[0].upper() + text[1:] + _ENDINGS[drawn][index]


_OWN = {
    "long": ("formule trop longue", "formula too long"),
    "deep": ("formule trop imbriquée", "formula nested too deeply"),
    "large": ("formule trop grande pour une page", "formula too large for a page"),
    "unread": ("formule illisible", "unreadable formula"),
    "unfaithful": ("dessin différent de ce qui est écrit", "drawing differs from what is written"),
    "macros": ("la formule définit ses propres commandes", "the formula defines commands of its own"),
    "ink": ("couleur inconnue ou illisible, non suivie", "unknown or illegible colour, not followed"),
}


def own(reason: str, code: WarningCode, language: SpokenLanguage) -> FormulaWarning:
    """A warning of ours: `reason` is a key of the list above."""
    index = 0 if language == "fr" else 1
    return FormulaWarning(code, _finished(_OWN[reason][index], index, code == WarningCode.FORMULA_APPROXIMATE))
