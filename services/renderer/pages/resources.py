"""What a segment is made of besides its HTML: formulas by key, files by URL, warnings by place.

Every address is made up here (`math:3`, `file:2`): nothing that someone wrote is ever an address.
"""

from dataclasses import dataclass, field

from contracts.events import Warning as ExportWarning
from contracts.states import WarningCode
from services.renderer.content.formulas import Formula

FORMULA_ALT = "\uf8ffformula:"
"""Stands before a formula's key in `alt` until the structure tree is made. It is private: no text contains it."""

ARTIFACT_ALT = "\uf8ffartifact"
"""The `alt` of a picture that only repeats the text beside it."""


@dataclass(frozen=True, slots=True)
class File:
    """Bytes that a document may show, and what they are."""

    mime: str
    data: bytes


@dataclass
class Resources:
    """What one segment is made of besides its HTML."""

    formulas: dict[str, Formula] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    warnings: dict[tuple[WarningCode, str], ExportWarning] = field(default_factory=dict)

    def add_file(self, mime: str, data: bytes) -> str:
        """The URL these bytes are shown under; the same bytes have one."""
        for url, known in self.files.items():
            if known.data == data:
                return url
        url = f"file:{len(self.files)}"
        self.files[url] = File(mime, data)
        return url
