"""Grade sheets: what a spreadsheet reads back is what the report shows, and nothing in them runs."""

import csv
import hashlib
import io
import zipfile
from dataclasses import replace
from decimal import Decimal
from math import nan
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.graded_exam import Absent, ClassGroup, ExamHeader, NotHandedIn, Submission
from contracts.numbers import rounded
from contracts.options import Audience, Language, ReportOptions
from services.renderer.formats.sheets.csv import write_csv
from services.renderer.formats.sheets.inert import inert
from services.renderer.formats.sheets.xlsx import write_xlsx
from services.renderer.grading.gradebook import Gradebook, build_gradebook
from services.renderer.grading.marks import mark_copy
from services.renderer.grading.statistics import summarise
from services.renderer.language.french import FRENCH
from tests.builders import (
    a_question,
    a_section,
    a_student,
    a_submission,
    an_answer,
    an_exam,
    an_exam_header,
    an_mcq_answer,
)

HEADER = ["Etudiant", "Email", "Q1", "Q2", "Total", "Maximum", "Statut", "Classe", "Q1 max", "Q2 max", "Remarque"]


def _book(
    *submissions: Submission, header: ExamHeader | None = None, **options: Any
) -> tuple[Gradebook, ReportOptions]:
    header = header or an_exam_header()
    chosen = ReportOptions(**options)
    return build_gradebook(header, [mark_copy(header.exam, one) for one in submissions], chosen), chosen


def _csv(path: Path, *submissions: Submission, **options: Any) -> list[list[str]]:
    book, chosen = _book(*submissions, **options)
    sha256 = write_csv(book, chosen, path / "notes.csv")
    data = (path / "notes.csv").read_bytes()
    assert sha256 == hashlib.sha256(data).hexdigest()
    text = data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def _xlsx(path: Path, *submissions: Submission, **options: Any) -> Any:
    book, chosen = _book(*submissions, **options)
    sha256 = write_xlsx(book, summarise(book), chosen, path / "notes.xlsx")
    assert sha256 == hashlib.sha256((path / "notes.xlsx").read_bytes()).hexdigest()
    return openpyxl.load_workbook(path / "notes.xlsx")


def test_columns_are_correcta_s_then_ours(tmp_path: Path) -> None:
    student = a_student(name="Ève Brûlé", email="eve@lycee.example", class_ids=("c1", "c2"))
    rows = _csv(tmp_path, a_submission(an_answer(score=2.5), an_mcq_answer(score=2 / 3), student=student))
    assert rows[0] == HEADER
    assert rows[1] == [
        *("Ève Brûlé", "eve@lycee.example", "2,5", "0,67", "3,17", "6", "corrigée", "Terminale A / Groupe 1", "4", "2"),
        "",
    ]
    assert rows[2] == ["Noé Absent", "noe.absent@lycee.example", "", "", "", "6", "absent", "Terminale A", "4", "2", ""]


def test_bytes_are_what_a_french_spreadsheet_expects(tmp_path: Path) -> None:
    _csv(tmp_path, a_submission())
    content = (tmp_path / "notes.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfEtudiant;Email;Q1;Q2;Total;Maximum;")
    assert content.endswith(b"\r\n")
    assert content.count(b"\n") == content.count(b"\r\n") == 3


def test_ungraded_is_empty_and_partial_is_said(tmp_path: Path) -> None:
    waiting = a_submission(an_answer(score=None), status="SUBMITTED", student=a_student(name="A"))
    started = a_submission(an_answer(score=None), an_mcq_answer(), status="GRADING_IN_PROGRESS")
    rows = _csv(tmp_path, waiting, started)
    assert rows[1][2:7] == ["", "", "", "6", "non corrigée"]
    assert rows[2][2:7] == ["", "1", "1", "6", "en correction (total provisoire)"]


def test_the_header_is_there_even_when_nobody_is(tmp_path: Path) -> None:
    header = an_exam_header(absent=())
    assert _csv(tmp_path, header=header) == [HEADER]
    book = _xlsx(tmp_path, header=header)
    assert [cell.value for cell in book["Notes"][1]] == HEADER
    assert book["Notes"].max_row == 1


def test_rows_add_up_to_the_enrolled(tmp_path: Path) -> None:
    copies = [a_submission(), a_submission(status="SUBMITTED"), a_submission(an_answer(score=None), status="SUBMITTED")]
    book, _ = _book(*copies)
    assert len(_csv(tmp_path, *copies)) - 1 == book.headcount.enrolled == 4


