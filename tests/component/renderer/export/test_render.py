"""The use case on real workers: every format from the same exam, the same bytes each time, and a clear no."""

import asyncio
import errno
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pikepdf
import pytest

from contracts.graded_exam import GradedExam, Institution
from contracts.options import Language, ReportOptions
from contracts.states import Format, WarningCode
from contracts.timezones import DEFAULT_ZONE
from services.renderer.errors import NoCopies, RenderFailed, StorageFull, TooManyCopies, TooManyPages
from services.renderer.exam.json_file import JsonSource
from services.renderer.exam.spool import Spool
from services.renderer.export.render import Artifact, render_export
from services.renderer.export.request import RenderRequest
from services.renderer.limits import Limits
from services.renderer.pages.front_parts import contents_ranges
from services.renderer.progress import Progress, Step
from services.renderer.workers.cache import NoCache
from services.renderer.workers.pool import WorkerPool
from services.renderer.workers.shards import Pipeline
from tests.builders import a_graded_exam, a_student, a_submission, an_exam
from tests.component.renderer import worker_tasks
from tests.component.renderer.conftest import WORKER_BYTES, no_image
from tests.pdfs import text_of, words_of

LIMITS = Limits(shard_memory=WORKER_BYTES)
NAMES = ("Zoé Lefèvre", "Ali Ben", "王 小明")


class Harness:
    """Renders exams and remembers the steps."""

    def __init__(self, pool: WorkerPool, folder: Path) -> None:
        self._pool, self._folder = pool, folder
        self._runs = 0
        self.steps: list[Step] = []
        self.timezone = DEFAULT_ZONE

    async def render(
        self, exam: GradedExam, kind: Format = Format.PDF, limits: Limits = LIMITS, **options: Any
    ) -> Artifact:
        self._runs += 1
        folder = self._folder / str(self._runs)
        folder.mkdir()
        (folder / "exam.json").write_bytes(exam.to_json())
        class_ids = options.pop("class_ids", ())
        return await render_export(
            JsonSource(folder / "exam.json"),
            RenderRequest(kind, ReportOptions(**options), class_ids),
            Pipeline(self._pool, NoCache(), limits, worker_tasks.TASKS, self.timezone),
            no_image,
            progress=Progress(self.steps.append),
            directory=folder,
        )


@pytest.fixture
def harness(pool: WorkerPool, tmp_path: Path) -> Harness:
    return Harness(pool, tmp_path)


def an_exam_of(*ids: str, **overrides: Any) -> GradedExam:
    copies = tuple(
        a_submission(id=identity, student=a_student(id=identity, name=NAMES[index % 3], email=f"{identity}@x.example"))
        for index, identity in enumerate(ids)
    )
    return a_graded_exam(**({"submissions": copies} | overrides))


async def test_a_report(harness: Harness) -> None:
    artifact = await harness.render(an_exam_of("one-0", "two-1", "one-2"))
    assert (artifact.copies, artifact.pages) == (3, 6)
    assert artifact.size == artifact.path.stat().st_size
    assert artifact.sha256 == hashlib.sha256(artifact.path.read_bytes()).hexdigest()
    with pikepdf.open(artifact.path) as pdf:
        assert len(pdf.pages) == 6
        with pdf.open_outline() as outline:
            (_, group) = outline.root
            assert [child.title for child in group.children] == ["Ali Ben", "Zoé Lefèvre", "王 小明"]


async def test_the_front_pages_are_set_again_until_their_page_numbers_are_right(harness: Harness) -> None:
    exam = an_exam_of("one-0", "one-1", exam=an_exam(title="three front pages"))
    artifact = await harness.render(exam)
    assert "front 4 5" in words_of(artifact.path.read_bytes())


async def test_the_contents_of_a_large_class_are_set_in_parts(harness: Harness) -> None:
    artifact = await harness.render(an_exam_of(*(f"one-{n}" for n in range(120))))
    text = text_of(artifact.path.read_bytes()).split("\f")
    assert artifact.pages == 2 + 2 + 120
    assert ["front 5 6 7" in page for page in text[:5]] == [True, True, False, False, False]
    first_of_others = 5 + contents_ranges(120)[1].first
    assert [f"front {first_of_others} " in page for page in text[:5]] == [False, False, True, True, False]


async def test_where_one_part_of_the_front_fails_the_others_stop(harness: Harness) -> None:
    exam = an_exam_of(*(f"one-{n}" for n in range(120)), exam=an_exam(title=worker_tasks.FRONT_FAILS))
    with pytest.raises(RenderFailed, match="the front pages: error: ValueError"):
        await asyncio.wait_for(harness.render(exam), 60)
    again = await asyncio.wait_for(harness.render(an_exam_of("one-0", "one-1")), 60)
    assert again.copies == 2


async def test_the_same_exam_gives_the_same_bytes(harness: Harness) -> None:
    exam = an_exam_of("one-0", "two-1", "one-2")
    for kind in Format:
        first, second = await harness.render(exam, kind), await harness.render(exam, kind)
        assert first.path.read_bytes() == second.path.read_bytes(), kind


