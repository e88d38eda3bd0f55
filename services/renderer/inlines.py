"""Lines of text and formulas before they are markup: where they end, which way they read, what clings to what."""

from collections.abc import Sequence
from itertools import islice

from services.renderer import content
from services.renderer.characters import reads_right_to_left

_CLOSING = frozenset(",.;:!?)]}»…’'%°")
_OPENING = tuple("([{«")


def lines_of(inlines: Sequence[content.Inline]) -> list[list[content.Inline]]:
    lines: list[list[content.Inline]] = [[]]
    for inline in inlines:
        if isinstance(inline, content.LineBreak):
            lines.append([])
        else:
            lines[-1].append(inline)
    return lines


def runs_right_to_left(line: Sequence[content.Inline]) -> bool:
    return reads_right_to_left("".join(inline.text for inline in line if isinstance(inline, content.Text)))


def unindented(inlines: Sequence[content.Inline]) -> Sequence[content.Inline]:
    """A paragraph without the blank that parted it from the figure or formula above."""
    first = inlines[0] if inlines else None
    if isinstance(first, content.LineBreak):
        return inlines[1:]
    if isinstance(first, content.Text):
        return (content.Text(first.text.lstrip(" ")), *inlines[1:])
    return inlines


def batches(lines: list[list[content.Inline]], size: int) -> list[list[list[content.Inline]]]:
    rest = iter(lines)
    return list(iter(lambda: list(islice(rest, size)), []))


def clinging(inlines: Sequence[content.Inline], index: int) -> tuple[str, str, str]:
    """A text in three: what clings to the formula before it, the rest, what clings to the formula after it."""
    inline = inlines[index] if 0 <= index < len(inlines) else None
    if not isinstance(inline, content.Text):
        return "", "", ""
    text = inline.text
    start, end = 0, len(text)
    if index and isinstance(inlines[index - 1], content.Math):
        while start < min(end, 3) and text[start] in _CLOSING:
            start += 1
    if index + 1 < len(inlines) and isinstance(inlines[index + 1], content.Math) and text[start:end][-1:] in _OPENING:
        end -= 1
    return text[:start], text[start:end], text[end:]