SPECIAL = (
    a_submission(variant="=Sujet B", student=a_student(name="Ève", email="eve@x.example"), id="left-out"),
    a_submission(an_answer(score=nan), an_mcq_answer(), student=a_student(id="s", name="Max")),
    a_submission(an_answer(score=None), status="SUBMITTED", student=a_student(id="s", name="Max")),
)
UNFINISHED = an_exam_header(not_handed_in=(NotHandedIn(name="Lou", email="lou@x.example", class_ids=("c1",)),))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_each_student_without_a_copy_shown_is_a_row_with_a_state(tmp_path: Path, kind: str) -> None:
    if kind == "csv":
        rows = _csv(tmp_path, *SPECIAL, header=UNFINISHED)
    else:
        sheet = _xlsx(tmp_path, *SPECIAL, header=UNFINISHED)["Notes"]
        rows = [["" if cell.value is None else str(cell.value) for cell in row] for row in sheet.iter_rows()]
    max_row, left_out, begun, absent = rows[1:]
    assert max_row[2:7] == ["illisible", "1", "1", "6", "en correction (total provisoire)"]
    assert max_row[-1] == "2 copies rendues, une seule retenue"
    assert left_out[:8] == ["Ève", "eve@x.example", "", "", "", "6", "corrigée", "Terminale A"]
    assert left_out[-1] == "variante « =Sujet B », à exporter à part"
    assert begun == ["Lou", "lou@x.example", "", "", "", "6", "non rendue", "Terminale A", "4", "2", ""]
    assert absent[6] == "absent"


def test_an_anonymous_sheet_has_the_copies_left_out_without_their_names(tmp_path: Path) -> None:
    rows = _csv(tmp_path, *SPECIAL, header=UNFINISHED, audience=Audience.ANONYMOUS)
    assert [row[:2] for row in rows[1:]] == [["Copie 001", ""], ["Copie 002", ""]]
    assert rows[2][-1].startswith("variante")
    assert not {"Ève", "Lou", "Max"} & {cell for row in rows for cell in row}


def test_a_computed_mark_is_rounded_as_its_number(tmp_path: Path) -> None:
    copy = a_submission(an_answer(score=0.75 * 2.3), an_mcq_answer(score=0.0))
    assert _csv(tmp_path, copy)[1][2:5] == ["1,73", "0", "1,73"]
    assert [cell.value for cell in _xlsx(tmp_path, copy)["Notes"][2][2:5]] == [1.73, 0, 1.73]


HOSTILE = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "－1", "\u200b=1", "\ufeff@x"),
    '=HYPERLINK("http://x";"y")',
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_acts_as_a_formula(tmp_path: Path, name: str) -> None:
    student = a_student(name=name, email=name)
    cells = _csv(tmp_path, a_submission(student=student))[1][:2]
    assert all(cell.startswith("'") for cell in cells)
    for cell in _xlsx(tmp_path, a_submission(student=student))["Notes"][2][:2]:
        assert cell.data_type == "s"


READ_AS_SOMETHING_ELSE = [
    *("3E1", "2-1", "1/2", "05", "6e2", "1.2.3", "12:30", "5 %", "(5)", "1 234", "５", "6 A", "10 pm", "1,5e-3"),
    *("3 mai", "Mars 24", "SEPT2", "1er février 2026", "2026-01-20T10:00Z", "VRAI", "false", "#N/A", "#DIV/0!", "2–1"),
]


@pytest.mark.parametrize("text", READ_AS_SOMETHING_ELSE)
def test_a_text_is_no_number_date_or_value_to_a_spreadsheet(tmp_path: Path, text: str) -> None:
    classes = (ClassGroup(id="c1", name=text),)
    copy, header = a_submission(student=a_student(name=text)), an_exam_header(classes=classes, absent=())
    row = _csv(tmp_path, copy, header=header)[1]
    assert (row[0], row[7]) == (f"'{text}", f"'{text}")
    cells = _xlsx(tmp_path, copy, header=header)["Notes"][2]
    assert [(cell.value, cell.data_type, cell.number_format) for cell in (cells[0], cells[7])] == [(text, "s", "@")] * 2


OTHERS = "6A,3e B,2nde 5,Terminale A / Groupe 1,1ère S,Mai Nguyen,Zoé,Marc 2,Q1,MPSI 1,E1,1er,2nd 4,"


@pytest.mark.parametrize("text", OTHERS.split(","))
def test_other_texts_are_written_as_they_are(text: str) -> None:
    assert inert(text) == text


@given(st.text())
def test_what_is_written_never_starts_a_formula(text: str) -> None:
    assert inert(text).lstrip()[:1] not in tuple("=+-@\t\r\n＝＋－＠")
    assert inert(text).removeprefix("'") in (text, text.removeprefix("'"))


def test_a_name_with_separators_stays_one_cell(tmp_path: Path) -> None:
    rows = _csv(tmp_path, a_submission(student=a_student(name='Ève;"Brûlé"\r\nx')))
    assert rows[1][0] == 'Ève;"Brûlé" x'
    assert len(rows[1]) == len(HEADER)


def test_a_negative_mark_stays_a_number(tmp_path: Path) -> None:
    copy = a_submission(an_answer(score=-0.5), an_mcq_answer(score=0.25))
    assert _csv(tmp_path, copy)[1][2:5] == ["-0,5", "0,25", "-0,25"]
    assert [cell.value for cell in _xlsx(tmp_path, copy)["Notes"][2][2:5]] == [-0.5, 0.25, -0.25]