async def test_an_archive_holds_a_document_for_each_copy(harness: Harness) -> None:
    artifact = await harness.render(an_exam_of("one-0", "two-1"), Format.ZIP)
    with zipfile.ZipFile(artifact.path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert [member["pages"] for member in manifest["files"]] == [2, 1]
        for member in manifest["files"]:
            with pikepdf.open(io.BytesIO(archive.read(member["name"]))) as pdf:
                assert len(pdf.pages) == member["pages"]
                assert "Zoé" in str(pdf.docinfo.Title) or "Ali" in str(pdf.docinfo.Title)
    assert artifact.pages == 3


async def test_progress_never_goes_back(harness: Harness) -> None:
    for kind in Format:
        harness.steps.clear()
        await harness.render(an_exam_of("one-0", "two-1", "one-2"), kind)
        percents = [step.percent for step in harness.steps]
        assert percents == sorted(percents)
        assert percents[0] == 0
        assert percents[-1] == 95
        assert harness.steps[-1].processed == 3


@pytest.mark.parametrize("kind", [Format.PDF, Format.ZIP])
async def test_a_document_of_no_copies_is_a_clear_no(harness: Harness, kind: Format) -> None:
    with pytest.raises(NoCopies):
        await harness.render(a_graded_exam(submissions=()), kind)


async def test_a_table_of_no_copies_has_its_head_and_the_absent(harness: Harness) -> None:
    artifact = await harness.render(a_graded_exam(submissions=()), Format.CSV)
    assert artifact.copies == 0
    assert artifact.path.read_text(encoding="utf-8-sig").startswith("Etudiant;")


async def test_only_the_asked_class(harness: Harness) -> None:
    copies = (a_submission(id="one-0"), a_submission(id="one-1", student=a_student(class_ids=("c2",))))
    artifact = await harness.render(a_graded_exam(submissions=copies), Format.CSV, class_ids=("c2",))
    assert artifact.copies == 1


@pytest.mark.parametrize(
    ("named", "day", "moment", "zone"),
    [
        ("Pacific/Auckland", "2026-01-21", (2026, 1, 21, 0, 30, 0), "Pacific/Auckland"),
        ("America/Cayenne", "2026-01-20", (2026, 1, 20, 8, 30, 0), "America/Cayenne"),
        ("Mars/Olympus_Mons", "2026-01-20", (2026, 1, 20, 20, 30, 0), "Asia/Tokyo"),
        (None, "2026-01-20", (2026, 1, 20, 20, 30, 0), "Asia/Tokyo"),
    ],
)
async def test_one_zone_for_every_time(
    harness: Harness, named: str | None, day: str, moment: tuple[int, ...], zone: str
) -> None:
    """The institution's own, else the one that the renderer was given."""
    harness.timezone = ZoneInfo("Asia/Tokyo")
    school = Institution(id="i", name="Lycée", timezone=named)
    as_of = datetime(2026, 1, 20, 11, 30, tzinfo=UTC)
    asked = an_exam_of("one-0", exam=an_exam(institution=school), as_of=as_of)
    archive, sheet = await harness.render(asked, Format.ZIP), await harness.render(asked, Format.XLSX)
    assert (archive.filename[-14:], sheet.filename[-15:]) == (f"{day}.zip", f"{day}.xlsx")
    with zipfile.ZipFile(archive.path) as members:
        assert {member.date_time for member in members.infolist()} == {moment}
    stated = openpyxl.load_workbook(sheet.path)["Statistiques"]["B1"].value
    assert stated == f"{day} {moment[3]:02d}:{moment[4]:02d} ({zone})"


async def test_one_copy_a_student_and_a_warning(harness: Harness) -> None:
    student = a_student()
    copies = (a_submission(id="one-0", student=student), a_submission(id="one-1", student=student))
    artifact = await harness.render(a_graded_exam(submissions=copies))
    assert artifact.copies == 1
    assert [warning.code for warning in artifact.warnings] == [WarningCode.DUPLICATE_COPY]


async def test_a_poisoned_copy_is_told_of(harness: Harness) -> None:
    artifact = await harness.render(an_exam_of("one-0", "raise-1"))
    assert [warning.submission_id for warning in artifact.warnings] == ["raise-1"]
    assert artifact.copies == 2


@pytest.mark.parametrize(
    ("limits", "error"),
    [(Limits(copies=1), TooManyCopies), (Limits(pages=2, shard_memory=LIMITS.shard_memory), TooManyPages)],
)
async def test_limits(harness: Harness, limits: Limits, error: type[Exception]) -> None:
    with pytest.raises(error):
        await harness.render(an_exam_of("one-0", "two-1"), limits=limits)


async def test_a_full_disk_is_said_to_be_full(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(Spool, "append", full)
    with pytest.raises(StorageFull):
        await harness.render(an_exam_of("one-0"))


async def test_warnings_speak_the_language_of_the_report(harness: Harness) -> None:
    exam = an_exam_of("raise-0", "one-1")
    twice = exam.submissions[1].model_copy(update={"id": "one-2"})
    exam = exam.model_copy(update={"submissions": (*exam.submissions, twice)})
    for language, sentences in {
        Language.FR: {"Cette copie n’a pas pu être composée\u00a0: son contenu", "Plusieurs copies du même élève"},
        Language.EN: {"This copy could not be typeset: its content", "Several copies of the same student"},
    }.items():
        warnings = (await harness.render(exam, language=language)).warnings
        assert all(any(said in warning.message for warning in warnings) for said in sentences), language
        assert len(warnings) == len(sentences)
