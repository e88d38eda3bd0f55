"""A graded exam of Correcta's database goes in, a document comes out: through real processes, broker and database."""

import asyncio
import csv
import io
import shutil
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx2
import pikepdf
import pytest

from contracts.states import WarningCode
from dev.sample import people
from dev.sample.subjects.mathematiques import MATHEMATIQUES as EXAM
from dev.stack.rabbitmq import PrivateRabbit
from dev.stack.services import Servers, Stack
from dev.teacher import ServerEvent, Teacher
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

COPIES = 34  # at least so many were handed in


def _export(teacher: Teacher, kind: str) -> tuple[str, list[ServerEvent]]:
    job = teacher.start(EXAM.id, kind)
    return job, list(teacher.follow(EXAM.id, job))


def _forget_typeset_copies(stack: Stack) -> None:
    for kept in (stack.folder / "work" / "cache").iterdir():
        shutil.rmtree(kept)


def test_a_teacher_gets_the_report_and_sees_it_being_made(stack: Stack, teacher: Teacher, tmp_path: Path) -> None:
    _forget_typeset_copies(stack)
    job, events = _export(teacher, "pdf")
    assert [each.id for each in events] == sorted({each.id for each in events})
    assert events[-1].type == "completed"
    assert {each.type for each in events[:-1]} == {"progress"}
    percents = [each.data["progress"] for each in events]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert any(0 < each.data["processed"] < each.data["total"] for each in events)
    result = events[-1].data["result"]
    assert result == teacher.status(EXAM.id, job)["result"]
    assert result["attemptCount"] >= COPIES
    assert WarningCode.COPY_NOT_RENDERED not in {warning["code"] for warning in result["warnings"]}
    path = tmp_path / "report.pdf"
    teacher.download(result, path)
    with pikepdf.open(path) as pdf:
        assert len(pdf.pages) == result["pages"] > COPIES
        assert pdf.Root.MarkInfo.Marked
        assert EXAM.title in str(pdf.docinfo.get("/Title"))
        with pdf.open_outline() as outline:
            assert len(outline.root) >= 1


def test_the_archive_holds_a_document_for_each_student(teacher: Teacher, tmp_path: Path) -> None:
    _, events = _export(teacher, "zip")
    path = tmp_path / "report.zip"
    teacher.download(events[-1].data["result"], path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        documents = [name for name in archive.namelist() if name.endswith(".pdf")]
        assert len(documents) >= COPIES
        assert archive.read(documents[0]).startswith(b"%PDF-")


def test_the_grades_come_at_one_address_as_correcta_links_to_them(teacher: Teacher) -> None:
    answer = teacher.http.get(f"/api/exams/{EXAM.id}/export/csv").raise_for_status()
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][:2] == ["Etudiant", "Email"]
    assert rows[0].index("Maximum") == rows[0].index("Total") + 1
    assert len(rows) > COPIES


def test_another_schools_teacher_can_not_tell_it_exists(stack: Stack, teacher: Teacher) -> None:
    job, events = _export(teacher, "csv")
    result = events[-1].data["result"]
    with Teacher(stack.url, people.MARCHETTI, stack.session_secret) as stranger:
        for path in (f"/api/exams/{EXAM.id}/export/status?jobId={job}", str(result["downloadUrl"])):
            assert _told(stranger, path) == _told(stranger, path.replace(EXAM.id, "no-such-exam"))


def _told(someone: Teacher, path: str) -> tuple[int, str]:
    answer = someone.http.get(path)
    return answer.status_code, str(answer.json()["code"])


@pytest.fixture
def own_stack(servers: Servers, private_rabbit: PrivateRabbit, private_folder: Path) -> Iterator[Stack]:
    """A stack on a broker of its own, to be stopped."""
    mine = replace(servers, amqp_url=private_rabbit.url, namespace="", broker_accounts=True)
    with Stack(private_folder / uuid4().hex[:8], mine) as stack:
        yield stack


async def test_a_request_made_while_the_broker_is_away_is_kept_and_made(
    own_stack: Stack, private_rabbit: PrivateRabbit
) -> None:
    await asyncio.to_thread(private_rabbit.stop)
    with Teacher(own_stack.url, people.OKONKWO, own_stack.session_secret) as teacher:
        start = time.monotonic()
        job = teacher.start(EXAM.id, "csv")
        assert time.monotonic() - start < 1
        assert teacher.status(EXAM.id, job)["status"] == "queued"
        await asyncio.to_thread(private_rabbit.start)
        await wait_until(lambda: teacher.status(EXAM.id, job)["status"] == "completed", 60)


def test_each_service_says_that_it_is_ready(stack: Stack) -> None:
    for service in stack.services:
        assert httpx2.get(f"{service.url}/readyz").status_code == 200
        assert httpx2.get(f"{service.url}/metrics").status_code == 200
