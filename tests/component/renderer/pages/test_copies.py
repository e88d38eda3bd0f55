"""What stands on the pages of a copy, and where they break."""

from pathlib import Path
from typing import Any

import pytest

from contracts.graded_exam import (
    AnswerPart,
    Content,
    Criterion,
    GraphSegment,
    ImageSegment,
    MathSegment,
    Option,
    TableSegment,
    TextSegment,
)
from contracts.options import Audience, Language, ReportOptions
from contracts.states import WarningCode
from services.renderer.grading.marks import mark_copy
from services.renderer.limits import Limits
from services.renderer.typesetting.typesetter import Typesetter
from tests.builders import (
    a_question,
    a_section,
    a_student,
    a_submission,
    an_answer,
    an_exam,
    an_exam_header,
    an_mcq,
    an_mcq_answer,
)
from tests.component.renderer.segments import one_question, set_copy
from tests.pdfs import a_png, elements_of, errors_of, page_of, text_of, words_of


def test_a_copy_says_who_what_and_how_much() -> None:
    text = words_of(set_copy().pdf)
    for expected in (
        "Zoé Lefèvre",
        "Terminale A",
        "Devoir surveillé n° 3 : dérivation",
        "20 janvier 2026 à 11 h 00 (Europe/Paris)",
        "4 / 6",
        "Réponse de l’élève",
        "3 / 4",
        "enseignant",
        "Commentaire",
        "cochée · correcte",
        "non cochée · attendue",
        "1/1",
    ):
        assert expected in text, expected


def test_a_homonym_is_told_apart_except_where_no_name_may_be() -> None:
    copy = a_submission(student=a_student(qualifier="zoe.lefevre2"))
    assert "Zoé Lefèvre (zoe.lefevre2)" in words_of(set_copy(copy).pdf)
    assert "lefevre2" not in words_of(set_copy(copy, audience=Audience.ANONYMOUS, number=1).pdf)


def test_what_was_written_can_be_copied() -> None:
    submission, header = one_question("Or 3,50 € et œuvre ≤ 12 — « fin ».")
    assert "Or 3,50 € et œuvre ≤ 12 — « fin »." in words_of(set_copy(submission, header).pdf)


def test_not_graded_is_never_zero() -> None:
    submission = a_submission(an_answer(score=None), an_mcq_answer(score=None), status="SUBMITTED")
    text = words_of(set_copy(submission).pdf)
    assert "non noté" in text
    assert "Copie non corrigée" in text
    assert "0 / 4" not in text


def test_a_copy_in_grading_says_so() -> None:
    submission = a_submission(an_answer(), an_mcq_answer(score=None), status="GRADING_IN_PROGRESS")
    text = words_of(set_copy(submission).pdf)
    assert "Correction en cours" in text
    assert "total provisoire" in text


def test_a_harmonised_mark_shows_both() -> None:
    submission = a_submission(an_answer(score=3.5, harmonized_from=3.0))
    assert "harmonisé 3 → 3,5" in words_of(set_copy(submission).pdf)


def test_a_part_has_its_own_frame_and_points() -> None:
    parts = (
        AnswerPart(content="premier", max_points=1.0, score=0.5, instruction="Commencer."),
        AnswerPart(content="[1, 2, 3]", max_points=3.0),
    )
    submission, header = one_question("")
    submission = submission.model_copy(update={"answers": (an_answer(content="", parts=parts, score=None),)})
    text = words_of(set_copy(submission, header).pdf)
    assert "Commencer. Réponse de l’élève (1/2) 0,5 / 1 premier" in text
    assert "[1, 2, 3]" in text


def test_code_is_numbered_and_whole() -> None:
    submission, header = one_question("def f(x):\n    return x < 3", type="CODE", content="En Python.")
    text = text_of(set_copy(submission, header).pdf, "-layout")
    assert "1 def f(x):" in text
    assert "return x < 3" in text


@pytest.mark.parametrize("parts", [False, True])
@pytest.mark.parametrize("segments", [False, True])
def test_code_is_never_read_as_mathematics(segments: bool, parts: bool) -> None:
    program = "\n".join(
        (
            'echo "$HOME/$USER" # $x^2$ et $$y$$',
            r"re.sub(r'\(a\)\[b\]', '\frac{1}{2}', s) \$",
            '[{"type":"math","latex":"x"}]',
        )
    )
    written = (TextSegment(text=program),) if segments else program
    answer = an_answer(parts=(AnswerPart(content=written),), content="") if parts else an_answer(content=written)
    header = an_exam_header(exam=an_exam(sections=(a_section(a_question(type="CODE", content="Ecrire.")),)))
    pdf = set_copy(a_submission(answer), header, comments=False).pdf
    text = words_of(pdf)
    for line in program.splitlines():
        assert line in text
    assert not [alt for kind, alt in elements_of(pdf) if kind == "Formula"]


