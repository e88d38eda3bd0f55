"""Chromium prints the class from one HTML page, formulas as inline SVG: `-m bench.peers.chromium IN.json OUT.pdf`."""

import html
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.peers.content import Copy, formula_svg, read, runs

_STYLE = """
@page { size: A4; margin: 18mm }
body { font: 11pt/1.4 "TeX Gyre Termes", serif }
article { break-before: page }
h3 { margin: 1em 0 .2em }
.answer { border: 1px solid #999; padding: 6px }
"""
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
    "--export-tagged-pdf",
    "--generate-pdf-document-outline",
    "--timeout=600000",
]


def _mixed(text: str) -> str:
    return "".join(_formula(run.value) if run.is_formula else html.escape(run.value) for run in runs(text))


def _formula(latex: str) -> str:
    svg, speech = formula_svg(latex)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{html.escape(speech)}" ', 1)


def _article(copy: Copy) -> str:
    parts = [f"<article><h2>{html.escape(copy.name)}</h2>"]
    for entry in copy.entries:
        parts.append(f"<h3>Question {entry.label} {entry.score} / {entry.maximum}</h3>")
        parts.append(f'<div class="answer">{_mixed(entry.answer)}</div>')
        if entry.comment:
            parts.append(f"<p>{_mixed(entry.comment)}</p>")
    return "".join(parts) + "</article>"


def main(source: Path, target: Path) -> None:
    """Write the page and have Chromium print it."""
    title, copies = read(source)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        body = "".join(map(_article, copies))
        page.write_text(
            f'<!doctype html><html lang="fr"><meta charset="utf-8"><title>{html.escape(title)}</title>'
            f"<style>{_STYLE}</style><h1>{html.escape(title)}</h1>{body}</html>",
            encoding="utf-8",
        )
        command = ["chromium", *_FLAGS, f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=1800)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]).absolute())
