"""A ZIP of one file a copy and a manifest with their digests. Written as it comes, byte for byte the same each time.

Names are readable and safe on every system, none is used twice, and in an anonymous archive none tells who wrote.
"""

import hashlib
import json
import unicodedata
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import BinaryIO

from contracts.graded_exam import ExamHeader
from contracts.options import Audience, ReportOptions
from services.renderer.files import HashingFile
from services.renderer.grading.gradebook import alias
from services.renderer.grading.marks import CopyMarks
from services.renderer.language.names import safe

MANIFEST = "manifest.json"

LONGEST_NAME = 80
"""Bytes of a file name before its ending: with a folder before it, the path stays below what any system allows."""

_RESERVED = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³")}
)
"""Names of devices on Windows, whatever their ending."""

_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the archive as the manifest lists it."""

    name: str
    size: int
    sha256: str
    pages: int


def file_names(rows: Iterable[CopyMarks], options: ReportOptions, ending: str = ".pdf") -> list[str]:
    """A name for each copy, in order: `Zoé_Lefèvre.pdf`, or `Copie-001.pdf` where no name may be."""
    taken = {MANIFEST: 1}
    return [_free(_stem(row, place, options), ending, taken) for place, row in enumerate(rows, 1)]


def _stem(row: CopyMarks, place: int, options: ReportOptions) -> str:
    unnamed = alias(place, options.language).replace(" ", "-")
    if options.audience is Audience.ANONYMOUS:
        return unnamed
    stem = _cut("_".join(safe(row.student.name).split()).lstrip("-"), LONGEST_NAME)
    if stem.partition(".")[0].upper() in _RESERVED:
        stem = f"_{stem}"
    return stem or unnamed


def _cut(name: str, size: int) -> str:
    """A name of so many bytes at most, no character halved."""
    return name.encode()[:size].decode(errors="ignore").rstrip(". _")


def _free(stem: str, ending: str, taken: dict[str, int]) -> str:
    """The name, with a number where it is taken. Case and encoding of accents count for nothing, as on some systems."""
    name, number = f"{stem}{ending}", taken.get(_folded(stem), 1)
    while _folded(name) in taken:
        number += 1
        name = f"{stem}_{number}{ending}"
    taken[_folded(name)] = 1
    taken[_folded(stem)] = number
    return name


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKD", name.casefold())


class _ZipFile(zipfile.ZipFile):
    """One that is not finished is thrown away with its file: there is nothing to write any more."""

    def __del__(self) -> None:
        """Nothing, where the library would write to a file that is closed."""


class Archive:
    """Writes an archive into a file, member after member."""

    def __init__(self, target: BinaryIO, header: ExamHeader, options: ReportOptions) -> None:
        self._file = HashingFile(target)
        self._zip = _ZipFile(self._file, "w", zipfile.ZIP_STORED, allowZip64=True)
        self._header = header
        self._options = options
        moment = header.as_of.astimezone(UTC)
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
        self._zip.writestr(self._info(MANIFEST), manifest(self._header, self._options, self.members))
        self._zip.close()
        return self._file.sha256()

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self._moment)
        info.external_attr = 0o644 << 16
        info.create_system = 3
        return info


def manifest(header: ExamHeader, options: ReportOptions, members: Iterable[Member]) -> bytes:
    """What is in the archive, as JSON: enough to check each file with `sha256sum`."""
    listed = [
        {"name": member.name, "size": member.size, "sha256": member.sha256, "pages": member.pages} for member in members
    ]
    content = {
        "exam": header.exam.title,
        "institution": header.exam.institution.name,
        "gradesAsOf": header.as_of.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "audience": options.audience.value,
        "files": listed,
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode(errors="replace")
