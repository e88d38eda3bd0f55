"""Copies on disk come back as they went, whatever they hold."""

import hashlib
from pathlib import Path

from contracts.graded_exam import (
    Content,
    GraphSegment,
    ImageSegment,
    MathSegment,
    Submission,
    TableSegment,
    TextSegment,
)
from services.renderer.exam.spool import Spool, read_span
from tests.builders import a_submission, an_answer

EVERYTHING: Content = (
    TextSegment(text="a"),
    MathSegment(latex="x"),
    ImageSegment(url="a.png"),
    TableSegment(rows=(((TextSegment(text="cell"),),),)),
    GraphSegment(),
)


def test_copies_come_back_in_any_order(tmp_path: Path) -> None:
    copies = [
        a_submission(),
        a_submission(an_answer(content=EVERYTHING, feedback=EVERYTHING)),
        a_submission(answers=()),
    ]
    with Spool(tmp_path / "copies.jsonl") as spool:
        for copy in copies:
            spool.append(copy)
    assert len(spool) == 3
    for index in (2, 0, 1):
        line = read_span(spool.path, *spool.span(index))
        assert Submission.model_validate_json(line) == copies[index]
        assert spool.digest(index) == hashlib.sha256(line).digest()
