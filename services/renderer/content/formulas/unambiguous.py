"""Where mathra's phrase would be that of another formula, words that are only heard: `u_{n+1}` is not `u_n+1`.

The words are put into the LaTeX that is spoken, never into what is drawn. Sums, limits and integrals are left to
mathra, which knows where their bounds end.
"""

import re
from dataclasses import dataclass, field

from services.renderer.content.tex import Span, Tokens
from services.renderer.language.document_words import SpokenWords

_FRACTIONS = frozenset({r"\frac", r"\dfrac", r"\tfrac", r"\binom"})
_BARS = frozenset({r"\overline", r"\bar"})
_OTHER_LANGUAGES = frozenset(
    {r"\ce", r"\ch", r"\pu", r"\num", r"\si", r"\unit", r"\SI", r"\qty", r"\text", r"\textrm", r"\textbf", r"\mbox"}
    | {r"\begin", r"\end", r"\operatorname", r"\tag", r"\label"}
)
"""Commands whose first argument is no formula, or not one of LaTeX's own."""

_SIMPLE = re.compile(r"\s*(?:[\d.,]*|[^\W\d_]|\\[a-zA-Z]+|\\(?:text|mathrm|mathit|textrm)\s*\{[^{}]*\})\s*")
_OPERATOR = re.compile(r"[-+=<>/]|\\(?:times|cdot|cup|cap|leq?|geq?|wedge|vee)(?![a-zA-Z])")
_STARS = frozenset({"*", r"\ast", r"\star"})


def unambiguous(source: str, words: SpokenWords) -> str:
    """The source with words where the phrase needs them."""
    rewriter = _Rewriter(Tokens(source), words)
    rewriter.run()
    return rewriter.written()


@dataclass
class _Rewriter:
    """The words to be put `before` tokens, and `instead` of them, by index."""

    source: Tokens
    words: SpokenWords
    before: dict[int, str] = field(default_factory=dict)
    instead: dict[int, str] = field(default_factory=dict)

    def run(self) -> None:
        behind = 0
        for index, part in enumerate(self.source.all):
            if index < behind:
                continue
            if part in _OTHER_LANGUAGES:
                behind = self._argument(index).stop
            elif part in ("_", "^"):
                self._script(index, self._argument(index))
            elif part in _FRACTIONS:
                self._fraction(index)
            elif part in _BARS:
                self._bar(index, self._argument(index))
            elif part in (r"\ast", r"\star"):
                self.instead[index] = said(self.words.star)
            elif part == "!" and self._previous(index) == r"\exists":
                self.instead[index] = said(self.words.unique)

    def written(self) -> str:
        parts = [
            self.before.get(index, "") + self.instead.get(index, part) for index, part in enumerate(self.source.all)
        ]
        return "".join([*parts, self.before.get(len(self.source.all), "")])

    def _argument(self, index: int) -> Span:
        """What a command or a script takes: a group, or the next token."""
        found = self.source.arguments(index + 1, "m")
        following = min(self.source.skip_spaces(index + 1), len(self.source.all))
        return found[0] if found else Span(following, min(following + 1, len(self.source.all)))

    def _previous(self, index: int) -> str:
        while index and self.source.all[index - 1].isspace():
            index -= 1
        return self.source.all[index - 1] if index else ""

    def _script(self, index: int, argument: Span) -> None:
        if mark := self._mark(index, argument):
            self.instead |= dict.fromkeys(range(index, argument.stop), "") | {index: said(mark)}
        elif self._is_unheard(index, argument):
            self.before[argument.start + 1] = said(",")  # of an exponent with several parts mathra says the end itself
            if self.source.is_at(index, "_"):
                self.before[argument.stop - 1] = said(f", {self.words.end_of_index},")

    def _mark(self, index: int, argument: Span) -> str:
        """What a superscript is called that is no power: a star, the charge of an ion."""
        if self.source.is_at(index, "_"):
            return ""
        mark = self.source.text(*argument).strip("{} ")
        if mark in _STARS:
            return self.words.star
        is_charge = mark in ("+", "-") and self._previous(index) == "}"
        return {"+": self.words.plus, "-": self.words.minus}[mark] if is_charge else ""

    def _is_unheard(self, index: int, argument: Span) -> bool:
        """Whether one can't hear where a script in braces ends."""
        inner, base = self.source.text(*argument), self._previous(index)
        if not inner.startswith("{") or not (base.isalnum() or base in ("}", "'")):
            return False
        if self.source.is_at(index, "_"):
            return not _SIMPLE.fullmatch(inner[1:-1])
        return "^" in inner or "_" in inner

    def _fraction(self, index: int) -> None:
        arguments = self.source.arguments(index + 1, "mm")
        if arguments and self.source.is_at(self.source.skip_spaces(arguments[-1].stop), "^"):
            self.before[arguments[-1].stop] = said(f", {self.words.whole},")

    def _bar(self, index: int, argument: Span) -> None:
        if _OPERATOR.search(self.source.text(*argument)):
            self.before |= {index: said(f"{self.words.bar_over},")}
            self.before |= {argument.stop: said(f", {self.words.end_of_bar},")}
            self.instead[index] = ""


def said(text: str) -> str:
    """Words as LaTeX text, to be spoken beside what stands around them."""
    return rf"\text{{ {text} }}"
