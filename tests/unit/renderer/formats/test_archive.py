"""The archive: its manifest lists every file with its digest, and the same copies give the same bytes."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

from contracts.options import ReportOptions
from services.renderer.formats.archive import Archive
from services.renderer.formats.archive_names import MANIFEST
from tests.builders import an_exam_header


def _archive(folder: Path, options: ReportOptions) -> bytes:
    target = io.BytesIO()
    archive = Archive(target, an_exam_header(), options)
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


def test_an_archive_given_up_half_way_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(b"%PDF")
    with (tmp_path / "export.zip").open("wb") as file:
        archive = Archive(file, an_exam_header(), ReportOptions())
        archive.add("Zoé.pdf", tmp_path / "copy")
    del archive
    assert not zipfile.is_zipfile(tmp_path / "export.zip")


def test_the_same_copies_give_the_same_bytes(tmp_path: Path) -> None:
    assert _archive(tmp_path, ReportOptions()) == _archive(tmp_path, ReportOptions())
