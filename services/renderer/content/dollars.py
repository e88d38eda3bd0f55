"""Decides whether the text between two dollars is a formula or prose between two amounts of money; in doubt, prose.

The rule starts from pandoc's `tex_math_dollars` (a formula hugs both its dollars and no digit follows it) and adds what
French prose needs: an amount stands *before* its dollar ("5$ à 10$", "5 $ et 10 $").
"""

import re

from services.renderer.content.tex import structure

_TEX = re.compile(r"\\[a-zA-Z]|[\^_{]")
_RELATION = re.compile(r"[=<>≤≥≠≈∈+*/×÷·]")
_AMOUNT_BEFORE = re.compile(r"\d[ \u00a0\u202f]?\Z")
_NUMBER_AFTER = re.compile(r"[ \u00a0\u202f]?\d")
_WORD = re.compile(r"[^\W\d_]+")

_FUNCTION = re.compile(
    r"(?:arc|ar)?(?:sin|cos|tan)h?|cot|sec|csc|cosec|log|exp|lim|max|min|sup|inf|det|dim|mod|p[gp]cd?m?|gcd|lcm"
    r"|card|var|cov|rang|ker|arg|sgn|sqrt|abs",
    re.IGNORECASE,
)
_CONNECTOR = re.compile(r"et|ou|and|or|si|if", re.IGNORECASE)
_PROSE_WORD = re.compile(
    r"à|en|une?|l[ae]s?|aux?|par|pour|sur|dans|qu[ei]|est|sont|donc|alors|soit|avec|moins|vaut|mais|des|où"
    r"|the|to|of|for|is|are|in|with|et|ou|and|or|si|if",
    re.IGNORECASE,
)


def is_formula(text: str, opening: int, closing: int) -> bool:
    """Whether the dollars at these two positions delimit a formula. Time grows with the distance between them."""
    source = text[opening + 1 : closing]
    if not source.strip():
        return False
    after_amount = _AMOUNT_BEFORE.search(text[max(0, opening - 2) : opening]) is not None
    before_number = _NUMBER_AFTER.match(text[closing + 1 : closing + 3]) is not None
    words = _Words(source)
    edges = source[0].isspace() + source[-1].isspace()
    if _TEX.search(source):
        return (edges == 0 and not after_amount) or not (words.prose or (after_amount and edges == 1))
    if edges:
        return not after_amount and not before_number and _is_padded_formula(source, words, edges)
    if text[closing + 1 : closing + 2].isdigit():
        return False
    if after_amount:
        return not words.prose and source[0] not in "/-+=,.;:" and any(map(str.isalpha, source))
    if opening and text[opening - 1].isalpha():
        return not words.prose and not words.long
    return not words.prose or (words.only_connectors and _RELATION.search(source) is not None)


def is_display_formula(source: str) -> bool:
    """Whether what stands between two double dollars is a formula: anything that is not plainly prose."""
    if not source.strip():
        return False
    evident = _TEX.search(source) or _RELATION.search(source)
    return evident is not None or not _Words(source).prose


def _is_padded_formula(source: str, words: "_Words", edges: int) -> bool:
    """`$ x $` unless its words are prose; `$x $`, with a space on one side, only with a relation or as one letter."""
    if words.prose:
        return False
    if edges == 2:
        return not words.long or _RELATION.search(source) is not None
    return not words.long and (_RELATION.search(source) is not None or _is_letter(source.strip()))


def _is_letter(source: str) -> bool:
    return len(source) == 1 and source.isalpha()


class _Words:
    """The words of a candidate outside commands and innermost groups; whether they make it prose."""

    def __init__(self, source: str) -> None:
        bare = _without_commands_and_groups(source)
        found = list(_WORD.finditer(bare))
        self.long = [match for match in found if _is_long(match.group())]
        linking = {
            match.group() for match in found if _PROSE_WORD.fullmatch(match.group()) and _stands_alone(bare, match)
        }
        neighbours = any(
            bare[left.end() : right.start()].strip(" \t\n'’,\u00a0\u202f") == ""
            for left, right in zip(self.long, self.long[1:], strict=False)
        )
        self.prose = neighbours or bool(linking)
        self.only_connectors = not neighbours and all(map(_CONNECTOR.fullmatch, linking)) and not source[0].isdigit()


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
