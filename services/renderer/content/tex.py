"""TeX source cut into tokens: control sequences and characters (The TeXbook, chapter 7). Nothing is expanded. Pure."""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

_CONTROL_SEQUENCE = r"\\(?:[a-zA-Z]+|[\s\S])?"
_TOKEN = re.compile(rf"{_CONTROL_SEQUENCE}|[\s\S]")
_STRUCTURE = re.compile(rf"{_CONTROL_SEQUENCE}|[{{}}$]|\n[ \t]*\n")


def tokens(source: str) -> list[str]:
    """The source's tokens: control sequences with their backslash (`\\frac`, `\\{`), all other characters one by one.

    Joined, they are the source. A backslash at the very end is a control sequence without a name.
    """
    return _TOKEN.findall(source)


def structure(text: str) -> Iterator[tuple[int, str]]:
    """Position and text of each token that is no ordinary character: control sequences, `{`, `}`, `$`, blank lines."""
    return ((match.start(), match.group()) for match in _STRUCTURE.finditer(text))


class Span(NamedTuple):
    """The indices of the first token and of the one behind the last."""

    start: int
    stop: int


class Tokens:
    """The tokens of a source, with the groups in braces and the arguments of commands among them."""

    def __init__(self, source: str) -> None:
        self.all = tokens(source)

    @cached_property
    def _group_ends(self) -> dict[int, int]:
        """The index of each `{` and of its `}`, whatever the nesting; a brace without its other half is left out."""
        ends: dict[int, int] = {}
        opened: list[int] = []
        for index, token in enumerate(self.all):
            match token:
                case "{":
                    opened.append(index)
                case "}" if opened:
                    ends[opened.pop()] = index
        return ends

    @cached_property
    def _bracket_ends(self) -> dict[int, int]:
        """The index of each `[` and of the first `]` behind it; one without is left out."""
        ends: dict[int, int] = {}
        opened: list[int] = []
        for index, token in enumerate(self.all):
            match token:
                case "[":
                    opened.append(index)
                case "]":
                    ends.update(dict.fromkeys(opened, index))
                    opened.clear()
        return ends

    def text(self, start: int, stop: int | None = None) -> str:
        """The source of the tokens from `start` to before `stop`."""
        return "".join(self.all[start:stop])

    def is_at(self, index: int, token: str) -> bool:
        """Whether the token at an index is this one; False behind the last."""
        return index < len(self.all) and self.all[index] == token

    def skip_spaces(self, index: int) -> int:
        """The index of the first token from here on that is no white space."""
        while index < len(self.all) and self.all[index].isspace():
            index += 1
        return index

    def arguments(self, index: int, signature: str) -> list[Span] | None:
        """The arguments that begin at an index, in LaTeX's own notation (`xparse`): `s` star, `o` option, `m` group.

        A star or option that is not there is an empty span; None where a group is missing. Delimiters are included.
        """
        found: list[Span] = []
        for kind in signature:
            argument = self._argument(index, kind)
            if argument is None:
                return None
            found.append(argument)
            index = argument.stop
        return found

    def _argument(self, index: int, kind: str) -> Span | None:
        start = self.skip_spaces(index)
        if kind == "m":
            end = self._group_ends.get(start)
            return None if end is None else Span(start, end + 1)
        if kind == "s" and self.is_at(start, "*"):
            return Span(start, start + 1)
        if kind == "o" and self.is_at(start, "[") and (end := self._bracket_ends.get(start)):
            return Span(start, end + 1)
        return Span(index, index)

    def calls(self, is_command: Callable[[str], bool], signature: str) -> Iterator[tuple[Span, list[Span]]]:
        """Each call of such a command, from its name to its last argument, and its arguments; none inside another."""
        end = 0
        for index, token in enumerate(self.all):
            if index < end or not is_command(token):
                continue
            arguments = self.arguments(index + 1, signature)
            if arguments is not None:
                end = arguments[-1].stop
                yield Span(index, end), arguments

    def replaced(
        self,
        is_command: Callable[[str], bool],
        signature: str,
        call: Callable[[str], str],
        rest: Callable[[str], str] = str,
    ) -> str:
        """The source with each call of such a command put through `call`, and what stands between through `rest`."""
        parts: list[str] = []
        end = 0
        for span, _ in self.calls(is_command, signature):
            parts += [rest(self.text(end, span.start)), call(self.text(*span))]
            end = span.stop
        return "".join([*parts, rest(self.text(end))])
