"""Documents out of segments, opened again with another library and checked for accessibility."""

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import outloud
import pikepdf
import pytest

from services.renderer.assembly import Assembler, Bookmark, DocumentInfo, Written, pack, starts_of
from services.renderer.assembly.folios import folio
from services.renderer.assembly.segments import MalformedSegment, unpack
from tests.builders import AS_OF
from tests.component.renderer.worker_tasks import a_pdf
from tests.pdfs import text_of

INFO = DocumentInfo("Devoir n° 3 (dérivation) & <suite>", "fr", AS_OF)
TABLE = """<html lang=fr><head><title>t</title></head><body><h1>Tableau</h1><table><tr><th>x</th><th>y</th></tr>
<tr><td>1</td><td>2</td></tr></table><p><a href="https://example.org/5%200%20R">lien 5 0 R</a></p></body></html>"""
LINKS = """<html lang=fr><head><title>t</title></head><body><h1>Sommaire</h1>
<p><a href="copy:1">la deuxième</a></p><p><a href="#ici">plus bas</a></p><h2 id="ici">Ici</h2></body></html>"""


def html(source: str) -> bytes:
    from weasyprint import HTML

    pdf: bytes = HTML(string=source).write_pdf(pdf_variant="pdf/ua-1")
    return pdf


def assemble(
    copies: Sequence[bytes],
    front: bytes | None = None,
    outline: Sequence[Bookmark] = (),
    *,
    duplex: bool = False,
    info: DocumentInfo = INFO,
) -> tuple[bytes, Written]:
    file = io.BytesIO()
    assembler = Assembler(file, duplex=duplex)
    for copy in copies:
        assembler.add(copy)
    written = assembler.finish(info, front=[front] if front else [], outline=outline)
    return file.getvalue(), written


def texts(pdf: bytes) -> list[str]:
    """The text of each page, by another reader."""
    return text_of(pdf).split("\f")[:-1]


@pytest.fixture(scope="module")
def three() -> list[bytes]:
    return [pack(a_pdf("alpha", 2)), pack(a_pdf("beta", 1)), pack(a_pdf("gamma", 3))]


@pytest.fixture(scope="module")
def front() -> bytes:
    return pack(a_pdf("avant", 1))


def test_front_first_then_the_copies_in_order(three: list[bytes], front: bytes) -> None:
    pdf, written = assemble(three, front)
    pages = texts(pdf)
    assert written.pages == 7 == len(pages)
    assert ["avant" in pages[0], "alpha" in pages[1], "beta" in pages[3], "gamma" in pages[4]] == [True] * 4


def test_the_digest_is_the_files(three: list[bytes], front: bytes) -> None:
    pdf, written = assemble(three, front)
    assert written.sha256 == hashlib.sha256(pdf).hexdigest()


def test_the_same_segments_give_the_same_bytes(three: list[bytes], front: bytes) -> None:
    assert assemble(three, front) == assemble(three, front)


def test_a_document_that_qpdf_and_the_accessibility_checks_accept(
    three: list[bytes], front: bytes, tmp_path: Path
) -> None:
    marks = (Bookmark("Synthèse"), Bookmark("Classe A", children=(Bookmark("Zoé", copy=0), Bookmark("Ève", copy=2))))
    pdf, _ = assemble([*three, pack(html(TABLE))], front, marks, duplex=True)
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf)
    with pikepdf.open(path) as opened:
        assert opened.check_pdf_syntax() == []
    report = outloud.check(str(path))
    assert [finding for finding in report.findings if finding.severity == "error"] == []


def test_the_structure_tree_holds_every_copy_and_points_at_the_files_pages(three: list[bytes], front: bytes) -> None:
    pdf, _ = assemble(three, front)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        tree = opened.Root.StructTreeRoot
        (document,) = list(tree.K)
        parts: list[Any] = list(document.K)
        assert [str(part.S) for part in parts] == ["/Part"] * 4
        assert all(part.P.objgen == document.objgen for part in parts)
        pages = [page.obj.objgen for page in opened.pages]
        owners = pikepdf.NumberTree(tree.ParentTree)
        keys = [int(page.obj.StructParents) for page in opened.pages]
        assert sorted(keys) == sorted(owners.keys())
        for page, key in zip(opened.pages, keys, strict=True):
            for element in owners[key]:
                assert element.Pg.objgen == page.obj.objgen
        first = parts[0].K[0]
        assert first.Pg.objgen == pages[0]


def test_each_copy_begins_on_an_odd_page_where_duplex_is_asked(three: list[bytes], front: bytes) -> None:
    pdf, written = assemble(three, front, duplex=True)
    pages = texts(pdf)
    assert written.pages == len(pages) == 10
    assert "beta" in pages[4]
    assert pages[1].strip() == pages[5].strip() == ""


