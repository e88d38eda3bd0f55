"""What the HTML of one segment refers to: formulas by key, files by URL, warnings by place.

Every address is made up here (`math:3`, `file:2`): nothing that someone wrote is ever an address.
"""

from dataclasses import dataclass, field

from markupsafe import Markup

from contracts.events import Warning as ExportWarning
from contracts.states import WarningCode
from services.renderer.content.formulas import Formula

NOTHING = Markup("")

FORMULA_ALT = "\uf8ffformula:"
"""Stands before a formula's key in `alt` until the structure tree is made. It is private: no text contains it."""

ARTIFACT_ALT = "\uf8ffartifact"
"""The `alt` of an image that only repeats the text beside it."""


@dataclass(frozen=True, slots=True)
class File:
    """Bytes that a document may show, and what they are."""

    mime: str
    data: bytes


@dataclass
class Resources:
    """The formulas, files and warnings of one segment, filled while its HTML is made."""

    formulas: dict[str, Formula] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    warnings: dict[tuple[WarningCode, str], ExportWarning] = field(default_factory=dict)
    _keys: dict[tuple[str, bool], str] = field(default_factory=dict)

    def add_file(self, mime: str, data: bytes) -> str:
        """The URL these bytes are shown under; the same bytes have one."""
        for url, known in self.files.items():
            if known.data == data:
                return url
        url = f"file:{len(self.files)}"
        self.files[url] = File(mime, data)
        return url

    def add_formula(self, formula: Formula) -> str:
        """The key this formula is drawn under; the same source in the same style has one."""
        key = self._keys.setdefault((formula.latex, formula.display), str(len(self._keys)))
        self.formulas.setdefault(key, formula)
        return key

    def has_formula(self, latex: str, display: bool) -> bool:
        """Whether this source has a key already."""
        return (latex, display) in self._keys
