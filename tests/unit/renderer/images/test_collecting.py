"""Images of an export: found in its content, fetched once, handed over as files named by what is in them."""

import asyncio
import hashlib
from pathlib import Path

from contracts.graded_exam import AnswerPart, Criterion, ImageSegment, Option
from services.renderer.images.collecting import (
    DrawnFile,
    Found,
    ImageCollector,
    urls_of_copy,
    urls_of_exam,
    urls_of_front,
)
from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.limits import Limits
from tests.builders import a_question, a_section, a_submission, an_answer, an_exam, an_mcq


def shown(url: str) -> tuple[ImageSegment]:
    return (ImageSegment(url=url),)


def test_images_of_an_exam_are_those_of_introductions_statements_and_options() -> None:
    mcq = an_mcq(options=(Option(id="o1", content=shown("c")), Option(id="o2", content=shown("b"))))
    exam = an_exam(sections=(a_section(a_question(content=shown("b")), mcq, intro=shown("a")),))
    assert urls_of_exam(exam, Limits()) == ("a", "b", "c")


def test_pictures_inside_text_are_collected_too() -> None:
    question = a_question(
        content="Voir ![image](/a.png).",
        instruction="![image](/b.png)",
        rubric=(Criterion(criteria="![image](/c.png)"),),
    )
    assert urls_of_exam(an_exam(sections=(a_section(question),)), Limits()) == ("/a.png", "/b.png", "/c.png")
    answer = an_answer(content="Croquis : ![croquis](data:image/png;base64,AA==)", feedback="![x](/d.png)")
    assert urls_of_copy(a_submission(answer), Limits()) == ("data:image/png;base64,AA==", "/d.png")


def test_images_of_a_copy_are_those_of_answers_and_comments() -> None:
    part = AnswerPart(content=shown("d"), instruction=shown("c"))
    copy = a_submission(an_answer(content=shown("a"), feedback='[{"type":"image","url":"b"}]', parts=(part,)))
    assert urls_of_copy(copy, Limits()) == ("a", "b", "d", "c")


def test_images_of_the_front_pages_are_those_of_the_description() -> None:
    assert urls_of_front(an_exam(description=shown("a")), Limits())[-1] == "a"


async def test_an_image_is_fetched_once_and_its_file_is_named_by_its_content(tmp_path: Path) -> None:
    fetched: list[str] = []

    async def fetch(url: str) -> bytes | ImageProblem:
        fetched.append(url)
        return b"same" if url != "gone" else ImageProblem(Reason.NOT_FOUND)

    collector = ImageCollector(fetch, no_drawing, tmp_path / "images")
    first, second = await asyncio.gather(collector.collect(["a", "gone"]), collector.collect(["b", "a"]))
    assert sorted(fetched) == ["a", "b", "gone"]
    assert first["a"] == second["a"] == second["b"] == tmp_path / "images" / hashlib.sha256(b"same").hexdigest()
    assert isinstance(first["gone"], ImageProblem)


async def no_drawing(path: Path) -> Found:
    raise AssertionError(f"{path} is no drawing")


async def test_a_drawing_is_drawn_and_a_picture_is_not(tmp_path: Path) -> None:
    async def fetch(url: str) -> bytes | ImageProblem:
        return b'<svg xmlns="http://www.w3.org/2000/svg"/>' if url == "drawing" else b"\x89PNG\r\n\x1a\n"

    drawn: list[Path] = []

    async def draw(path: Path) -> Found:
        drawn.append(path)
        return DrawnFile(path.with_suffix(".png"), 3.0)

    found = await ImageCollector(fetch, draw, tmp_path / "images").collect(["drawing", "picture"])
    assert isinstance(found["drawing"], DrawnFile)
    assert isinstance(found["picture"], Path)
    assert [path.read_bytes()[:4] for path in drawn] == [b"<svg"]
