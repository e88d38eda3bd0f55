"""The committed sample is what its modules write, SQL and JSON agree, and it holds the cases it is there for."""

from collections import Counter, defaultdict
from datetime import datetime
from random import Random
from typing import Any

import pytest
from pydantic import TypeAdapter

from contracts.graded_exam import (
    Answer,
    Content,
    GradedExam,
    GraphSegment,
    ImageSegment,
    MathSegment,
    Segment,
    TableSegment,
)
from dev.sample import generate
from dev.sample.answerbook import AnswerBook, read
from dev.sample.attempts import copies
from dev.sample.hand import written_by
from dev.sample.inserts import ORDER, literal
from dev.sample.marking import harmonised, tick_score
from dev.sample.model import Given, Item, Paper, Part, Person
from dev.sample.sittings import PUBLISHED_AS_JSON, SITTINGS
from dev.sample.tables import Row, Tables, exam_rows, to_json
from dev.sample.wording import vary

_CONTENT: TypeAdapter[tuple[Segment, ...]] = TypeAdapter(tuple[Segment, ...])
ALL = (*PUBLISHED_AS_JSON, "tous-les-contenus")


def _exam(key: str) -> GradedExam:
    return GradedExam.model_validate_json((generate.HERE / "exams" / f"{key}.json").read_bytes())


def _tables(key: str) -> Tables:
    sitting = next(sitting for sitting in SITTINGS if sitting.paper.key == key)
    return exam_rows(sitting.paper, copies(sitting))


def test_the_committed_files_are_what_the_modules_write() -> None:
    for path, text in generate.files().items():
        assert (generate.HERE / path).read_text(encoding="utf-8") == text, f"run python -m dev.sample.generate: {path}"


def test_an_order_for_every_table_that_is_filled() -> None:
    tables = (generate.HERE / "correcta.sql").read_text(encoding="utf-8")
    assert all(f'CREATE TABLE "{table}"' in tables for table in ORDER)
    assert all(table in ORDER for sitting in SITTINGS for table in exam_rows(sitting.paper, copies(sitting)))


