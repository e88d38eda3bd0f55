"""Inline content split into lines: their direction, and the punctuation that must stay with a formula. Pure."""

from collections.abc import Sequence

from services.renderer.content import blocks

_CLOSING = frozenset(",.;:!?)]}»…’'%°")
_OPENING = tuple("([{«")


def lines_of(inlines: Sequence[blocks.Inline]) -> list[list[blocks.Inline]]:
    """The inlines split at the writer's line breaks."""
    lines: list[list[blocks.Inline]] = [[]]
    for inline in inlines:
        if isinstance(inline, blocks.LineBreak):
            lines.append([])
        else:
            lines[-1].append(inline)
    return lines


def text_of(line: Sequence[blocks.Inline]) -> str:
    """The line's text without its formulas."""
    return "".join(inline.text for inline in line if isinstance(inline, blocks.Text))


def unindented(inlines: Sequence[blocks.Inline]) -> Sequence[blocks.Inline]:
    """A paragraph's inlines without the line break or spaces at its start: a figure or formula stands above it."""
    first = inlines[0] if inlines else None
    if isinstance(first, blocks.LineBreak):
        return inlines[1:]
    if isinstance(first, blocks.Text):
        return (blocks.Text(first.text.lstrip(" ")), *inlines[1:])
    return inlines


def batches(lines: list[list[blocks.Inline]], size: int) -> list[list[list[blocks.Inline]]]:
    """The lines in batches of at most `size`."""
    return [lines[start : start + size] for start in range(0, len(lines), size)]


def clinging(inlines: Sequence[blocks.Inline], index: int) -> tuple[str, str, str]:
    """The text at `index` split in three: punctuation after a formula, the rest, an opening bracket before a formula.

    The first and last must stay on the formula's line; all are empty where there is no text at that index.
    """
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
