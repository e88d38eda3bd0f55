"""Writes the formulas' `glyphs.json`: number, width and reading of each glyph of mathra's typeface.

Run again when mathra's version changes: `python -m dev.glyph_table < tests/data/formulas.txt`. The order of the rows is
the glyphs' place in the PDF fonts, 256 a font: those used most come first, so that a page needs one font or two.
The typeface (STIX Two Math, SIL OFL 1.1) is read out of mathra's own library; only names and widths are kept.
"""

import io
import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import mathra
from fontTools.agl import toUnicode
from fontTools.ttLib import TTFont

from dev.paths import ROOT

TARGET = ROOT / "services/renderer/content/formulas/glyphs.json"
_USE = re.compile(r'<use href="#mathra-[0-9a-f]+-g(\d+)"')
_MISNAMED = {"u1D46": "u"}
_FOLDED = re.compile(
    r"MATHEMATICAL (BOLD|ITALIC|SANS-SERIF|MONOSPACE|BOLD ITALIC|SANS-SERIF .*)? ?(CAPITAL|SMALL|DIGIT|ITALIC)"
)


def main() -> None:
    font = _typeface()
    order = font.getGlyphOrder()
    frequency = _frequency(sys.stdin.read().splitlines())
    written = {name: chr(code) for code, name in sorted(font.getBestCmap().items(), reverse=True)}
    written |= {small: written[name] for name, small in _script_variants(font) if name in written}
    rows = [
        [number, round(font["hmtx"][name][0]), _reading(name, written)]
        for number, name in sorted(enumerate(order), key=lambda pair: (-frequency[pair[0]], pair[0]))
    ]
    content = {"mathra": mathra.__version__, "glyphs": rows}
    TARGET.write_text(json.dumps(content, ensure_ascii=True, separators=(",", ":")).replace("],[", "],\n[") + "\n")
    print(f"{len(rows)} glyphs, {sum(1 for row in rows if row[2] == ' ')} without a reading")


def _typeface() -> TTFont:
    package = find_spec("mathra")
    assert package is not None
    assert package.origin is not None
    library = next(Path(package.origin).parent.glob("_mathra*.so")).read_bytes()
    for match in re.finditer(b"OTTO", library):
        font = TTFont(io.BytesIO(library[match.start() :]))
        if "MATH" in font:
            return font
    raise LookupError("mathra carries no OpenType MATH typeface")


def _frequency(formulas: list[str]) -> Counter[int]:
    alphabet = "".join(letter for letter in map(chr, range(33, 127)) if letter not in "\\{}$&#^_%~")
    greek = " ".join(
        f"\\{unicodedata.name(chr(code)).split()[-1].lower()}" for code in range(0x3B1, 0x3CA) if code != 0x3C2
    )
    formulas = [*formulas, alphabet, f"x^{{{alphabet}}}", f"\\text{{{alphabet}}}", greek]
    return Counter(
        int(number)
        for formula in formulas
        for display in (False, True)
        for number in _USE.findall(mathra.render(formula, "en", display=display)["svg"])
    )


def _reading(name: str, written: dict[str, str]) -> str:
    """What a reader of the page's text gets: plain letters for mathematical alphabets, a variant's base character."""
    base = name.split(".")[0]
    text = _MISNAMED.get(base) or written.get(name) or written.get(base) or _named(base)
    if len(text) == 1 and (text == "ℎ" or _FOLDED.match(unicodedata.name(text, ""))):
        text = _plain(text)
    return text if text and all(unicodedata.category(letter)[0] not in "C" for letter in text) else " "


def _script_variants(font: TTFont) -> Iterator[tuple[str, str]]:
    """Each glyph that has forms for scripts (OpenType `ssty`) with one of them, whatever that is named."""
    table = font["GSUB"].table
    lookups = {
        number
        for feature in table.FeatureList.FeatureRecord
        if feature.FeatureTag == "ssty"
        for number in feature.Feature.LookupListIndex
    }
    for number in lookups:
        for subtable in table.LookupList.Lookup[number].SubTable:
            subtable = getattr(subtable, "ExtSubTable", subtable)
            for name, forms in getattr(subtable, "alternates", {}).items():
                yield from ((name, form) for form in forms)


def _plain(letter: str) -> str:
    """A letter of a mathematical alphabet as the letter it is drawn from: 𝜗 is ϑ, which NFKC would make θ."""
    kind, *codes = unicodedata.decomposition(letter).split() or [""]
    return "".join(chr(int(code, 16)) for code in codes) if kind == "<font>" else letter


def _named(base: str) -> str:
    """`u1D462` and `uni1D462` alike: the typeface writes both, Adobe's rule gives the second four digits only."""
    code = re.fullmatch(r"u(?:ni)?([0-9A-F]{4,5})", base)
    return chr(int(code.group(1), 16)) if code else toUnicode(base)


if __name__ == "__main__":
    main()
