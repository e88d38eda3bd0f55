"""Which variants of a common exam ask the same as it does: rows of Correcta in, the ids of those that do not out.

Variants begin as copies of the exam, under new ids, and are saved again by the editor, which gives the segments
of their content new ids and other spellings. So they are compared by their words: ids, spaces, invisible residue of
editors and the way a formula or a picture is stored do not count. Pure.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from contracts.correcta import question_maximum
from contracts.graded_exam import SEGMENTS, GraphSegment, ImageSegment, MathSegment, Segment, TableSegment, TextSegment
from contracts.residue import cleaned

Row = Mapping[str, Any]

_PICTURE = re.compile(r"!\[[^\[\]]*\]\(")
_NAMING = ("id", "pointId", "functionId", "functionId2", "lineId")
"""The keys of a graph's parts that hold their ids."""


def differing(
    exam_ids: Sequence[str], sections: Iterable[Row], questions: Iterable[Row], segments: Iterable[Row]
) -> frozenset[str]:
    """The exams that ask something else than the first one; an exam without questions asks nothing else.

    Args:
        sections: id, exam_id, intro of the exams' sections, in order.
        questions: id, section_id, type, content, require_all_correct, max_points of their questions, in order.
        segments: question_id, instruction, max_points, is_correct of the questions' segments, in order.
    """
    common, *variants = exam_ids
    if not variants:
        return frozenset()
    of_exam, of_section = _grouped(sections, "exam_id"), _grouped(questions, "section_id")
    of_question = _grouped(segments, "question_id")

    def asked(exam_id: str) -> list[tuple[object, ...]]:
        return [
            (
                words(section["intro"]),
                tuple(_question(row, of_question[row["id"]]) for row in of_section[section["id"]]),
            )
            for section in of_exam[exam_id]
        ]

    wanted = asked(common)
    others = ((exam_id, asked(exam_id)) for exam_id in variants)
    return frozenset(exam_id for exam_id, found in others if any(rows for _, rows in found) and found != wanted)


def _grouped(rows: Iterable[Row], column: str) -> Mapping[str, Sequence[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups


def _question(row: Row, segments: Sequence[Row]) -> tuple[object, ...]:
    is_mcq = row["type"] == "MCQ"
    maximum = question_maximum(is_mcq, row["max_points"], [segment["max_points"] for segment in segments])
    parts = [(words(segment["instruction"]), is_mcq and bool(segment["is_correct"])) for segment in segments]
    return row["type"], words(row["content"]), maximum, bool(row["require_all_correct"]), tuple(parts)


def variant_title(variant: Row, common: Row, class_names: Mapping[str, str]) -> str:
    """What a variant (title, class_ids) is called: by its title, with its classes where that is the common one."""
    title: str = variant["title"]
    classes = ", ".join(class_names[class_id] for class_id in variant["class_ids"] if class_id in class_names)
    return f"{title} – {classes}" if title == common["title"] and classes else title


def words(content: str | None) -> tuple[object, ...]:
    """The words of a stored content: its text with its formulas and pictures, its tables and its graphs, in order."""
    written = content or ""
    if written.lstrip().startswith("["):
        try:
            return tuple(_joined(SEGMENTS.validate_json(written)))
        except (ValidationError, RecursionError):
            pass  # a text that begins with a bracket
    return tuple(_text(written))


def _joined(segments: Iterable[Segment]) -> Iterator[object]:
    text = ""
    for segment in segments:
        match segment:
            case TextSegment():
                text += segment.text
            case MathSegment():
                text += f"${segment.latex}$"
            case ImageSegment():
                text += f"![]({segment.url})"
            case TableSegment():
                yield from _text(text)
                yield tuple(tuple(tuple(_joined(cell)) for cell in row) for row in segment.rows)
                text = ""
            case GraphSegment():
                yield from _text(text)
                yield _without_ids(segment.model_dump())
                text = ""
    yield from _text(text)


def _text(text: str) -> Iterator[str]:
    """The text in one spelling; nothing where it is blank."""
    shown = unicodedata.normalize("NFC", _PICTURE.sub("![](", cleaned(text)))
    if line := " ".join(shown.split()):
        yield line


def _without_ids(graph: dict[str, Any]) -> Any:
    """A graph whose parts are named by their places."""
    places: dict[str, int] = {}
    for kind in ("points", "lines", "curves", "functions", "areas", "texts"):
        for part in graph[kind]:
            if isinstance(part.get("id"), str):
                places.setdefault(part["id"], len(places))
    return _placed(graph, places)


def _placed(value: Any, places: Mapping[str, int]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: places.get(inner, inner) if key in _NAMING and isinstance(inner, str) else _placed(inner, places)
            for key, inner in value.items()
            if key != "id" or not isinstance(inner, str)
        }
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(_placed(inner, places) for inner in value)
    return value
