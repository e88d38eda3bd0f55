"""The HTML of a copy: titles of sections, and warnings that name the place where they happened."""

import pytest

from contracts.graded_exam import Section
from contracts.options import ReportOptions
from services.renderer.grading.marks import mark_copy
from services.renderer.pages.context import PageContext
from services.renderer.pages.copies import CopyPages, section_title
from tests.builders import a_question, a_section, a_student, a_submission, an_answer, an_exam, an_exam_header
from tests.unit.renderer.pages.fragments import fragments_of


@pytest.mark.parametrize(
    ("title", "label", "shown"),
    [("Analyse", None, "Analyse"), ("Analyse", "Partie A", "Partie A – Analyse"), ("", "Partie A", ""), ("", None, "")],
)
def test_sections_are_titled_as_correcta_shows_them(title: str, label: str | None, shown: str) -> None:
    assert section_title(Section(id="s", title=title, label=label)) == shown


def test_a_warning_names_the_section_or_the_question_and_of_the_head_neither() -> None:
    hidden = "\u202e"
    section = a_section(a_question(), title=f"Analyse{hidden}", label="Partie A")
    header = an_exam_header(exam=an_exam(sections=(section,)))
    submission = a_submission(an_answer(content=hidden), student=a_student(name=f"Zoé{hidden}"))
    fragments = fragments_of()
    CopyPages(PageContext(header, ReportOptions())).copy(
        submission, mark_copy(header.exam, submission), fragments, None
    )
    messages = [warning.message for warning in fragments.resources.warnings.values()]
    assert [message.partition("\u00a0:")[0] for message in messages[:2]] == ["Question 1.1", "Partie A"]
    assert "Question" not in messages[2]
