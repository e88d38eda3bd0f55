"""Decides whether what stands between two delimiters is a formula or text; in doubt text, which is printed as typed.

Between dollars the rule starts from pandoc's `tex_math_dollars` (a formula hugs both its dollars and no digit follows
it) and adds what French prose needs: an amount stands *before* its dollar ("5$ à 10$", "5 $ et 10 $").

For a formula speak a command, an operator between operands, a script, one letter or a number alone. Against it speak
spaces inside one of the dollars, what follows the closing one at once (`$PATH:$HOME`, `$a$b`), the shapes of a quoted
string, a shell, a regular expression or a program, and braces without their other half.
"""

import re

from services.renderer.content.evidence import COMMAND, Evidence

_RELATION = re.compile(r"[=<>≤≥≠≈∈+*/×÷·]")
_AMOUNT_BEFORE = re.compile(r"\d[ \u00a0\u202f]?\Z")
_NUMBER_AFTER = re.compile(r"[ \u00a0\u202f]?\d")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")

_ENDING = re.compile(r"(?:i?[èe]mes?|ers?|[èe]res?|n?de?s?|th|st|rd|e|et|ou|est|and|or|is)(?!\w)", re.IGNORECASE)
"""What may follow a formula without a space: `$n$ième`, and a short word whose space was forgotten."""

_SED = re.compile(
    r"\\[|+?]|(?<=[\w\].)])\\\{\d|\A\^?(?:a-z|A-Z|[01]-9|a-f|A-F|_)+\Z|[\].]\*|(?<![\^_{])\*\Z|\$|(?:\A|\s)-[a-z]{3,}"
)
_SED_BEFORE = re.compile(r"(?:[/^|%]|[a-zA-Z]:\\?[^\s:]*)\Z")
_SED_AFTER = re.compile(r"[*/]|\\[{|+?1-9]")
"""Groups of basic regular expressions (`s/\\(foo\\)/\\1/`), options of a command (`find \\( -type f \\)`), and a fence
inside a path of Windows.
"""

_SIMPLE = re.compile(
    r"[A-Za-z]'?(?:\([A-Za-z\d]\))?(?:[_^](?:\w|\{[\w+\-]+\}))?(?: ?[=<>] ?-?\d+(?:[.,]\d+)?)?|-?\d+(?:[.,]\d+)?"
)
_APART_BEFORE = frozenset({"", " ", "\n", "(", "\u00a0", "\u202f", "«", "’", "'"})
_APART_AFTER = frozenset({"", " ", "\n", ".", ",", ";", ":", ")", "?", "!", "\u00a0", "\u202f"})
_CLOSING_SIGNS = frozenset(".,;:!?)]}»”’…'-–—/+=*\u00a0$\"°%")


def is_formula(text: str, opening: int, closing: int) -> bool:
    """Whether the dollars at these two positions delimit a formula. Time grows with the distance between them."""
    source = text[opening + 1 : closing]
    before, after = text[opening - 1 : opening], text[closing + 1 : closing + 2]
    if _is_plainly_formula(source, before, after) and not text[opening - 2 : opening - 1].isdigit():
        return True
    if not source.strip():
        return False
    found = Evidence(source)
    if found.is_code or not _stand_apart(text, before, after, closing, found):
        return False
    after_amount = _AMOUNT_BEFORE.search(text[max(0, opening - 2) : opening]) is not None
    before_number = _NUMBER_AFTER.match(text[closing + 1 : closing + 3]) is not None
    edges = source[0].isspace() + source[-1].isspace()
    if found.has_tex:
        return (edges == 0 and not after_amount) or not (found.words.prose or (after_amount and edges == 1))
    if edges:
        return not after_amount and not before_number and _is_padded_formula(found, edges)
    if after.isdecimal():
        return False
    if after_amount:
        return not found.words.prose and source[0] not in "/-+=,.;:" and any(map(str.isalpha, source))
    if before.isalpha():
        return not found.words.prose and not found.words.long and found.is_evident
    return not found.is_one_word(5) and (
        not found.words.prose or (found.words.only_connectors and _RELATION.search(source) is not None)
    )


