"""Corrects the structure tree of a WeasyPrint PDF before it is written, for PDF/UA-1.

WeasyPrint tags every picture as a Figure and leaves running headers in the content. Here formulas become
Formula with their speech and, where it is sound, their MathML; pictures that repeat the text beside them and
everything in the page margins become artifacts; boxes are given in the page's own coordinates.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pydyf
from weasyprint.pdf import tags

from services.renderer.content.formulas import Formula
from services.renderer.pages.resources import ARTIFACT_ALT, FORMULA_ALT

_CHARACTER_MAP = b"/CIDInit /ProcSet findresource begin"

_PX = 0.75
"""PDF points in a CSS pixel."""


def install() -> None:
    """Have WeasyPrint write the `data-lang` of HTML elements as the `Lang` of their structure elements.

    It knows the document's `lang` only. The attribute is another one, so that no face is chosen by it.
    """
    tags._build_box_tree = _with_language


_build_box_tree = tags._build_box_tree


def _with_language(box: Any, *rest: Any) -> Iterator[Any]:
    language = box.element.get("data-lang") if getattr(box, "element", None) is not None else None
    elements: Iterator[Any] = _build_box_tree(box, *rest)
    return elements if language is None else _in_language(language, elements)


def _in_language(language: str, elements: Iterator[Any]) -> Iterator[Any]:
    for element in elements:
        element["Lang"] = pydyf.String(language)
        yield element


def finish(pdf: Any, formulas: Mapping[str, Formula], page_height: float) -> None:
    """Correct the structure tree of a document in place. `page_height` is in points."""
    elements = {
        each.number: each
        for each in pdf.objects
        if isinstance(each, pydyf.Dictionary) and each.get("Type") == "/StructElem"
    }
    attached: dict[str, Any] = {}
    for element in elements.values():
        if element["S"] == "/Figure":
            _figure(pdf, element, formulas, attached, page_height)
        elif element["S"] == "/TR":
            _row(element, elements)
        elif element["S"] == "/L":
            _contents(element, elements)
    _annotations(pdf)
    _readings(pdf)
    _release(pdf, elements)


def _row(row: Any, elements: Mapping[int, Any]) -> None:
    """Set the scope of a row's header cells: their columns where the whole row is headers, else the row."""
    cells = [elements[_number(kid)] for kid in row["K"]]
    scope = "/Column" if all(cell["S"] == "/TH" for cell in cells) else "/Row"
    for cell in cells:
        if cell["S"] == "/TH":
            cell["A"]["Scope"] = scope


def _contents(items: Any, elements: Mapping[int, Any]) -> None:
    """A list whose items are links becomes a table of contents (ISO 32000-1, 14.8.4.2): TOC, TOCI and a Reference."""
    entries = [elements[_number(kid)] for kid in items["K"]]
    bodies = [elements[_number(kid)] for entry in entries for kid in entry["K"]]
    first = _first_kid(bodies[0], elements) if bodies else None
    if first is None or _first_kid(first, elements, "/Link") is None:
        return
    items["S"] = "/TOC"
    for entry in entries:
        entry["S"] = "/TOCI"
    for body in bodies:
        body["S"] = "/NonStruct"
        for kid in body["K"]:
            line = elements[_number(kid)]
            if _first_kid(line, elements, "/Link") is not None:
                line["S"] = "/Reference"


def _first_kid(element: Any, elements: Mapping[int, Any], kind: str | None = None) -> Any:
    """The first kid of an element that is one itself, and of a kind; None where there is none."""
    kids = (elements.get(_number(kid)) for kid in element["K"])
    return next((kid for kid in kids if kid is not None and kind in (None, kid["S"])), None)


def _annotations(pdf: Any) -> None:
    """Set the print flag of links, so that they are printed like the rest of the page."""
    for each in pdf.objects:
        if isinstance(each, pydyf.Dictionary) and each.get("Subtype") == "/Link":
            each["F"] = 4