def test_criteria_and_tables_and_images() -> None:
    head = ((MathSegment(latex="x"),), (TextSegment(text="signe"),))
    table = TableSegment(rows=(head, ((), (TextSegment(text="+"),))))
    content = (TextSegment(text="Voir"), table, ImageSegment(url="data:x", alt="Un carré noir"))
    rubric = (Criterion(criteria="Rigueur", levels=({"label": "Absente", "points": 0},)),)
    submission, header = one_question(content, rubric=rubric)
    rendered = set_copy(submission, header, {"data:x": a_png()}, audience=Audience.TEACHER)
    assert "Rigueur 0 Absente" in words_of(rendered.pdf)
    elements = elements_of(rendered.pdf)
    assert ("Figure", "Un carré noir") in elements
    assert [kind for kind, _ in elements].count("TH") == 2
    assert not rendered.warnings


@pytest.mark.parametrize("audience", Audience)
def test_criteria_and_addresses_are_for_teachers_and_juries(audience: Audience) -> None:
    submission, header = one_question(rubric=(Criterion(criteria="Consigne privée"),))
    text = words_of(set_copy(submission, header, audience=audience, number=1).pdf)
    shown = audience in (Audience.TEACHER, Audience.JURY)
    assert ("Consigne privée" in text) is ("Critères" in text) is (submission.student.email in text) is shown
    assert ("Zoé Lefèvre" in text) is (audience is not Audience.ANONYMOUS)
    assert ("Copie rendue le" in text) is (audience is not Audience.ANONYMOUS)


@pytest.mark.parametrize("comment", ["Correct answer", "Incorrect answer", (TextSegment(text="Correct answer\n"),)])
def test_correcta_s_own_comment_beside_its_own_mark_is_left_out(comment: Content) -> None:
    text = words_of(set_copy(a_submission(an_answer(feedback=comment, origin="auto"))).pdf)
    assert "answer" not in text
    assert "Commentaire" not in text


@pytest.mark.parametrize(
    ("comment", "origin"),
    [
        ("Correct answer", "teacher"),
        ("Incorrect answer", "ai"),
        ("Correct answer", None),
        ("Correct answer, but say why.", "auto"),
        ("Correct answer\n\nRevoir le cours", "auto"),
    ],
)
def test_what_somebody_else_wrote_is_never_left_out(comment: str, origin: Any) -> None:
    text = words_of(set_copy(a_submission(an_answer(feedback=comment, origin=origin))).pdf)
    assert " ".join(comment.split()) in text


def test_a_section_title_draws_its_formula() -> None:
    header = an_exam_header(exam=an_exam(sections=(a_section(title="Où $x^2$ règne", label="Partie A"),)))
    pdf = set_copy(header=header).pdf
    assert "Partie A – Où x2 règne" in words_of(pdf)
    assert "$" not in words_of(pdf)


def test_what_announces_a_figure_stays_with_it() -> None:
    """Pages are filled to every height around the place where the picture no longer fits."""
    seen = set()
    for lines in range(6, 40, 2):
        content = "\n".join(["x"] * lines) + "\nVoici :"
        submission, header = one_question((TextSegment(text=content), ImageSegment(url="data:x", alt="Un carré")))
        pdf = set_copy(submission, header, {"data:x": a_png(400)}).pdf
        (said,) = (index for index, page in enumerate(text_of(pdf).split("\f")) if "Voici :" in page)
        assert page_of(pdf, "Un carré") == said, lines
        seen.add(said)
    assert seen == {0, 1}


def test_a_mark_is_never_parted_from_its_question() -> None:
    for lines in range(20, 50, 3):
        questions = (a_question(), a_question(id="q9", label="9.9", content="Neuf."))
        header = an_exam_header(exam=an_exam(sections=(a_section(*questions),)))
        answers = (an_answer(content="\n".join(["x"] * lines), feedback=None), an_answer(question_id="q9", score=1.5))
        pages = text_of(set_copy(a_submission(*answers), header).pdf, "-layout").split("\f")
        assert [("1,5 / 4" in page) for page in pages[1:]] == [("Neuf." in page) for page in pages[1:]], lines
        (page,) = (page for page in pages if "Neuf." in page)
        assert "Réponse de l’élève" in page.split("Neuf.")[1], lines


def test_an_option_is_never_parted_from_its_label() -> None:
    """Pages are filled to every height around a question whose options do not all fit."""
    options = tuple(Option(id=f"o{place}", content=f"Choix {place}", is_correct=not place) for place in range(6))
    parted = set()
    for lines in range(18, 32):
        header = an_exam_header(exam=an_exam(sections=(a_section(a_question(), an_mcq(options=options)),)))
        answers = (an_answer(content="\n".join(["x"] * lines), feedback=None), an_mcq_answer(selected_option_ids=()))
        pages = text_of(set_copy(a_submission(*answers), header).pdf, "-layout").split("\f")
        assert [page.count("Choix") for page in pages] == [page.count("non cochée") for page in pages], lines
        parted.add(tuple(page.count("Choix") for page in pages))
    assert len(parted) > 2