def _is_plainly_formula(source: str, before: str, after: str) -> bool:
    """The usual case, decided at once: a command, a letter or a number in dollars that touch nothing outside."""
    if (
        before not in _APART_BEFORE
        or after not in _APART_AFTER
        or not source
        or source[0] in " \n"
        or source[-1] in " \n"
    ):
        return False
    return _SIMPLE.fullmatch(source) is not None or (
        COMMAND.search(source) is not None and not (source[0].isspace() or source[-1].isspace())
    )


def is_display_formula(source: str, after: str = "") -> bool:
    """Whether what stands between two double dollars is a formula; `after` is the character behind them."""
    found = Evidence(source)
    if not source.strip() or found.is_code or source.lstrip()[0] in ";,.)":
        return False
    if found.has_command:
        return True
    if _begins_something(after) and (found.is_dangling or (source[-1].isspace() and not source[0].isspace())):
        return False
    if found.words.capitals or (found.words.long and not found.is_evident and " " in source.strip()):
        return False
    return found.is_evident or _RELATION.search(source) is not None or not found.words.prose


def is_fenced_formula(text: str, start: int, end: int) -> bool:
    """Whether what stands from `start` to `end`, between `\\(` and `\\)` or `\\[` and `\\]`, is a formula."""
    found = Evidence(text[start:end])
    source = found.source
    if not source.strip():
        return False
    if found.has_command:
        return True
    if found.is_code or _SED.search(source) or _SED_AFTER.match(text, end + 2):
        return False
    before = text[max(0, start - 80) : start - 2]
    if before[-1:] in ("'", '"', "`") and before[-1:] == text[end + 2 : end + 3]:
        return False
    if _SED_BEFORE.search(before) or (before[-1:].isalnum() and not (found.is_evident or _is_letter(source.strip()))):
        return False
    sentence = len(found.words.long) > 1 and not found.is_evident
    return not (sentence or found.words.prose or found.words.capitals or found.is_one_word(3)) or (
        found.words.only_connectors and _RELATION.search(source) is not None
    )


def _stand_apart(text: str, before: str, after: str, closing: int, found: Evidence) -> bool:
    """Whether neither dollar belongs to something outside: `$a = $b`, `5$ et $x`, `$PATH:$HOME`, `df$x+df$y`."""
    source = found.source
    touched = bool(before) and not before.isspace() and before not in "([{«:"
    if touched and not found.has_command and (source[0] in ",;/" or (source[0] == "|" and source.count("|") % 2)):
        return False
    if source[-1].isspace() and not source[0].isspace() and _begins_something(after):
        return False
    if source[0].isspace() and not source[-1].isspace() and touched:
        return False
    if after == "$" and source[-1] in "/:" and not found.has_command:
        return False
    if touched and before.isalpha() and after == "\\" and found.words.prose:
        return False
    if not (after.isalpha() or after.isdecimal() or after in tuple("_{(")):
        return True
    if found.is_dangling:
        return found.has_command and source[-1] in "=<>≈"
    if found.has_command or (after == "(" and (found.is_evident or _is_letter(source))):
        return True
    if before.isalpha():
        return False
    return found.is_evident or _NUMBER.fullmatch(source) is not None or _ENDING.match(text, closing + 1) is not None


def _begins_something(after: str) -> bool:
    """Whether a character begins a word, a name or a group: a dollar before it, behind a space, is an opening one."""
    return bool(after) and not after.isspace() and after not in _CLOSING_SIGNS


def _is_padded_formula(found: Evidence, edges: int) -> bool:
    """`$ x $` unless its words are prose; `$x $`, with a space on one side, only with a relation or as one letter."""
    source, words = found.source, found.words
    if words.prose:
        return False
    if edges == 2:
        return not words.long or found.is_evident or not (found.is_one_word(3) or " " in source.strip())
    return not words.long and (found.is_evident or _is_letter(source.strip()))


def _is_letter(source: str) -> bool:
    return len(source) == 1 and source.isalpha()
