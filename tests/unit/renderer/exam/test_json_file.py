"""A graded exam from a JSON file: read in pieces, validated with the place of the first mistake."""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.graded_exam import Absent, ExamHeader, GradedExam, NotHandedIn, Submission
from services.renderer.errors import ClassNotFound, ExamNotFound, InvalidExam
from services.renderer.exam.json_file import JsonSource
from tests.builders import a_graded_exam, a_question, a_section, a_student, a_submission, an_answer, an_exam


def written(folder: Path, exam: GradedExam) -> Path:
    path = folder / "exam.json"
    path.write_bytes(exam.to_json())
    return path


async def read(path: Path, *class_ids: str) -> tuple[ExamHeader, list[Submission]]:
    async with JsonSource(path).open(class_ids) as opened:
        return opened.header, [copy async for batch in opened.submissions() for copy in batch]


async def test_what_was_written_is_read(tmp_path: Path) -> None:
    exam = a_graded_exam(submissions=tuple(a_submission(student=a_student(name=f"Élève {n}")) for n in range(45)))
    header, copies = await read(written(tmp_path, exam))
    assert header.exam == exam.exam
    assert header.as_of == exam.as_of
    assert header.absent == exam.absent
    assert tuple(copies) == exam.submissions


async def test_the_order_of_the_files_keys_does_not_matter(tmp_path: Path) -> None:
    exam = a_graded_exam()
    told = json.loads(exam.to_json())
    path = tmp_path / "exam.json"
    path.write_text(json.dumps({key: told[key] for key in ("submissions", "asOf", "absent", "exam", "classes")}))
    header, copies = await read(path)
    assert (header.exam, tuple(copies)) == (exam.exam, exam.submissions)


async def test_a_class_with_its_subgroups_only(tmp_path: Path) -> None:
    inside = a_submission(student=a_student(name="Dedans", class_ids=("c2",)))
    outside = a_submission(student=a_student(class_ids=()))
    path = written(tmp_path, a_graded_exam(submissions=(inside, outside)))
    header, copies = await read(path, "c1")
    assert copies == [inside]
    assert len(header.absent) == 1
    header, copies = await read(path, "c2")
    assert copies == [inside]
    assert header.absent == ()


async def test_homonyms_are_told_apart_whatever_class_is_asked_for(tmp_path: Path) -> None:
    copies = [
        a_submission(student=a_student(name=name, email=email, class_ids=(class_id,)))
        for name, email, class_id in (
            ("Zoé Roy", "zoe.roy@x.example", "c1"),
            ("ZOÉ ROY", "zoe.roy2@x.example", "c2"),
            ("Ali Ben", "ali.ben@x.example", "c2"),
        )
    ]
    absent = (Absent(name="Ali Ben", email="ali.ben3@x.example"),)
    path = written(tmp_path, a_graded_exam(submissions=tuple(copies), absent=absent))
    header, everyone = await read(path)
    assert [copy.student.qualifier for copy in everyone] == ["zoe.roy", "zoe.roy2", "ali.ben"]
    assert [person.qualifier for person in header.absent] == ["ali.ben3"]
    _, some = await read(path, "c2")
    assert some == everyone[1:]


STRANGE: list[object] = [{}, [], "x", 3, None, [[]], [3], [{"student": 3}], {"student": {}}, [{"student": {"name": 3}}]]


@pytest.mark.parametrize("submissions", STRANGE)
async def test_strange_submissions_are_refused_or_none(tmp_path: Path, submissions: object) -> None:
    path = tmp_path / "exam.json"
    path.write_text(json.dumps(json.loads(a_graded_exam().to_json()) | {"submissions": submissions}))
    if isinstance(submissions, list) and submissions:
        with pytest.raises(InvalidExam, match="submissions"):
            await read(path)
    else:
        assert (await read(path))[1] == []


async def test_an_unknown_class_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ClassNotFound):
        await read(written(tmp_path, a_graded_exam()), "c1", "nowhere")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"exam": {"id": "x"}}, "exam.title"),
        ({"asOf": "yesterday"}, "asOf"),
        ({"asOf": "2026-01-20T10:00:00"}, "asOf"),
        ({"submissions": [{"id": "s"}]}, "submissions[0].student"),
    ],
)
async def test_a_mistake_is_named_with_its_place(tmp_path: Path, change: dict[str, Any], place: str) -> None:
    path = tmp_path / "exam.json"
    path.write_text(json.dumps(json.loads(a_graded_exam().to_json()) | change))
    with pytest.raises(InvalidExam) as failure:
        await read(path)
    assert failure.value.detail.startswith(place)


async def test_a_copy_that_stands_twice_is_a_mistake(tmp_path: Path) -> None:
    copy = a_submission()
    with pytest.raises(InvalidExam, match="twice"):
        await read(written(tmp_path, a_graded_exam(submissions=(copy, copy))))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"exam": 1', "nonsense", '"exam"', '{"exam": NaN}'])
async def test_what_is_no_exam_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "exam.json"
    path.write_text(text)
    with pytest.raises(InvalidExam):
        await read(path)


@pytest.mark.parametrize("key", ["exam", "submissions", "ignored"])
async def test_depth_is_no_way_to_bring_it_down(tmp_path: Path, key: str) -> None:
    path = tmp_path / "exam.json"
    path.write_text(f'{{"{key}":' + "[" * 100_000 + "]" * 100_000 + "}")
    with pytest.raises(InvalidExam):
        await read(path)


async def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ExamNotFound):
        await read(tmp_path / "none.json")


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", '"nan"', "1e309"])
async def test_a_score_that_is_no_number_is_unreadable_and_the_others_are_read(tmp_path: Path, number: str) -> None:
    path = written(tmp_path, a_graded_exam(submissions=(a_submission(an_answer(score=2.125)), a_submission())))
    path.write_text(path.read_text("utf-8").replace("2.125", number), "utf-8")
    _, (spoiled, other) = await read(path)
    assert (spoiled.answers[0].score, spoiled.answers[0].unreadable) == (None, True)
    assert not any(answer.unreadable for answer in other.answers)
    assert Submission.model_validate_json(spoiled.to_json()) == spoiled


@pytest.mark.parametrize("number", ["NaN", "1e999"])
async def test_points_that_are_no_number_are_a_mistake(tmp_path: Path, number: str) -> None:
    path = written(tmp_path, a_graded_exam(exam=an_exam(sections=(a_section(a_question(max_points=2.125)),))))
    path.write_text(path.read_text("utf-8").replace("2.125", number), "utf-8")
    with pytest.raises(InvalidExam, match=r"sections\[0\]\.questions\[0\]\.maxPoints"):
        await read(path)


async def test_who_handed_nothing_in_is_narrowed_to_the_class(tmp_path: Path) -> None:
    begun = (NotHandedIn(name="A", email="a@x.example", class_ids=("c2",)), NotHandedIn(name="B", email="b@x.example"))
    path = written(tmp_path, a_graded_exam(not_handed_in=begun))
    assert (await read(path))[0].not_handed_in == begun
    assert (await read(path, "c1"))[0].not_handed_in == begun[:1]