def _figure(pdf: Any, element: Any, formulas: Mapping[str, Formula], attached: dict[str, Any], height: float) -> None:
    left, top, right, bottom = element["A"]["BBox"]
    element["A"]["BBox"] = pydyf.Array(
        round(value, 2) for value in (left * _PX, height - bottom * _PX, right * _PX, height - top * _PX)
    )
    alt = element["Alt"].string if "Alt" in element else ""
    if alt.startswith(FORMULA_ALT):
        key = alt.removeprefix(FORMULA_ALT)
        formula = formulas[key]
        element["S"] = "/Formula"
        element["Alt"] = pydyf.String(formula.speech)
        if formula.mathml:
            element["AF"] = _mathml(pdf, key, formula.mathml, attached)
    elif alt == ARTIFACT_ALT:
        element["S"] = "/Artifact"


def _mathml(pdf: Any, key: str, mathml: str, attached: dict[str, Any]) -> Any:
    """The formula's MathML as an associated file, kept once however often the formula stands in the segment."""
    if key not in attached:
        extra = {"Type": "/EmbeddedFile", "Subtype": "/application#2Fmathml+xml"}
        stream = pydyf.Stream([mathml.encode()], extra, compress=True)
        pdf.add_object(stream)
        name = pydyf.String(f"formula-{key}.mml")
        files = pydyf.Dictionary({"F": stream.reference, "UF": stream.reference})
        specification = pydyf.Dictionary(
            {"Type": "/Filespec", "F": name, "UF": name, "AFRelationship": "/Supplement", "EF": files}
        )
        pdf.add_object(specification)
        attached[key] = specification
    return pydyf.Array([attached[key].reference])


def _release(pdf: Any, elements: dict[int, Any]) -> None:
    """Turn marked content whose element is an artifact, or not in the tree, into artifacts of the page."""
    kept = set(_reachable(pdf, elements))
    numbers = _parent_tree(pdf)
    pages = [each for each in pdf.objects if isinstance(each, pydyf.Dictionary) and each.get("Type") == "/Page"]
    by_reference = {each.reference: each for each in pdf.objects}
    for page in pages:
        parents = numbers[page["StructParents"]]
        gone = {mcid for mcid, reference in enumerate(parents) if _number(reference) not in kept}
        if gone:
            _as_artifacts(by_reference[page["Contents"]], gone)
            for mcid in gone:
                parents[mcid] = "null"


def _readings(pdf: Any) -> None:
    """Complete the ToUnicode maps: the second glyph of a cluster has no character and gets a zero width space."""
    for each in pdf.objects:
        if isinstance(each, pydyf.Stream) and each.stream[:1] == [_CHARACTER_MAP]:
            each.stream = [
                line[:-2] + b"<200b>" if isinstance(line, bytes) and line.endswith(b" <>") else line
                for line in each.stream
            ]


def _reachable(pdf: Any, elements: dict[int, Any]) -> Iterator[int]:
    """The elements of the tree; artifacts among them are cut off."""
    root = next(each for each in pdf.objects if isinstance(each, pydyf.Dictionary) and each.get("S") == "/Document")
    waiting = [root]
    while waiting:
        element = waiting.pop()
        yield element.number
        kids = []
        for kid in element["K"]:
            child = elements.get(_number(kid)) if isinstance(kid, bytes) else None
            if child is not None and child["S"] == "/Artifact":
                continue
            kids.append(kid)
            if child is not None:
                waiting.append(child)
        element["K"] = pydyf.Array(kids)


def _number(reference: Any) -> int:
    return int(reference.split()[0]) if isinstance(reference, bytes) else -1


def _parent_tree(pdf: Any) -> dict[int, Any]:
    root = next(
        each for each in pdf.objects if isinstance(each, pydyf.Dictionary) and each.get("Type") == "/StructTreeRoot"
    )
    number = _number(root["ParentTree"])
    flat = pdf.objects[number]["Nums"]
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _as_artifacts(content: Any, mcids: set[int]) -> None:
    """`/Tag <</MCID n>> BDC` becomes `/Artifact <</Type /Pagination>> BDC`: the engine writes it as three tokens."""
    tokens = content.stream
    for index, token in enumerate(tokens):
        if isinstance(token, pydyf.Dictionary) and token.get("MCID") in mcids:
            tokens[index - 1], tokens[index] = b"/Artifact", pydyf.Dictionary({"Type": "/Pagination"})