def test_a_comment_stands_by_what_it_is_about() -> None:
    seen = set()
    for lines in range(20, 50, 2):
        questions = (a_question(), a_question(id="q9", label="9.9", content="Neuf."))
        header = an_exam_header(exam=an_exam(sections=(a_section(*questions),)))
        answers = (
            an_answer(content="\n".join(["x"] * lines), feedback=None),
            an_answer(question_id="q9", content="Dit.", feedback="Bien vu."),
        )
        pages = text_of(set_copy(a_submission(*answers), header).pdf).split("\f")
        assert [("Dit." in page) for page in pages] == [("Bien vu." in page) for page in pages], lines
        seen.add(len(pages))
    assert len(seen) == 2


def test_the_marks_at_a_glance_are_not_broken() -> None:
    questions = tuple(a_question(id=f"q{place}", label=f"III.{place}") for place in range(12))
    header = an_exam_header(exam=an_exam(sections=(a_section(*questions),)))
    lines = text_of(set_copy(a_submission(), header).pdf, "-layout").splitlines()
    assert not [line for line in lines if line.rstrip().endswith("III.")]


def test_numbers_are_read_in_a_line_of_hebrew() -> None:
    submission, header = one_question("Le mot\nהנגזרת של $x$ היא 2\nfin")
    assert "2" in words_of(set_copy(submission, header).pdf)


def test_a_graph_is_a_figure_that_speaks() -> None:
    graph = GraphSegment(
        functions=({"id": "f", "expression": "x^2"},), axes={"xMin": -2, "xMax": 2, "yMin": 0, "yMax": 4}
    )
    submission, header = one_question((graph,))
    alts = [alt for kind, alt in elements_of(set_copy(submission, header).pdf) if kind == "Figure"]
    assert len(alts) == 1
    assert len(alts[0].split()) > 5


def test_options_leave_out_what_they_name() -> None:
    bare = words_of(set_copy(statements=False, comments=False).pdf)
    assert "Calculer la dérivée" not in bare
    assert "Commentaire" not in bare
    assert "On a" in bare


def test_english() -> None:
    text = words_of(set_copy(language=Language.EN).pdf)
    assert "Student’s answer" in text
    assert "ticked · right" in text
    assert "Réponse" not in text


def test_an_image_that_cannot_be_had_is_a_note_and_a_warning() -> None:
    submission, header = one_question((ImageSegment(url="https://x/y.png", alt="Schéma"),))
    rendered = set_copy(submission, header)
    assert "Image non affichée" in words_of(rendered.pdf)
    assert [warning.code for warning in rendered.warnings] == [WarningCode.IMAGE_UNAVAILABLE]
    assert rendered.warnings[0].submission_id == submission.id
    assert "Question 1.1" in rendered.warnings[0].message


def test_a_placeholder_holds_none_of_the_content() -> None:
    header = an_exam_header()
    submission = a_submission()
    typesetter = Typesetter(header, ReportOptions(), Limits())
    text = words_of(typesetter.placeholder(mark_copy(header.exam, submission), "Trop longue.").pdf)
    assert "Zoé Lefèvre" in text
    assert "Trop longue." in text
    assert "On a" not in text


def test_an_mcq_shows_an_option_that_is_gone() -> None:
    header = an_exam_header(exam=an_exam(sections=(a_section(an_mcq(options=(Option(id="o1", content="Oui"),))),)))
    submission = a_submission(an_mcq_answer(selected_option_ids=("gone",)))
    assert "proposition supprimée" in words_of(set_copy(submission, header).pdf)


def test_a_page_that_goes_on_with_a_question_says_which() -> None:
    heads = []
    for lines in (5, 32, 33, 34, 35, 60):
        questions = (a_question(label="1.1"), a_question(id="q9", label="9.9", content="Neuf."))
        header = an_exam_header(exam=an_exam(sections=(a_section(*questions),)))
        answers = (an_answer(content="\n".join(["x"] * lines), feedback=None), an_answer(question_id="q9"))
        for page in text_of(set_copy(a_submission(*answers), header).pdf, "-layout").split("\f")[1:-1]:
            head, body = page.strip().split("\n", 1)
            begins = body.strip().split()[0]
            assert ("Question 1.1 (suite)" in head) == (begins == "x"), page
            heads.append("(suite)" in head)
    assert set(heads) == {True, False}


def test_a_compact_copy_has_fewer_pages_and_the_same_words(tmp_path: Path) -> None:
    submission, header = one_question("Une réponse assez longue pour plusieurs lignes, avec $x^2$. " * 120)
    usual, compact = set_copy(submission, header), set_copy(submission, header, compact=True)
    assert compact.pages < usual.pages
    assert words_of(compact.pdf).count("réponse") == words_of(usual.pdf).count("réponse")
    assert not errors_of(compact.pdf, tmp_path)


def test_a_short_program_is_not_split() -> None:
    for lines in range(30, 46, 3):
        questions = (a_question(), a_question(id="q9", label="9.9", type="CODE", content="Neuf."))
        header = an_exam_header(exam=an_exam(sections=(a_section(*questions),)))
        program = "\n".join(f"ligne_{number}" for number in range(12))
        answers = (
            an_answer(content="\n".join(["x"] * lines), feedback=None),
            an_answer(question_id="q9", content=program),
        )
        pages = text_of(set_copy(a_submission(*answers), header).pdf).split("\f")
        assert [page.count("ligne_") for page in pages if "ligne_" in page] == [12], lines
