"""Typst, a compiled typesetter, formulas as SVG: `python -m bench.peers.typst_report IN.json OUT.pdf`."""

import hashlib
import re
import sys
import tempfile
from pathlib import Path

import typst

from bench.peers.content import Copy, formula_svg, read, runs

_HEAD = '#set page("a4", margin: 18mm)\n#set text(font: "TeX Gyre Termes", size: 11pt, lang: "fr")\n'
_EMPTY = re.compile(r' (width|height)="0(\.0*)?em"')
_BASELINE = re.compile(r"vertical-align:\s*(-?[\d.]+)em")


class _Pictures:
    """Formulas written once each as SVG files beside the source."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._calls: dict[str, str] = {}

    def call(self, latex: str) -> str:
        """The Typst expression that draws the formula on its baseline."""
        if latex not in self._calls:
            self._calls[latex] = self._write(latex)
        return self._calls[latex]

    def _write(self, latex: str) -> str:
        svg, speech = formula_svg(latex)
        if _EMPTY.search(svg):
            return ""
        name = hashlib.sha256(latex.encode()).hexdigest()[:16] + ".svg"
        (self._folder / name).write_text(svg, encoding="utf-8")
        found = _BASELINE.search(svg)
        depth = -float(found[1]) if found else 0.0
        height = re.search(r'height="([\d.]+)em"', svg)
        size = f", height: {height[1]}em" if height else ""
        return f'#box(baseline: {depth}em, image("{name}", alt: {_quoted(speech)}{size}))'


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _mixed(text: str, pictures: _Pictures) -> str:
    return "".join(pictures.call(run.value) if run.is_formula else f"#{_quoted(run.value)}" for run in runs(text))


def _copy(copy: Copy, pictures: _Pictures) -> str:
    parts = [f"#pagebreak()\n= #{_quoted(copy.name)}\n"]
    for entry in copy.entries:
        parts.append(f"== #{_quoted(f'Question {entry.label} {entry.score} / {entry.maximum}')}\n")
        parts.append(f"#block(stroke: 0.5pt, inset: 6pt, width: 100%)[{_mixed(entry.answer, pictures)}]\n")
        if entry.comment:
            parts.append(_mixed(entry.comment, pictures) + "\n\n")
    return "".join(parts)


def main(source: Path, target: Path) -> None:
    """Write the Typst source and compile it."""
    title, copies = read(source)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures = _Pictures(folder)
        body = "".join(_copy(copy, pictures) for copy in copies)
        main_file = folder / "report.typ"
        main_file.write_text(f"{_HEAD}#set document(title: {_quoted(title)})\n{body}", encoding="utf-8")
        typst.compile(str(main_file), output=str(target))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]).absolute())
