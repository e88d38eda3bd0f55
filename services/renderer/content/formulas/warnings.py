"""mathra's warnings: which of them a drawing may stand with, and the report's warnings made of them.

Where mathra only added what was missing, the formula is drawn and reported; where it guessed or dropped something, the
source is printed instead.

The rules are those of mathra's tolerance specification (E-REC-*).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from contracts.states import WarningCode
from services.renderer.language.document_words import FormulaWords

Warned = tuple[str, str]
"""A rule of mathra's and what it says."""

_NAMED = re.compile(r"(?:command|environment): (\\?[a-zA-Z]+)|(\\[a-zA-Z]+); JSON|has no '(.)'")
_LETTERS_LEFT = re.compile(r": \\[a-zA-Z]+; JSON")
"""mathra takes the first letter of a command that it does not know (`\\raise`) for what is left of `\\r`."""

_IN_RED = re.compile(r"unsupported command: \\[a-zA-Z]+; drawn in red\Z")
_KEPT_WHOLE = frozenset({"E-REC-3", "E-REC-4", "E-REC-5", "E-REC-7"})
"""Rules that add a missing brace, delimiter or empty argument and leave every sign in its place."""


@dataclass(frozen=True)
class FormulaWarning:
    """Something of a formula that a person should look at. `text` is one sentence in the report's language."""

    code: WarningCode
    text: str


def drawable(warnings: Iterable[Warned]) -> bool:
    """Whether the drawing may stand in spite of these warnings."""
    return all(rule in _KEPT_WHOLE or _IN_RED.search(description) is not None for rule, description in warnings)


def reported(warnings: Iterable[Warned], words: FormulaWords, *, drawn: bool) -> tuple[FormulaWarning, ...]:
    """mathra's warnings in the report's words, each once."""
    code = WarningCode.FORMULA_APPROXIMATE if drawn else WarningCode.FORMULA_NOT_DRAWN
    return tuple(dict.fromkeys(warning(_sentence(each, words), code, words) for each in warnings))


def warning(text: str, code: WarningCode, words: FormulaWords) -> FormulaWarning:
    """A warning that says what is odd, then what came of it: a drawing to check, or the source in its place."""
    ending = words.to_check if code is WarningCode.FORMULA_APPROXIMATE else words.source_printed
    return FormulaWarning(code, text[0].upper() + text[1:] + ending)


def _sentence(warning: Warned, words: FormulaWords) -> str:
    rule, description = warning
    named = _NAMED.search(description)
    text = _text("E-REC-1" if _LETTERS_LEFT.search(description) else rule, words)
    return text.format(next(filter(None, named.groups()))) if named else text.replace(" {}", "")


def _text(rule: str, words: FormulaWords) -> str:
    return {
        "E-REC-1": words.unknown_command,
        "E-REC-2": words.doubled_backslashes,
        "E-REC-3": words.repeated_script,
        "E-REC-4": words.lone_brace,
        "E-REC-5": words.left_open,
        "E-REC-6": words.unknown_environment,
        "E-REC-7": words.missing_argument,
        "E-REC-8": words.no_glyph,
    }.get(rule, words.invalid)
