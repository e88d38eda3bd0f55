"""Decides whether what stands between two delimiters is a formula or text; in doubt text, which is printed as typed.

Between dollars the rule starts from pandoc's `tex_math_dollars` (a formula hugs both its dollars and no digit follows
it) and adds what French prose needs: an amount stands *before* its dollar ("5$ à 10$", "5 $ et 10 $").

For a formula speak a command, an operator between operands, a script, one letter or a number alone. Against it speak
spaces inside one of the dollars, what follows the closing one at once (`$PATH:$HOME`, `$a$b`), the shapes of a quoted
string, a shell, a regular expression or a program, and braces without their other half.
"""

import re
from functools import cached_property
from itertools import pairwise
from string import ascii_lowercase

from services.renderer.content.tex import structure

_COMMAND = re.compile(r"(?<!\\)(?:\\\\)*\\[a-zA-Z]{2}")
_SHORT_COMMAND = re.compile(r"\\[a-zA-Z]")
_OPERAND_BEFORE = r"[\w)\]}'’!|°%²³!]"
_SCRIPT = re.compile(rf"(?:{_OPERAND_BEFORE}\s*[\^_]|\A\s*[\^_](?=[{{\\\d]))\s*[\w{{\\+\-−*'(∞°]")
_OPERATION = re.compile(rf"{_OPERAND_BEFORE}\s*[=<>≤≥≠≈∈+\-−–*/×÷·±⇔⇒→]+\s*[\w(\[{{\\|+\-−√.∞]")
_RELATION = re.compile(r"[=<>≤≥≠≈∈+*/×÷·]")
_AMOUNT_BEFORE = re.compile(r"\d[ \u00a0\u202f]?\Z")
_NUMBER_AFTER = re.compile(r"[ \u00a0\u202f]?\d")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")

_FUNCTION = re.compile(
    r"(?:arc|ar)?(?:sin|cos|tan)h?|cot|sec|csc|cosec|log|exp|lim|max|min|sup|inf|det|dim|mod|p[gp]cd?m?|gcd|lcm"
    r"|card|var|cov|rang|ker|arg|sgn|sqrt|abs",
    re.IGNORECASE,
)
_CONNECTOR = re.compile(r"et|ou|and|or|si|if", re.IGNORECASE)
_PROSE_WORD = re.compile(
    r"à|en|une?|l[ae]s?|aux?|par|pour|sur|dans|qu[ei]|est|sont|donc|alors|soit|avec|moins|vaut|mais|des|où"
    r"|on|puis|the|to|of|for|is|are|in|with|then|et|ou|and|or|si|if",
    re.IGNORECASE,
)
_ENDING = re.compile(r"(?:i?[èe]mes?|ers?|[èe]res?|n?de?s?|th|st|rd|e|et|ou|est|and|or|is)(?!\w)", re.IGNORECASE)
"""What may follow a formula without a space: `$n$ième`, and a short word whose space was forgotten."""

_CODE = re.compile(
    r"(?<![\w)\]}|])\^[\[(]|\[\^|\[(?:a-z|A-Z|0-9|\\[dwsDWS]|:[a-z]+:)|\\[dwsDWS][+*?{$]|\(\?[:=!<]|\.[*+](?![\w(\\ ])"
    r"|(?<![\w\\])[a-zA-Z]{2,}_[a-zA-Z]{2,}|\A_[A-Z]{2}|=~\s*[/msqty]|\\(?:e|033|x1b)\["
)
"""Regular expressions, names in snake case, escape sequences."""

_ONE_BRACED_WORD = re.compile(r"\{[a-z_][a-zA-Z_]{2,}\d*\}|\([A-Z_]{2,}\)")
"""`${name}` and `$(NAME)`: a variable of a shell, a template or a makefile."""

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
_DANGLING = frozenset('=<>+-−*/×÷,;:.|&([{~%@#^_?\\"`')
_CLOSING_SIGNS = frozenset(".,;:!?)]}»”’…'-–—/+=*\u00a0$\"°%")


def is_formula(text: str, opening: int, closing: int) -> bool:
    """Whether the dollars at these two positions delimit a formula. Time grows with the distance between them."""
    source = text[opening + 1 : closing]
    before, after = text[opening - 1 : opening], text[closing + 1 : closing + 2]
    if _is_plainly_formula(source, before, after) and not text[opening - 2 : opening - 1].isdigit():
        return True
    if not source.strip():
        return False
    found = _Evidence(source)
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
        _COMMAND.search(source) is not None and not (source[0].isspace() or source[-1].isspace())
    )


def is_display_formula(source: str, after: str = "") -> bool:
    """Whether what stands between two double dollars is a formula; `after` is the character behind them."""
    found = _Evidence(source)
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
    found = _Evidence(text[start:end])
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


def _stand_apart(text: str, before: str, after: str, closing: int, found: "_Evidence") -> bool:
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


