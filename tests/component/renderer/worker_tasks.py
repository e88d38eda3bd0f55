"""Worker tasks for tests: real worker processes, pages by WeasyPrint directly, and copies that misbehave by their id.

`crash-1` kills its worker, `hang-2` never returns, `eat-3` asks for more memory than it may have, `raise-4` is refused,
`slow-5` takes a while.
"""

import os
import pickle
import signal
import time
from functools import lru_cache
from pathlib import Path

from services.renderer.assembly import pack
from services.renderer.workers.results import TypesetSegment, write_result
from services.renderer.workers.tasks import Context, CopyRequest, FrontRequest, PlaceholderRequest, WorkerTasks

FRONT_FAILS = "the first front part hangs and the second is refused"


@lru_cache(maxsize=256)
def a_pdf(text: str, pages: int = 1) -> bytes:
    """A tagged PDF that says something, on so many pages."""
    from weasyprint import HTML

    from services.renderer.typesetting.typesetter import faces

    body = "".join(
        f'<h1 style="break-before:page">{text}</h1><p>Page {page} sur {pages}.</p>' for page in range(1, pages + 1)
    )
    html = f"<html lang=fr><head><title>t</title></head><body>{body}</body></html>"
    pdf: bytes = HTML(string=html).write_pdf(pdf_variant="pdf/ua-1", font_config=faces())
    return pdf


def initialise() -> None:
    """Set a first page, so that what takes time afterwards is the copy."""
    a_pdf("first")


def leave(target: Path, text: str, pages: int = 1) -> None:
    """A result of so many pages."""
    write_result(target, TypesetSegment(pack(a_pdf(text, pages)), pages))


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
            failures[request.spool_index] = "ValueError: refused"
            continue
        elif kind == "slow":
            time.sleep(0.1)
        leave(request.target, request.submission_id, pages=2 if kind == "two" else 1)
    return failures


def placeholder(context: Path, request: PlaceholderRequest) -> None:
    """A page that says why."""
    leave(request.copy.target, f"placeholder {request.copy.submission_id}: {request.reason}")


def front(context: Path, request: Path) -> None:
    """As many pages as the exam's title says; it lists the pages it was told."""
    known: Context = pickle.loads(context.read_bytes())
    asked: FrontRequest = pickle.loads(request.read_bytes())
    if known.header.exam.title == FRONT_FAILS:
        if asked.part.first == 0:
            time.sleep(600)
        raise ValueError("refused")
    pages = 3 if known.header.exam.title == "three front pages" else 2
    leave(asked.target, f"front {' '.join(map(str, asked.part.pages))}", pages)


TASKS = WorkerTasks(copies=copies, placeholder=placeholder, front=front)
