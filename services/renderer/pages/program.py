"""Programs as HTML: numbered, coloured lines, wrapped at the width of the page."""

from collections.abc import Sequence

from markupsafe import Markup

from contracts.residue import cleaned
from contracts.states import WarningCode
from services.renderer.content import code
from services.renderer.content.blocks import Truncation
from services.renderer.content.sizes import cut, size_of_text
from services.renderer.pages.resources import NOTHING
from services.renderer.pages.text import TextWriter

CODE_COLUMNS = 76
"""Characters of code that fit on a line of the page."""

_WHOLE = 15
"""Rows of a program that stay on one page."""


def program_html(writer: TextWriter, program: str, about: str) -> Markup:
    """A program; a row without a number goes on from the one above. `about` may name its language.

    What is over the limit of an answer is cut, with a note and a warning.
    """
    most = writer.segment.limits.answer_characters
    size = size_of_text(program)
    note = (
        writer.truncation(Truncation(WarningCode.CONTENT_TRUNCATED, "characters", most, size))
        if size > most
        else NOTHING
    )
    program = cleaned(cut(program, most)).removesuffix("\n")
    rows = []
    for number, line in enumerate(code.lines(program, code.language_of(program, about)), 1):
        for index, row in enumerate(code.wrapped(line, CODE_COLUMNS)):
            gutter = f"{number:>3}" if index == 0 else "  ↪"
            rows.append(Markup("<p><i>{} </i>{}</p>").format(gutter, _pieces(writer, row)))
    style = "code short" if len(rows) <= _WHOLE else "code"
    return Markup('<div class="{}">{}</div>{}').format(style, NOTHING.join(rows), note)


def _pieces(writer: TextWriter, row: Sequence[code.Piece]) -> Markup:
    return NOTHING.join(
        Markup('<b class="{}">{}</b>').format(style, writer.text(text)) if style else writer.text(text)
        for style, text in row
    )