def _is_padded_formula(found: "_Evidence", edges: int) -> bool:
    """`$ x $` unless its words are prose; `$x $`, with a space on one side, only with a relation or as one letter."""
    source, words = found.source, found.words
    if words.prose:
        return False
    if edges == 2:
        return not words.long or found.is_evident or not (found.is_one_word(3) or " " in source.strip())
    return not words.long and (found.is_evident or _is_letter(source.strip()))


def _is_letter(source: str) -> bool:
    return len(source) == 1 and source.isalpha()


class _Evidence:
    """What speaks for and against a formula in the source between two delimiters."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.has_command = _COMMAND.search(source) is not None
        """A command of at least two letters: no regular expression, shell or path is full of them."""

    @property
    def has_tex(self) -> bool:
        """A command or a script on something."""
        return (
            self.has_command
            or _SHORT_COMMAND.search(self.source) is not None
            or _SCRIPT.search(self.source) is not None
        )

    @property
    def is_evident(self) -> bool:
        """A command, a script or an operator between operands."""
        return self.has_tex or _OPERATION.search(self.source) is not None

    @property
    def is_code(self) -> bool:
        """The shape of a program, a shell or a regular expression, without a command of TeX that says otherwise."""
        if self.has_command:
            return False
        source = self.source
        if "{" in source or "}" in source:
            if _ONE_BRACED_WORD.fullmatch(source) or not _is_balanced(source):
                return True
        elif source[:1] == "(" and _ONE_BRACED_WORD.fullmatch(source):
            return len(source) > 6
        return _CODE.search(source) is not None or ('"' in source and not self.is_quoted_equation)

    @property
    def is_quoted_equation(self) -> bool:
        """An equation with the quotes that a quiz left in it, `p(x)=(x-",a,")`, and no string of a program."""
        source = self.source
        return "=" in source and not source.endswith(('"', ";")) and " " not in source and self.is_evident

    @property
    def is_dangling(self) -> bool:
        """An operator or a sign at the end that something should follow."""
        return self.source.rstrip()[-1:] in _DANGLING

    def is_one_word(self, length: int) -> bool:
        """Nothing but a word in small letters of at least this length; `abc` and `xyz` are products."""
        source = self.source.strip()
        return (
            len(source) >= length
            and source.isalpha()
            and source.islower()
            and source not in ascii_lowercase
            and _FUNCTION.fullmatch(source) is None
        )

    @cached_property
    def words(self) -> "_Words":
        return _Words(self.source)


_LEVELS = {"{": 1, "}": -1}


def _is_balanced(source: str) -> bool:
    depth = 0
    for _, part in structure(source):
        depth += _LEVELS.get(part, 0)
        if depth < 0:
            return False
    return depth == 0


class _Words:
    """The words of a candidate outside commands and innermost groups; whether they make it prose."""

    def __init__(self, source: str) -> None:
        bare = _without_commands_and_groups(source)
        found = list(_WORD.finditer(bare))
        self.long = [match for match in found if _is_long(match.group())]
        linking = {
            match.group() for match in found if _PROSE_WORD.fullmatch(match.group()) and _stands_alone(bare, match)
        }
        neighbours = _are_neighbours(bare, self.long)
        self.capitals = _are_neighbours(bare, [match for match in found if len(match.group()) > 3])
        self.prose = neighbours or bool(linking)
        self.only_connectors = not neighbours and all(map(_CONNECTOR.fullmatch, linking)) and not source[0].isdigit()


def _are_neighbours(bare: str, words: list[re.Match[str]]) -> bool:
    return any(bare[left.end() : right.start()].strip(" \t\n'’,\u00a0\u202f") == "" for left, right in pairwise(words))


def _without_commands_and_groups(source: str) -> str:
    """The source with a bar in the place of each command and of each group or set in braces that holds no other.

    What surrounds inner groups stays: with a brace missing, a group may reach over two formulas and the prose between.
    """
    hidden: list[tuple[int, int]] = []
    opening: int | None = None
    for start, token in structure(source):
        match token:
            case "{" | r"\{":
                opening = start
            case "}" | r"\}" if opening is not None:
                while hidden and hidden[-1][0] > opening:
                    hidden.pop()
                hidden.append((opening, start + len(token)))
                opening = None
            case _ if token[1:].isalpha():
                hidden.append((start, start + len(token)))
    edges = [0, *(edge for span in hidden for edge in span), len(source)]
    return " | ".join(source[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))


def _is_long(word: str) -> bool:
    return len(word) > 2 and _FUNCTION.fullmatch(word) is None and not word.isupper()


def _stands_alone(bare: str, match: re.Match[str]) -> bool:
    """Whether a word has white space or an edge on both sides and is not all there is: `la` alone is a product."""
    before, after = bare[max(0, match.start() - 1) : match.start()], bare[match.end() : match.end() + 1]
    alone = (not before or before.isspace()) and (not after or after.isspace())
    return alone and len(match.group()) < len(bare)
