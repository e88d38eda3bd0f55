"""The ZIP archive: one PDF for each copy and a manifest with their digests; the same copies give the same bytes."""

import asyncio
import hashlib
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import BinaryIO

from contracts.events import Warning as ExportWarning
from contracts.options import ReportOptions
from contracts.timezones import local
from services.renderer.assembly import Assembler
from services.renderer.exam.zone import zone_of
from services.renderer.files import HashingFile
from services.renderer.formats.archive_names import MANIFEST, file_names
from services.renderer.formats.bookmarks import copy_name, copy_title
from services.renderer.formats.loaded import WriteContext, WrittenFile
from services.renderer.grading.gradebook import Gradebook
from services.renderer.workers.results import TypesetSegment

_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the archive as the manifest lists it."""

    name: str
    size: int
    sha256: str
    pages: int


class _ZipFile(zipfile.ZipFile):
    """A ZIP file that may be left unfinished, as when an export fails: its file is deleted then."""

    def __del__(self) -> None:
        """Do nothing: the library would write the directory into a file that is closed."""


class Archive:
    """Writes a ZIP file, member after member, and at the end its manifest."""

    def __init__(self, target: BinaryIO, book: Gradebook, options: ReportOptions) -> None:
        self._file = HashingFile(target)
        self._zip = _ZipFile(self._file, "w", zipfile.ZIP_STORED, allowZip64=True)
        self._book = book
        self._options = options
        moment = local(book.header.as_of, zone_of(book.header))
        self._moment = (
            min(max(moment.year, 1980), 2107),
            moment.month,
            moment.day,
            moment.hour,
            moment.minute,
            moment.second,
        )
        self.members: list[Member] = []

    def add(self, name: str, source: Path, pages: int = 0) -> Member:
        """Append a file from disk. PDFs are stored as they are: they are compressed already."""
        digest, size = hashlib.sha256(), 0
        with source.open("rb") as file, self._zip.open(self._info(name), "w", force_zip64=True) as member:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                member.write(chunk)
        self._file.flush()
        added = Member(name, size, digest.hexdigest(), pages)
        self.members.append(added)
        return added

    def finish(self) -> str:
        """Append the manifest and the directory, without which the file is no archive; the file's SHA-256."""
        self._zip.writestr(self._info(MANIFEST), manifest(self._book, self._options, self.members))
        self._zip.close()
        return self._file.sha256()

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self._moment)
        info.external_attr = 0o644 << 16
        info.create_system = 3
        return info


def manifest(book: Gradebook, options: ReportOptions, members: Iterable[Member]) -> bytes:
    """What is in the archive, as JSON: enough to check each file with `sha256sum`; and which copies are not in it,
    because they answer a variant that asks other questions.
    """
    header = book.header
    listed = [
        {"name": member.name, "size": member.size, "sha256": member.sha256, "pages": member.pages} for member in members
    ]
    content = {
        "exam": header.exam.title,
        "institution": header.exam.institution.name,
        "gradesAsOf": header.as_of.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "audience": options.audience.value,
        "files": listed,
        "leftOut": [
            {"name": copy_name(row, number, options), "state": row.state.value, "variant": row.variant}
            for number, row in enumerate(book.left_out, len(book.rows) + 1)
        ],
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode(errors="replace")


async def write_archive(context: WriteContext, path: Path) -> WrittenFile:
    """Write the archive to a file.

    Raises:
        TooManyPages, RenderFailed, StorageFull.
    """
    loaded, progress = context.loaded, context.progress
    shards = context.shards()
    names = file_names(loaded.book.rows, context.options)
    warnings: list[ExportWarning] = []
    pages = number = 0
    with path.open("xb") as file:
        archive = Archive(file, loaded.book, context.options)
        async for copy in shards.typeset(loaded.copies):
            number += 1
            warnings.extend(copy.warnings)
            pages += await asyncio.to_thread(_add_copy, context, archive, names[number - 1], copy, number)
            context.check_pages(pages)
        progress.generating(0)
        sha256 = archive.finish()
        progress.generating(1)
    return WrittenFile(pages, sha256, tuple(warnings))


def _add_copy(context: WriteContext, archive: Archive, name: str, copy: TypesetSegment, number: int) -> int:
    """Add the copy with this number (from 1) as a document of its own; its number of pages."""
    title = copy_title(context.loaded.book, number, context.options)
    path = context.directory / "member.pdf"
    with path.open("wb") as file:
        assembler = Assembler(file)
        assembler.add(copy.segment)
        written = assembler.finish(context.document_info(title))
    archive.add(name, path, written.pages)
    return written.pages
