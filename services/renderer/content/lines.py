"""Lines of text and formulas before they are markup: where they end, which way they read, what clings to what."""

from collections.abc import Sequence
from itertools import islice

from services.renderer.content import blocks
from services.renderer.content.characters import reads_right_to_left

_CLOSING = frozenset(",.;:!?)]}»…’'%°")
_OPENING = tuple("([{«")


def lines_of(inlines: Sequence[blocks.Inline]) -> list[list[blocks.Inline]]:
    lines: list[list[blocks.Inline]] = [[]]
    for inline in inlines:
        if isinstance(inline, blocks.LineBreak):
            lines.append([])
        else:
            lines[-1].append(inline)
    return lines


def runs_right_to_left(line: Sequence[blocks.Inline]) -> bool:
    return reads_right_to_left("".join(inline.text for inline in line if isinstance(inline, blocks.Text)))


def unindented(inlines: Sequence[blocks.Inline]) -> Sequence[blocks.Inline]:
    """A paragraph without the blank that parted it from the figure or formula above."""
    first = inlines[0] if inlines else None
    if isinstance(first, blocks.LineBreak):
        return inlines[1:]
    if isinstance(first, blocks.Text):
        return (blocks.Text(first.text.lstrip(" ")), *inlines[1:])
    return inlines


def batches(lines: list[list[blocks.Inline]], size: int) -> list[list[list[blocks.Inline]]]:
    rest = iter(lines)
    return list(iter(lambda: list(islice(rest, size)), []))


def clinging(inlines: Sequence[blocks.Inline], index: int) -> tuple[str, str, str]:
    """A text in three: what clings to the formula before it, the rest, what clings to the formula after it."""
    inline = inlines[index] if 0 <= index < len(inlines) else None
    if not isinstance(inline, blocks.Text):
        return "", "", ""
    text = inline.text
    start, end = 0, len(text)
    if index and isinstance(inlines[index - 1], blocks.Math):
        while start < min(end, 3) and text[start] in _CLOSING:
            start += 1
    if index + 1 < len(inlines) and isinstance(inlines[index + 1], blocks.Math) and text[start:end][-1:] in _OPENING:
        end -= 1
    return text[:start], text[start:end], text[end:]
