"""A press for tests: real worker processes, pages set by WeasyPrint directly, and copies that misbehave by their id.

`crash-1` kills its worker, `hang-2` never returns, `eat-3` asks for more memory than it may have, `raise-4` is refused.
"""

import os
import pickle
import signal
import time
from functools import lru_cache
from pathlib import Path

from services.renderer.assembly import pack
from services.renderer.files import write_whole
from services.renderer.workers.results import Entry, encode
from services.renderer.workers.tasks import Context, CopyRequest, FrontRequest, Press

FRONT_FAILS = "the first front part hangs and the second is refused"


@lru_cache(maxsize=256)
def a_pdf(text: str, pages: int = 1) -> bytes:
    """A tagged PDF that says something, on so many pages."""
    from weasyprint import HTML

    body = "".join(
        f'<h1 style="break-before:page">{text}</h1><p>Page {page} sur {pages}.</p>' for page in range(1, pages + 1)
    )
    html = f"<html lang=fr><head><title>t</title></head><body>{body}</body></html>"
    pdf: bytes = HTML(string=html).write_pdf(pdf_variant="pdf/ua-1")
    return pdf


def warm() -> None:
    """Set a first page, so that what takes time afterwards is the copy."""
    a_pdf("warm")


def leave(target: Path, text: str, pages: int = 1) -> None:
    """An entry of so many pages."""
    write_whole(target, encode(Entry(pack(a_pdf(text, pages)), pages)))


def copies(context: Path, requests: tuple[CopyRequest, ...]) -> dict[int, str]:
    """Typeset, or misbehave."""
    failures: dict[int, str] = {}
    with (context.parent / "calls").open("a") as calls:
        calls.write(" ".join(request.submission_id for request in requests) + "\n")
    for request in requests:
        kind = request.submission_id.split("-")[0]
        if kind == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        elif kind == "hang":
            time.sleep(600)
        elif kind == "eat":
            bytearray(4 * 1024**3)
        elif kind == "raise":
            failures[request.place] = "ValueError: refused"
            continue
        leave(request.target, request.submission_id, pages=2 if kind == "two" else 1)
    return failures


def placeholder(context: Path, request: CopyRequest, reason: str) -> None:
    """A page that says why."""
    leave(request.target, f"placeholder {request.submission_id}: {reason}")


def front(context: Path, request: Path, target: Path) -> None:
    """As many pages as the exam's title says; it lists the pages it was told."""
    known: Context = pickle.loads(context.read_bytes())
    asked: FrontRequest = pickle.loads(request.read_bytes())
    if known.header.exam.title == FRONT_FAILS:
        if asked.part.first == 0:
            time.sleep(600)
        raise ValueError("refused")
    pages = 3 if known.header.exam.title == "three front pages" else 2
    leave(target, f"front {' '.join(map(str, asked.part.pages))}", pages)


PRESS = Press(copies=copies, placeholder=placeholder, front=front)
