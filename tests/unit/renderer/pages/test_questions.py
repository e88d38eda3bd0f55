"""A question of a copy as the template shows it."""

from decimal import Decimal

import pytest

from contracts.graded_exam import AnswerPart
from contracts.options import Language, ReportOptions
from services.renderer.grading.marks import Mark
from services.renderer.pages.context import PageContext
from services.renderer.pages.questions import QuestionViews, score_text
from tests.builders import a_question, an_answer, an_exam_header, an_mcq
from tests.unit.renderer.pages.fragments import fragments_of


def context(language: Language = Language.FR, **options: bool) -> PageContext:
    return PageContext(an_exam_header(), ReportOptions(language=language, **options))


def test_a_mark_is_never_a_bare_zero_where_there_is_none() -> None:
    assert score_text(Mark("q", None, Decimal(2)), context()) == "non noté\u00a0/\u00a02"
    assert score_text(Mark("q", Decimal(0), Decimal(2)), context()) == "0\u00a0/\u00a02"
    assert score_text(Mark("q", Decimal("1.5"), Decimal(2)), context(Language.EN)) == "1.5\u00a0/\u00a02"


def test_a_question_with_its_answer_and_its_mark() -> None:
    mark = Mark("q1", Decimal(3), Decimal(4), harmonized_from=Decimal("2.5"))
    view = QuestionViews(context(), fragments_of(), a_question()).view(
        an_answer(content="Dit.", feedback="Bien."), mark
    )
    assert [box.html for box in view.boxes] == ["<p>Dit.</p>"]
    assert view.comment == "<p>Bien.</p>"
    assert (view.score.tone, view.score.text) == ("part", "3\u00a0/\u00a04")
    assert view.score.why[-1] == "2,5 → 3"


def test_what_the_options_leave_out_is_empty() -> None:
    bare = context(statements=False, comments=False)
    view = QuestionViews(bare, fragments_of(), a_question()).view(an_answer(), Mark("q1", None, Decimal(4)))
    assert (view.statement, view.comment, view.criteria) == ("", "", ())


@pytest.mark.parametrize(
    ("instruction", "statement"),
    [
        ("Justifier.", "<p>Dériver f.</p><p>Justifier.</p>"),
        ("dériver  f", "<p>Dériver f.</p>"),
        ("f.", "<p>Dériver f.</p>"),
        ("Dériver", "<p>Dériver f.</p><p>Dériver</p>"),
        ("\u200b", "<p>Dériver f.</p>"),
        (None, "<p>Dériver f.</p>"),
    ],
)
def test_the_instruction_of_the_one_part_follows_unless_it_repeats_the_statement(
    instruction: str | None, statement: str
) -> None:
    question = a_question(content="Dériver f.", instruction=instruction)
    view = QuestionViews(context(), fragments_of(), question).view(None, Mark("q1", None, Decimal(4)))
    assert view.statement == statement
    one = an_answer(parts=(AnswerPart(content="2x", instruction=instruction),))
    (box,) = QuestionViews(context(), fragments_of(), question).view(one, Mark("q1", None, Decimal(4))).boxes
    assert box.instruction == ""


def test_an_answer_of_residue_is_no_answer() -> None:
    view = QuestionViews(context(), fragments_of(), a_question()).view(
        an_answer(content="\u200b"), Mark("q1", None, Decimal(4))
    )
    assert [box.html for box in view.boxes] == [""]


def test_an_option_that_was_deleted_is_shown() -> None:
    answer = an_answer(selected_option_ids=("gone",))
    view = QuestionViews(context(), fragments_of(), an_mcq()).view(answer, Mark("q2", None, Decimal(2)))
    (box,) = view.boxes
    assert [choice.icon for choice in box.choices][-1] == "wrong"
    assert len(box.choices) == len(an_mcq().options) + 1
