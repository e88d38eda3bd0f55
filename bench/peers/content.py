"""The generated exams' text as the peers take it: runs of prose and of TeX between dollars."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import mathra

_DELIMITED = re.compile(r"\$\$([^$]+)\$\$|\$([^$]+)\$")


_EXTRAS = re.compile(r"<title.*?</title>|<metadata>.*?</metadata>", re.DOTALL)


class Run(NamedTuple):
    """A stretch of text, or a formula's LaTeX."""

    is_formula: bool
    value: str


class Entry(NamedTuple):
    """What a copy shows for one question."""

    label: str
    score: float | None
    maximum: float
    answer: str
    comment: str | None


class Copy(NamedTuple):
    """One student's copy."""

    name: str
    entries: list[Entry]


def runs(text: str) -> Iterator[Run]:
    """The text's runs in order."""
    end = 0
    for match in _DELIMITED.finditer(text):
        if match.start() > end:
            yield Run(False, text[end : match.start()])
        yield Run(True, match[1] or match[2])
        end = match.end()
    if end < len(text):
        yield Run(False, text[end:])


def read(path: Path) -> tuple[str, list[Copy]]:
    """An exam's title and its copies."""
    graded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    questions = [question for section in graded["exam"]["sections"] for question in section["questions"]]
    return graded["exam"]["title"], [_copy(submission, questions) for submission in graded["submissions"]]


def _copy(submission: dict[str, Any], questions: list[dict[str, Any]]) -> Copy:
    answers = {answer["questionId"]: answer for answer in submission["answers"]}
    return Copy(
        submission["student"]["name"], [_entry(question, answers.get(question["id"], {})) for question in questions]
    )


def _entry(question: dict[str, Any], answer: dict[str, Any]) -> Entry:
    return Entry(
        question["label"], answer.get("score"), question["maxPoints"], answer.get("content", ""), answer.get("feedback")
    )


@cache
def formula_svg(latex: str) -> tuple[str, str]:
    """A formula as a bare SVG and in words; each distinct one is laid out once, which favours the peers."""
    drawn = mathra.render(latex, locale="en")
    return _EXTRAS.sub("", drawn["svg"]), drawn["speech"]
