r"""Every spelling in which Correcta's writers store content, read as segments. Pure.

| spelling | written by | read as |
|---|---|---|
| text, its line breaks | everybody | text |
| `$x$`, `$$x$$`, `\(x\)`, `\[x\]`, `\begin{align}..` | editors, students, AI grader | formulas (`dollars`) |
| `\$` | who knows TeX | a dollar |
| `[{"type":"text",..},..]` | editor of statements; answers with a table or graph | the segments |
| `[1, 2, 3]`, any other JSON | students | text |
| `![image](url)`, also in text segments | every editor | a picture (`pictures`) |
| `{"type":"image","url","alt"}` | PDF import | a picture |
| `<span data-structure="fraction">..` | the editor before this one | text and formulas (`legacy`) |
| U+200B at each Enter, soft hyphens, Word's bullets | text fields, pasting | the sign seen (`contracts.residue`) |

Elsewhere: a tick is `true` or `1` (`exam.correcta_rows`); an answer in parts has one content for each.
"""

from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from contracts.graded_exam import SEGMENTS, Content, MathSegment, Segment, TableSegment, TextSegment
from services.renderer.content import delimiters, legacy, pictures


def segments_of(content: Content) -> tuple[Segment, ...]:
    """The segments that some content stands for, whatever its spelling. Never raises."""
    if not isinstance(content, str):
        return _with_pictures(content)
    if _may_be_json(content):
        try:
            segments = SEGMENTS.validate_json(content)
        except ValidationError:
            segments = ()
        if segments:
            return _with_pictures(segments)
    if legacy.may_hold(content) and (former := legacy.segments(content)) is not None:
        return former
    if pictures.may_hold(content):
        return tuple(_delimited_between(pictures.split(content)))
    return tuple(_delimited(content))


def typed_text(content: Content, segments: Iterable[Segment]) -> str:
    """What of some content is to be read on the page: the typed text without its pictures, or its segments' text."""
    if isinstance(content, str) and not _may_be_json(content) and not legacy.may_hold(content):
        if not pictures.may_hold(content):
            return content
        return "".join(piece.text for piece in pictures.split(content) if isinstance(piece, TextSegment))
    return "".join(_written(segments))


def _may_be_json(content: str) -> bool:
    return content.lstrip().startswith("[") and content.rstrip().endswith("]")


def _written(segments: Iterable[Segment]) -> Iterator[str]:
    for segment in segments:
        if isinstance(segment, TextSegment):
            yield segment.text
        elif isinstance(segment, MathSegment):
            yield segment.latex
        elif isinstance(segment, TableSegment):
            for row in segment.rows:
                for cell in row:
                    yield from _written(cell)


def _delimited(text: str) -> Iterator[Segment]:
    for piece in delimiters.split(text):
        if piece.kind == "text":
            yield TextSegment(text=piece.source)
        else:
            yield MathSegment(latex=piece.source, display=piece.kind == "display")


def _delimited_between(segments: Iterable[Segment]) -> Iterator[Segment]:
    for segment in segments:
        if isinstance(segment, TextSegment):
            yield from _delimited(segment.text)
        else:
            yield segment


def _with_pictures(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    return tuple(_found(segments)) if any(map(_may_hold_pictures, segments)) else segments


def _may_hold_pictures(segment: Segment) -> bool:
    if isinstance(segment, TextSegment):
        return pictures.may_hold(segment.text)
    return isinstance(segment, TableSegment) and any(
        _may_hold_pictures(inner) for row in segment.rows for cell in row for inner in cell
    )


def _found(segments: Iterable[Segment]) -> Iterator[Segment]:
    for segment in segments:
        if isinstance(segment, TextSegment):
            yield from pictures.split(segment.text)
        elif isinstance(segment, TableSegment):
            rows = tuple(tuple(_with_pictures(cell) for cell in row) for row in segment.rows)
            yield segment.model_copy(update={"rows": rows})
        else:
            yield segment
