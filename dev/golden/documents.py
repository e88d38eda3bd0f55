"""Which documents are golden, and how they are made: as `correcta-render` makes them, from a few copies of each sample.

Copies are chosen for what they show: graded, in grading, not graded, harmonised, of several scripts.
"""

import asyncio
import ctypes
import hashlib
import json
import re
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.options import Audience, Language, Order, ReportOptions
from contracts.states import Format
from dev.golden.transcript import transcript
from dev.paths import ROOT
from services.renderer.exam.json_file import JsonSource
from services.renderer.export.render import Artifact, render_export
from services.renderer.export.request import RenderRequest
from services.renderer.images.fetching import ImageFetcher, make_client
from services.renderer.limits import Limits
from services.renderer.progress import Progress
from services.renderer.workers.cache import NoCache
from services.renderer.workers.confinement import Sandbox
from services.renderer.workers.pool import WorkerPool
from services.renderer.workers.shards import Pipeline
from services.renderer.workers.tasks import preload_engine

SAMPLES = ROOT / "dev" / "sample" / "exams"
GOLDEN = ROOT / "tests" / "golden"
TYPESETTER = GOLDEN / "TYPESETTER"

STUDENTS = {
    "mathematiques": ("Gaspard Tissot", "Lucas Rey", "Zhang Wei (张伟)"),
    "physique-chimie": ("Isaure Montreuil", "Mohamed-Amine Trabelsi"),
    "informatique": ("William Osei", "Zoé Lambert-Ruiz"),
}
"""The students whose copies are in a golden document; all of them where none are named."""


@dataclass(frozen=True)
class Document:
    """A golden document: an exam of the sample and what a teacher chose."""

    exam: str
    name: str
    options: ReportOptions

    @property
    def path(self) -> Path:
        """Where its text is kept."""
        return GOLDEN / f"{self.exam}.{self.name}.txt"


_JURY = ReportOptions(audience=Audience.JURY, order=Order.SCORE, duplex=True)
_TEACHER = ReportOptions(audience=Audience.TEACHER)
_ANONYMOUS = ReportOptions(audience=Audience.ANONYMOUS, statements=False)
_AUDIENCES = {"student": ReportOptions(), "jury": _JURY, "anonymous": _ANONYMOUS}
_ENGLISH = ReportOptions(audience=Audience.ANONYMOUS, language=Language.EN, comments=False, statistics=False)

DOCUMENTS = (
    *(Document(exam, name, options) for exam in STUDENTS for name, options in _AUDIENCES.items()),
    Document("tous-les-contenus", "student", ReportOptions()),
    Document("tous-les-contenus", "english", _ENGLISH),
    Document("informatique", "teacher", _TEACHER),
    Document("mathematiques", "compact", ReportOptions(compact=True)),
)


def sample(exam: str) -> dict[str, Any]:
    """An exam of the sample with the copies that its golden documents hold."""
    graded: dict[str, Any] = json.loads((SAMPLES / f"{exam}.json").read_bytes())
    names = STUDENTS.get(exam)
    if names:
        graded["submissions"] = [each for each in graded["submissions"] if each["student"]["name"] in names]
    return graded


class Studio:
    """Makes golden documents one after another, with one worker that stays warm."""

    def __init__(self, folder: Path, pipeline: Pipeline, images: ImageFetcher) -> None:
        self._folder, self._pipeline, self._images = folder, pipeline, images

    async def make(self, document: Document) -> Artifact:
        """The document as a file."""
        folder = self._folder / document.path.stem
        folder.mkdir()
        source = folder / "exam.json"
        source.write_text(json.dumps(sample(document.exam)), encoding="utf-8")
        return await render_export(
            JsonSource(source),
            RenderRequest(Format.PDF, document.options),
            self._pipeline,
            self._images.fetch,
            progress=Progress(lambda _: None),
            directory=folder,
        )


@asynccontextmanager
async def studio() -> AsyncIterator[Studio]:
    """A studio with its worker, gone at the end."""
    limits = Limits()
    with tempfile.TemporaryDirectory(prefix="correcta-golden-") as folder:
        sandbox = Sandbox(limits.shard_memory, Path(folder))
        pool = WorkerPool(1, sandbox=sandbox, initialise=preload_engine)
        pool.start()
        try:
            async with make_client() as client:
                yield Studio(Path(folder), Pipeline(pool, NoCache(), limits), ImageFetcher(client, (), limits))
        finally:
            await pool.stop()


@dataclass(frozen=True)
class Made:
    """A golden document as this code makes it; `text` is what its golden file holds."""

    filename: str
    pdf: bytes
    text: str


async def _made(documents: Sequence[Document]) -> dict[Document, Made]:
    made: dict[Document, Made] = {}
    async with studio() as open_studio:
        for document in documents:
            artifact = await open_studio.make(document)
            pdf = artifact.path.read_bytes()
            made[document] = Made(artifact.filename, pdf, transcript(pdf))
    return made


def make(documents: Sequence[Document] = DOCUMENTS) -> dict[Document, Made]:
    """The documents as this code makes them."""
    return asyncio.run(_made(documents))


def typesetter() -> str:
    """What besides this code decides where lines and pages end: the text engine and the faces of this machine."""
    digest = hashlib.sha256()
    folders = re.findall(r"<dir>([^<]+)</dir>", (ROOT / "services/renderer/typesetting/fonts.conf").read_text("utf-8"))
    faces = {file.name: file.stat().st_size for folder in folders for file in Path(folder).rglob("*") if file.is_file()}
    for name, size in sorted(faces.items()):
        if name.startswith(("texgyre", "NotoSerif-", "NotoSerifCJK", "NotoNaskhArabic-", "DejaVuSansMono")):
            digest.update(f"{name} {size}\n".encode())
    pango = ctypes.CDLL("libpango-1.0.so.0")
    return f"Pango {pango.pango_version()}, faces {digest.hexdigest()[:16]}\n"
