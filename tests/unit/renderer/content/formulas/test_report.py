"""What `correcta-render formulas` answers, line by line."""

import json

from services.renderer.content.formulas import report
from services.renderer.language.french import FRENCH


def test_the_report_has_an_answer_for_each_line() -> None:
    answers = list(report(["x\n", r"\includegraphics{y}" + "\r\n"], FRENCH))
    assert [sorted(answer) for answer in answers] == [["latex", "mathml", "speech", "svg", "warnings"]] * 2
    assert answers[0]["latex"] == "x"
    assert answers[0]["warnings"] == []
    assert answers[1]["warnings"][0]["code"] == "formula_not_drawn"
    assert json.loads(json.dumps(answers)) == answers
