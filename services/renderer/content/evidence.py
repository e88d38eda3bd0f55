"""What speaks for and against a formula in the source between two delimiters: its signs and its words. Pure."""

import re
from functools import cached_property
from itertools import pairwise
from string import ascii_lowercase

from services.renderer.content.tex import structure

COMMAND = re.compile(r"(?<!\\)(?:\\\\)*\\[a-zA-Z]{2}")
"""One of at least two letters: no regular expression, shell or path is full of them."""

_SHORT_COMMAND = re.compile(r"\\[a-zA-Z]")
_OPERAND_BEFORE = r"[\w)\]}'’!|°%²³!]"
_SCRIPT = re.compile(rf"(?:{_OPERAND_BEFORE}\s*[\^_]|\A\s*[\^_](?=[{{\\\d]))\s*[\w{{\\+\-−*'(∞°]")
_OPERATION = re.compile(rf"{_OPERAND_BEFORE}\s*[=<>≤≥≠≈∈+\-−–*/×÷·±⇔⇒→]+\s*[\w(\[{{\\|+\-−√.∞]")
_WORD = re.compile(r"[^\W\d_]+")

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

_CODE = re.compile(
    r"(?<![\w)\]}|])\^[\[(]|\[\^|\[(?:a-z|A-Z|0-9|\\[dwsDWS]|:[a-z]+:)|\\[dwsDWS][+*?{$]|\(\?[:=!<]|\.[*+](?![\w(\\ ])"
    r"|(?<![\w\\])[a-zA-Z]{2,}_[a-zA-Z]{2,}|\A_[A-Z]{2}|=~\s*[/msqty]|\\(?:e|033|x1b)\["
)
"""Regular expressions, names in snake case, escape sequences."""

_ONE_BRACED_WORD = re.compile(r"\{[a-z_][a-zA-Z_]{2,}\d*\}|\([A-Z_]{2,}\)")
"""`${name}` and `$(NAME)`: a variable of a shell, a template or a makefile."""

_DANGLING = frozenset('=<>+-−*/×÷,;:.|&([{~%@#^_?\\"`')
_LEVELS = {"{": 1, "}": -1}


class Evidence:
    """What speaks for and against a formula in the source between two delimiters."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.has_command = COMMAND.search(source) is not None

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
    def words(self) -> "Words":
        """Its words."""
        return Words(self.source)


def _is_balanced(source: str) -> bool:
    depth = 0
    for _, part in structure(source):
        depth += _LEVELS.get(part, 0)
        if depth < 0:
            return False
    return depth == 0


class Words:
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
