"""Graded exams, as JSON, whose fields hold hostile content: all that a student or a teacher writes.

An exam is plain data, as a file of `graded-exam.v1` has it: what is not valid must be possible, too.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

Json = Any
"""What JSON can say."""

QUESTIONS = 8
PER_COPY = 2 * QUESTIONS
"""Contents in each copy of `of_answers`: an answer and a comment for each question."""

IN_EVERY_FIELD = 19
"""Contents that `of_fields` makes of one text: statements, instructions, options, criteria, answers and comments.
Names, titles and labels are more.
"""


def of_answers(contents: Sequence[Json]) -> Json:
    """An exam in which the contents are answers and comments, `PER_COPY` to a copy, in their order."""
    groups = [contents[begin : begin + PER_COPY] for begin in range(0, len(contents), PER_COPY)]
    types = ["CODE", *["TEXT"] * (QUESTIONS - 1)]
    questions = [{"id": f"q{n}", "label": str(n), "type": kind, "maxPoints": 2} for n, kind in enumerate(types)]
    copies = [copy(number, _answers(group)) for number, group in enumerate(groups)]
    return exam([{"id": "s", "title": "", "questions": questions}], copies)


def _answers(contents: Sequence[Json]) -> Iterator[Json]:
    for question in range(QUESTIONS):
        answer, comment = (
            contents[place] if place < len(contents) else "" for place in (2 * question, 2 * question + 1)
        )
        yield {"questionId": f"q{question}", "content": answer, "feedback": comment, "score": 1, "origin": "teacher"}


def contents_of(exam: Json, submission_id: str) -> list[Json]:
    """The contents that `of_answers` put into a copy."""
    (copy,) = (each for each in exam["submissions"] if each["id"] == submission_id)
    return [each[key] for each in copy["answers"] for key in ("content", "feedback") if each[key]]


def of_fields(texts: Sequence[str]) -> Json:
    """An exam of one copy in which each of the texts stands in every field."""
    sections, answers = [], []
    for number, text in enumerate(texts):
        sections.append(_section(number, text))
        answers += _in_every_answer(number, text)
    made = exam(sections, [copy(0, answers, name=texts[0], email=texts[-1])])
    made["exam"] |= {
        "title": texts[0],
        "description": "\n".join(texts),
        "institution": {
            "id": "i",
            "name": texts[0],
            "timezone": texts[0],
            "branding": {"logo": texts[0], "color": texts[0]},
        },
        "course": {"code": texts[0], "name": texts[-1]},
    }
    made["classes"] = [{"id": f"c{number}", "name": text} for number, text in enumerate(texts)]
    made["absent"] = [{"name": text, "email": text, "classIds": [f"c{number}"]} for number, text in enumerate(texts)]
    made["notHandedIn"] = [{"name": text, "email": text} for text in texts]
    return made


def _section(number: int, text: str) -> Json:
    options = [{"id": f"o{number}", "content": text, "isCorrect": True}, {"id": text, "content": [picture(text)]}]
    rubric = [{"criteria": text, "levels": [{"label": text, "description": text, "points": 1}]}]
    kinds = {"text": "TEXT", "code": "CODE", "mcq": "MCQ"}
    return {
        "id": f"s{number}",
        "title": text,
        "label": text,
        "intro": text,
        "questions": [
            {
                "id": f"{name}{number}",
                "label": text,
                "type": kind,
                "content": text,
                "instruction": text,
                "maxPoints": 2,
                "options": options if kind == "MCQ" else [],
                "rubric": rubric,
            }
            for name, kind in kinds.items()
        ],
    }


def _in_every_answer(number: int, text: str) -> list[Json]:
    segments = [words(text), formula(text), picture(text), table(text), graph(text)]
    parts = [{"content": text, "instruction": text, "score": 1, "maxPoints": 1}, {"content": json.dumps(segments)}]
    return [
        {"questionId": f"text{number}", "parts": parts, "feedback": segments[:-1], "score": 1},
        {"questionId": f"code{number}", "content": text, "feedback": text, "score": 1},
        {"questionId": f"mcq{number}", "selectedOptionIds": [text, f"o{number}"], "feedback": text, "score": 1},
    ]


def words(text: str) -> Json:
    """A text segment."""
    return {"type": "text", "text": text}


def formula(latex: str, *, display: bool = False) -> Json:
    """A math segment."""
    return {"type": "math", "latex": latex, "display": display}


def picture(url: str) -> Json:
    """An image segment, alone."""
    return {"type": "image", "url": url, "alt": url}


def table(text: str) -> Json:
    """A table in which the text stands in a cell, beside a formula, a picture and a table of it."""
    inner = {"type": "table", "rows": [[[words(text)]]]}
    return {"type": "table", "rows": [[[words(text)], [formula(text)]], [[picture(text)], [inner]]]}


def graph(text: str) -> Json:
    """A graph whose every text, colour, expression and id is the given one."""
    style = {"color": text, "fill": text, "dash": text, "width": text}
    label = {"label": text, "id": text, "style": style}
    return {
        "type": "graph",
        "background": text,
        "axes": {"xMin": text, "xLabel": text, "yLabel": text},
        "points": [{"x": 1, "y": 1, "labelSegments": [words(text), formula(text)], **label}],
        "lines": [{"start": {"x": 0, "y": 0}, "end": {"x": 1, "y": 1}, "type": text, **label}],
        "curves": [{"start": {"x": 0, "y": 0}, "end": {"x": 1, "y": 1}, **label}],
        "functions": [
            {"expression": text, "domain": {"min": text, "max": text}, **label},
            {"expression": "x", **label},
        ],
        "areas": [{"mode": text, "functionId": text, "points": [text], "ignoreClick": text, **label}],
        "texts": [{"x": 0, "y": 0, "text": text, **label}],
    }


def copy(number: int, answers: Iterable[Json], *, name: str = "", email: str = "") -> Json:
    """A graded copy; copies have different numbers."""
    student = {"id": f"e{number}", "name": name or f"Élève {number:05d}", "email": email or f"e{number}@school.example"}
    return {
        "id": f"copy-{number:05d}",
        "student": student | {"classIds": ["c0"]},
        "submittedAt": "2026-01-20T10:00:00Z",
        "status": "GRADED",
        "answers": list(answers),
    }


def exam(sections: Sequence[Json], copies: Sequence[Json]) -> Json:
    """A whole exam of these sections and copies."""
    return {
        "exam": {
            "id": "exam",
            "title": "Contrôle",
            "institution": {"id": "i", "name": "Lycée d'essai"},
            "course": {"code": "X", "name": "Essais"},
            "sections": list(sections),
        },
        "classes": [{"id": "c0", "name": "Terminale"}],
        "asOf": "2026-01-20T10:00:00Z",
        "submissions": list(copies),
    }


def save(exam: Json | bytes, path: Path) -> None:
    """Write an exam, or what pretends to be one, as the file that a renderer reads."""
    path.write_bytes(exam if isinstance(exam, bytes) else json.dumps(exam).encode())
