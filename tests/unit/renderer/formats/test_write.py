"""Each format has a writer and says whether it needs copies."""

from contracts.states import Format
from services.renderer.formats.write import needs_copies


def test_documents_need_copies_and_tables_do_not() -> None:
    assert {kind: needs_copies(kind) for kind in Format} == {
        Format.PDF: True,
        Format.ZIP: True,
        Format.CSV: False,
        Format.XLSX: False,
    }
