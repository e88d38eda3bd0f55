"""The archive: its manifest lists every file with its digest, and the same copies give the same bytes."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

from contracts.options import Audience, ReportOptions
from services.renderer.formats.archive import Archive
from services.renderer.formats.archive_names import MANIFEST
from services.renderer.grading.gradebook import Gradebook, build_gradebook
from services.renderer.grading.marks import mark_copy
from tests.builders import a_student, a_submission, an_exam_header


def _book(options: ReportOptions) -> Gradebook:
    header = an_exam_header()
    copies = (a_submission(), a_submission(variant="Sujet B", student=a_student(name="Éva Autre")))
    return build_gradebook(header, [mark_copy(header.exam, copy) for copy in copies], options)


def _archive(folder: Path, options: ReportOptions) -> bytes:
    target = io.BytesIO()
    archive = Archive(target, _book(options), options)
    for name, content in (("Zoé.pdf", b"%PDF one"), ("Ève.pdf", b"x" * 3_000_000)):
        (folder / "copy").write_bytes(content)
        archive.add(name, folder / "copy", pages=2)
    assert archive.finish() == hashlib.sha256(target.getvalue()).hexdigest()
    return target.getvalue()


def test_the_manifest_lists_every_file_with_its_digest(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(_archive(tmp_path, ReportOptions()))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["Zoé.pdf", "Ève.pdf", MANIFEST]
        listed = json.loads(archive.read(MANIFEST))
        for entry in listed["files"]:
            content = archive.read(entry["name"])
            assert entry == {
                "name": entry["name"],
                "size": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
                "pages": 2,
            }
    assert listed["gradesAsOf"] == "2026-01-20T10:00:00Z"
    assert listed["leftOut"] == [{"name": "Éva Autre", "state": "graded", "variant": "Sujet B"}]


def test_an_anonymous_manifest_names_nobody(tmp_path: Path) -> None:
    options = ReportOptions(audience=Audience.ANONYMOUS)
    with zipfile.ZipFile(io.BytesIO(_archive(tmp_path, options))) as archive:
        assert [row["name"] for row in json.loads(archive.read(MANIFEST))["leftOut"]] == ["Copie 002"]


def test_an_archive_given_up_half_way_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(b"%PDF")
    with (tmp_path / "export.zip").open("wb") as file:
        archive = Archive(file, _book(ReportOptions()), ReportOptions())
        archive.add("Zoé.pdf", tmp_path / "copy")
    del archive
    assert not zipfile.is_zipfile(tmp_path / "export.zip")


def test_the_same_copies_give_the_same_bytes(tmp_path: Path) -> None:
    assert _archive(tmp_path, ReportOptions()) == _archive(tmp_path, ReportOptions())