def test_english_has_a_decimal_point(tmp_path: Path) -> None:
    rows = _csv(tmp_path, a_submission(an_answer(score=2.5)), language=Language.EN)
    assert rows[0][6:8] == ["Status", "Class"]
    assert rows[1][2:7] == ["2.5", "0", "2.5", "6", "graded"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_anonymous_sheet_tells_nobody(tmp_path: Path, kind: str) -> None:
    secrets = ("Zébulon", "zebulon@lycee", "Terminale", "Noé", "noe.absent", "att-secret", "stu-secret")
    student = a_student(id="stu-secret", name="Zébulon", email="zebulon@lycee.example")
    copy = a_submission(student=student, id="att-secret")
    if kind == "csv":
        rows = _csv(tmp_path, copy, audience=Audience.ANONYMOUS)
        assert rows[1][:2] == ["Copie 001", ""]
        content = (tmp_path / "notes.csv").read_text("utf-8")
    else:
        _xlsx(tmp_path, copy, audience=Audience.ANONYMOUS)
        with zipfile.ZipFile(tmp_path / "notes.xlsx") as parts:
            content = "".join(parts.read(name).decode() for name in parts.namelist())
    assert not [secret for secret in secrets if secret in content]


def test_the_workbook_has_typed_numbers_a_frozen_header_and_a_filter(tmp_path: Path) -> None:
    sheet = _xlsx(tmp_path, a_submission(an_answer(score=2.5)))["Notes"]
    assert [cell.value for cell in sheet[1]] == HEADER
    assert [type(cell.value) for cell in sheet[2][2:6]] == [float, int, float, int]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:K3"
    assert sheet.column_dimensions["A"].width > 20


def test_statistics_beside_the_grades_are_the_report_s(tmp_path: Path) -> None:
    copies = [a_submission(an_answer(score=score)) for score in (1.0, 2.0, 4.0)]
    book, _ = _book(*copies)
    sheet = _xlsx(tmp_path, *copies)["Statistiques"]
    values = {row[0].value: row[1].value for row in sheet.iter_rows() if row[0].value}
    summary = summarise(book)
    assert summary.mean is not None
    assert summary.deviation is not None
    assert (values["Inscrits"], values["Copies corrigées"], values["Absents"]) == (4, 3, 1)
    assert values["Copies non rendues"] == 0
    assert FRENCH.points(Decimal(repr(values["Moyenne"]))) == FRENCH.points(summary.mean) == "2,33"
    assert FRENCH.points(Decimal(repr(values["Écart type"]))) == FRENCH.points(summary.deviation) == "1,25"
    assert (values["Médiane"], values["Premier quartile"], values["Minimum"]) == (2, 1, 1)
    success = next(row for row in sheet.iter_rows() if row[0].value == "Q1")
    assert (success[3].value, success[5].value, success[5].number_format) == (2.33, 0.58, "0%")


def test_without_statistics_there_is_one_sheet(tmp_path: Path) -> None:
    assert _xlsx(tmp_path, a_submission(), statistics=False).sheetnames == ["Notes"]


def test_the_same_grades_give_the_same_bytes(tmp_path: Path) -> None:
    copies = [a_submission(id=f"a{n}", student=a_student(id=f"s{n}", email=f"{n}@x.example")) for n in range(3)]
    contents = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        _xlsx(tmp_path / folder, *copies)
        contents.append((tmp_path / folder / "notes.xlsx").read_bytes())
    assert contents[0] == contents[1]
    with zipfile.ZipFile(tmp_path / "one" / "notes.xlsx") as parts:
        assert {part.date_time[0] for part in parts.infolist()} == {1980}
        assert b"2026-01-20T10:00:00Z" in parts.read("docProps/core.xml")


def test_five_thousand_copies_are_written(tmp_path: Path) -> None:
    header = an_exam_header(absent=())
    row = mark_copy(header.exam, a_submission())
    rows = (replace(row, student=a_student()) for _ in range(5_000))
    book = build_gradebook(header, rows, ReportOptions())
    write_xlsx(book, summarise(book), ReportOptions(), tmp_path / "notes.xlsx")
    loaded = openpyxl.load_workbook(tmp_path / "notes.xlsx", read_only=True)
    assert loaded["Notes"].max_row == 5_001
    loaded.close()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.floats(-2, 25), min_size=1, max_size=6))
def test_what_is_read_back_is_what_the_report_shows(tmp_path: Path, scores: list[float]) -> None:
    exam = an_exam(sections=(a_section(*(a_question(id=f"q{n}") for n in range(len(scores)))),))
    header = an_exam_header(exam=exam, absent=(Absent(name="Noé", email=""),))
    copy = a_submission(*(an_answer(question_id=f"q{n}", score=score) for n, score in enumerate(scores)))
    row = mark_copy(exam, copy)
    shown = [mark.score for mark in row.marks] + [row.total]
    columns = slice(2, 3 + len(scores))
    assert _csv(tmp_path, copy, header=header)[1][columns] == [
        FRENCH.cell(value) for value in shown if value is not None
    ]
    cells = _xlsx(tmp_path, copy, header=header)["Notes"][2][columns]
    assert [Decimal(repr(float(cell.value))) for cell in cells] == [
        rounded(value) for value in shown if value is not None
    ]