def _by(rows: list[Row], column: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return found


def _from_rows(tables: Tables) -> dict[tuple[str, str], tuple[Any, ...]]:
    """(copy, question) -> ticks, texts, score, comment, as the rows tell it."""
    segments, grades = _by(tables["AnswerSegment"], "answerId"), tables["Grade"]
    options = {part["id"] for part in tables["QuestionSegment"] if part["isCorrect"] is not None}
    told = {}
    for answer in tables["Answer"]:
        parts = segments[answer["id"]]
        own = {part["id"] for part in parts}
        given = [grade for grade in grades if grade["answerId"] == answer["id"] or grade["answerSegmentId"] in own]
        told[(answer["attemptId"], answer["questionId"])] = (
            {part["segmentId"] for part in parts if part["segmentId"] in options and part["content"] in ("true", "1")},
            [_read(part["content"]) for part in parts if part["segmentId"] not in options],
            sum(grade["score"] for grade in given) if given else None,
            next((grade["feedback"] for grade in given if grade["feedback"]), None),
        )
    return told


def _read(stored: str) -> Content:
    return _CONTENT.validate_json(stored) if stored.startswith('[{"type":') else stored


def _from_json(answer: Answer, *, mcq: bool) -> tuple[Any, ...]:
    contents = [part.content for part in answer.parts] or ([] if mcq else [answer.content])
    return (
        set(answer.selected_option_ids),
        contents,
        answer.score,
        answer.feedback,
    )


@pytest.mark.parametrize("key", PUBLISHED_AS_JSON)
def test_sql_and_json_say_the_same(key: str) -> None:
    exam, tables = _exam(key), _tables(key)
    mcqs = {question.id for section in exam.exam.sections for question in section.questions if question.options}
    handed_in = {row["id"]: row for row in tables["Attempt"] if row["status"] != "IN_PROGRESS"}
    told = {which: what for which, what in _from_rows(tables).items() if which[0] in handed_in}
    assert told == {
        (copy.id, answer.question_id): _from_json(answer, mcq=answer.question_id in mcqs)
        for copy in exam.submissions
        for answer in copy.answers
    }
    assert {copy.id: copy.status for copy in exam.submissions} == {n: row["status"] for n, row in handed_in.items()}


@pytest.mark.parametrize(("key", "maximum"), [("mathematiques", 20), ("physique-chimie", 20), ("informatique", 20)])
def test_points_add_up(key: str, maximum: float) -> None:
    exam = _exam(key)
    points = {question.id: question.max_points for section in exam.exam.sections for question in section.questions}
    assert sum(points.values()) == maximum
    graded = [answer for copy in exam.submissions for answer in copy.answers if answer.score is not None]
    assert all(0 <= (answer.score or 0) <= points[answer.question_id] for answer in graded)
    parts = [answer for answer in graded if answer.parts]
    assert bool(parts) == (key != "informatique")
    assert all(sum(part.score or 0 for part in answer.parts) == answer.score for answer in parts)


def test_the_mathematics_class_is_all_there() -> None:
    exam = _exam("mathematiques")
    assert Counter(copy.status for copy in exam.submissions) == {
        "GRADED": 35,
        "GRADING_IN_PROGRESS": 1,
        "SUBMITTED": 1,
    }
    assert (len(exam.absent), len(exam.not_handed_in)) == (2, 1)
    totals = {sum(answer.score or 0 for answer in copy.answers) for copy in exam.submissions if copy.status == "GRADED"}
    assert len(totals) > 20
    assert {answer.origin for copy in exam.submissions for answer in copy.answers} == {"teacher", "ai", "auto", None}
    assert any(answer.harmonized_from for copy in exam.submissions for answer in copy.answers)
    assert len({group.parent_id for group in exam.classes}) == 4  # a tree of three levels


@pytest.mark.parametrize("key", PUBLISHED_AS_JSON)
def test_answers_differ_as_people_do(key: str) -> None:
    exam = _exam(key)
    asked = {q.id for section in exam.exam.sections for q in section.questions if q.type != "MCQ"}
    for question in asked:
        said = Counter(
            str(answer.content) + "".join(str(part.content) for part in answer.parts)
            for copy in exam.submissions
            for answer in copy.answers
            if answer.question_id == question
        )
        del said[""]
        assert max(said.values()) <= 5
        assert len(said) >= 5


def test_the_traps_are_set() -> None:
    mathematics, informatics = (
        [str(answer.content) for copy in _exam(key).submissions for answer in copy.answers]
        for key in ("mathematiques", "informatique")
    )
    assert "[1, 2, 3]" in informatics
    assert any("coûte 5$ à 10$" in content for content in informatics)
    assert any(
        "Score : 20/20" in content and "</div>" in content for content in mathematics if isinstance(content, str)
    )
    assert any("😅" in content for content in mathematics)
    names = "".join(copy.student.name for copy in _exam("mathematiques").submissions)
    assert all(script in names for script in ("ياسمين", "张伟", "נועה", "Олена", "É"))


def test_every_kind_of_content_is_there() -> None:
    exam = _exam("tous-les-contenus")
    contents = [question.content for section in exam.exam.sections for question in section.questions]
    contents += [section.intro for section in exam.exam.sections if section.intro]
    contents += [answer.content for copy in exam.submissions for answer in copy.answers]
    segments = [segment for content in contents if not isinstance(content, str) for segment in content]
    for kind in (GraphSegment, ImageSegment, MathSegment, TableSegment):
        assert any(isinstance(segment, kind) for segment in segments), kind
    graphs = [segment for segment in segments if isinstance(segment, GraphSegment)]
    assert {area["mode"] for graph in graphs for area in graph.areas} == {
        "polygon",
        "under-function",
        "between-functions",
        "between-line-and-function",
        "bounded-region",
    }
    assert {line["kind"] for graph in graphs for line in graph.lines} == {"segment", "line", "ray"}
    assert any(graph.curves for graph in graphs)
    written = "".join(content for content in contents if isinstance(content, str))
    for needed in (r"\ce{", r"\SI{", "pmatrix", "cases", "aligned", "5$ à 10$", "العربية", "עברית", "中文", "\u202e"):
        assert needed in written, needed


def test_addresses_are_nobodys() -> None:
    for key in ALL:
        exam = _exam(key)
        people = [copy.student.email for copy in exam.submissions] + [absent.email for absent in exam.absent]
        people += [person.email for person in exam.not_handed_in]
        assert all(email.endswith(".example") for email in people)


def test_wordings_are_chosen_once_per_text() -> None:
    text = vary("⟦m¦max⟧ = 0; ⟦m¦max⟧ += 1; return ⟦m¦max⟧", Random(3))
    assert text in ("m = 0; m += 1; return m", "max = 0; max += 1; return max")
    assert {vary("⟦a¦b⟧", Random(seed)) for seed in range(20)} == {"a", "b"}


def _person(name: str) -> Person:
    return Person(id=name, key=name, name=name, email=f"{name}@x.example", role="STUDENT", school=None, level=0.5)


def test_a_hand_changes_signs_and_never_mathematics() -> None:
    item = Item("q", "q", "TEXT", "", ())
    text = "On a $a\\leqslant b$ et $x\\left(1\\right)$, donc 2 ≠ 3 $\\geq$."
    hands = {written_by(_person(f"p{n}"), item, text) for n in range(60)}
    assert len(hands) > 5
    assert all("≠" in hand and "\\left(1\\right)" in hand for hand in hands)
    assert written_by(_person("p1"), Item("q", "q", "CODE", "", ()), text) == text
    assert written_by(_person("p1"), item, "coûte 5$ à 10$") == "coûte 5$ à 10$"


def _mcq(*parts: Part, points: float | None = None, all_or_nothing: bool = False) -> Item:
    return Item("q", "q", "MCQ", "", parts, points=points, all_or_nothing=all_or_nothing)


def test_ticks_are_scored_by_points_by_shares_or_all_or_nothing() -> None:
    right, also, wrong = (Part(key, right=key != "c") for key in "abc")
    shares = _mcq(right, also, wrong, points=2)
    assert [tick_score(shares, ticks) for ticks in (("a",), ("a", "b"), ("a", "b", "c"), ("c",))] == [1, 2, 1, 0]
    strict = _mcq(right, also, wrong, points=2, all_or_nothing=True)
    assert [tick_score(strict, ticks) for ticks in (("a",), ("b", "a"), ("a", "b", "c"))] == [0, 2, 0]
    priced = _mcq(Part("a", points=1.5, right=True), Part("b", points=-0.5, right=False))
    assert [tick_score(priced, ticks) for ticks in (("a",), ("a", "b"), ("b",))] == [1.5, 1.0, 0]
    assert priced.maximum == 1.5


def test_harmonising_rounds_and_keeps_to_the_maximum() -> None:
    item = Item("q", "q", "TEXT", "", (), points=1.5)
    adjusted = harmonised(Given(item, score=0.333), 1.2)
    assert (adjusted.score, adjusted.before) == (0.4, 0.333)
    assert harmonised(Given(item, score=1.4), 1.2).score == 1.5
    assert harmonised(Given(item, score=1.5), 1.2).before is None
    assert harmonised(Given(item, score=0.0), 1.2).before is None


def test_literals_are_read_back_unchanged() -> None:
    assert literal("l'été \\ \"") == "'l''été \\ \"'"
    assert literal(to_json({"a": "d'b"})) == "'{\"a\":\"d''b\"}'::jsonb"
    assert literal(0.6666666666666666) == "0.6666666666666666"
    assert [literal(value) for value in (None, True, 3)] == ["NULL", "true", "3"]
    assert literal(["x'y"]) == "ARRAY['x''y']::text[]"
    assert literal(datetime(2025, 1, 2, 3, 4, 5, 6000)) == "'2025-01-02 03:04:05.006'"


def test_every_question_has_answers_written_for_it() -> None:
    for sitting in SITTINGS:
        paper: Paper = sitting.paper
        book: AnswerBook = sitting.book
        assert {item.key for item in paper.items if item.type != "MCQ"} <= set(book)


def test_an_answer_book_keeps_blank_lines_parts_and_empty_comments() -> None:
    book = read("mathematiques-1")
    assert any("\n\n" in variant.texts[0] for variant in book["I.1"])
    assert all(len(variant.texts) == len(variant.scores) == 2 for variant in book["I.4"])
    assert all(sum(variant.scores) == variant.score for variant in book["I.4"])
    assert any("" in variant.comments for variant in book["I.1"])