@pytest.mark.parametrize("duplex", [False, True])
def test_where_copies_start_is_known_before_they_are_bound(three: list[bytes], front: bytes, duplex: bool) -> None:
    pages = texts(assemble(three, front, duplex=duplex)[0])
    starts = starts_of([2, 1, 3], 1, duplex=duplex)
    assert starts == ((3, 5, 7) if duplex else (2, 4, 5))
    for name, start in zip(("alpha", "beta", "gamma"), starts, strict=True):
        assert [name in page for page in pages].index(True) + 1 == start


def test_folios_are_absolute_and_blank_pages_have_none(three: list[bytes], front: bytes) -> None:
    pdf, _ = assemble(three, front, duplex=True)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for number, page in enumerate(opened.pages, start=1):
            if number in (2, 6, 10):
                assert "/Contents" not in page.obj
            else:
                assert page.obj.Contents[-1].read_bytes() == folio(number)


def test_a_folio_is_an_artifact_and_undoes_what_the_page_did() -> None:
    assert folio(12).startswith(b"Q /Artifact")
    assert folio(12).endswith(b"Q EMC")
    assert folio(12).count(b" f ") == 2


def test_the_outline_leads_to_the_copies(three: list[bytes], front: bytes) -> None:
    marks = (Bookmark("Synthèse"), Bookmark("Classe (A)", children=(Bookmark("Zoé", copy=0), Bookmark("王", copy=2))))
    pdf, _ = assemble(three, front, marks)
    with pikepdf.open(io.BytesIO(pdf)) as opened, opened.open_outline() as outline:
        pages = [page.obj.objgen for page in opened.pages]

        def line(item: Any) -> tuple[str, int, list[Any]]:
            return item.title, pages.index(item.destination[0].objgen), [line(child) for child in item.children]

        assert [line(item) for item in outline.root] == [
            ("Synthèse", 0, []),
            ("Classe (A)", 1, [("Zoé", 1, []), ("王", 4, [])]),
        ]


def test_links_to_copies_and_within_the_front(three: list[bytes]) -> None:
    pdf, _ = assemble(three, pack(html(LINKS)))
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        pages = [page.obj.objgen for page in opened.pages]
        annotations: list[Any] = list(opened.pages[0].obj.Annots)
        targets = [pages.index(annotation.Dest[0].objgen) for annotation in annotations]
        assert targets == [3, 0]
        assert not any("/A" in annotation for annotation in annotations)
        owners = pikepdf.NumberTree(opened.Root.StructTreeRoot.ParentTree)
        assert all(owners[int(annotation.StructParent)].S == "/Link" for annotation in annotations)


def test_outside_links_stay(front: bytes) -> None:
    pdf, _ = assemble([pack(html(TABLE))], front)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        (annotation,) = list(opened.pages[1].obj.Annots)
        assert str(annotation.A.URI) == "https://example.org/5%200%20R"


def test_table_headers_are_found_in_their_own_copy() -> None:
    segment = pack(html(TABLE))
    pdf, _ = assemble([segment, segment])
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        names = pikepdf.NameTree(opened.Root.StructTreeRoot.IDTree)
        assert len(list(names)) == 4
        cells = [item for item in opened.objects if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/TD"]
        headers = [bytes(cell.A.Headers[0]) for cell in cells]
        assert len(headers) == len(set(headers)) == 4
        assert {bytes(element.ID) for element in (names[name] for name in names)} == set(headers)


def test_equal_streams_are_written_once() -> None:
    segment = pack(a_pdf("alpha", 1))
    one, _ = assemble([segment])
    ten, _ = assemble([segment] * 10)
    assert len(ten) < len(one) + 9 * 4_000


def test_what_it_says_of_itself(three: list[bytes]) -> None:
    pdf, _ = assemble(three)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert str(opened.docinfo.Title) == INFO.title
        assert opened.Root.Lang == "fr"
        assert opened.Root.ViewerPreferences.DisplayDocTitle
        assert str(opened.Root.PageLabels.Nums[1].S) == "/D"
        with opened.open_metadata() as metadata:
            assert metadata["dc:title"] == INFO.title
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["xmp:CreateDate"] == "2026-01-20T10:00:00Z"
        assert b"/work" not in pdf
        assert b"WeasyPrint" not in opened.Root.Metadata.read_bytes()


def test_memory_holds_no_page(three: list[bytes]) -> None:
    import tracemalloc

    file = io.FileIO("/dev/null", "wb")
    assembler = Assembler(file)
    for _ in range(20):
        assembler.add(three[0])
    tracemalloc.start()
    for _ in range(200):
        assembler.add(three[0])
    grown, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    file.close()
    assert grown < 200 * 3_000


@pytest.mark.parametrize("data", [b"", b"no pdf", b"%PDF-1.7\n%%EOF"])
def test_what_is_no_pdf_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedSegment):
        pack(data)


def test_an_untagged_pdf_is_refused() -> None:
    from weasyprint import HTML

    with pytest.raises(MalformedSegment):
        pack(HTML(string="<p>x").write_pdf())


@pytest.mark.parametrize("data", [b"", b"{}\n", b'{"packed": 3}\nabc'])
def test_what_is_no_segment_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedSegment):
        unpack(data)
