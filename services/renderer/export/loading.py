"""Reads an exam: its copies into a spool on disk, their marks and the URLs of their images into memory."""

from pathlib import Path

from services.renderer.errors import NoCopies, TooManyCopies
from services.renderer.exam.source import ExamSource
from services.renderer.exam.spool import Spool, SpooledCopy
from services.renderer.exam.zone import in_zone
from services.renderer.export.request import RenderRequest
from services.renderer.formats.loaded import Loaded
from services.renderer.formats.write import needs_copies
from services.renderer.grading.gradebook import build_gradebook, warnings_of
from services.renderer.grading.marks import CopyMarks, mark_copy
from services.renderer.images.collecting import urls_of_copy
from services.renderer.language.languages import words_in
from services.renderer.progress import Progress
from services.renderer.workers.shards import Pipeline


async def load(
    source: ExamSource, request: RenderRequest, pipeline: Pipeline, progress: Progress, directory: Path
) -> Loaded:
    """Read the exam from one snapshot: copies to the spool in `directory`, marks to memory.

    Raises:
        NoCopies: the format needs copies and there is none.
        TooManyCopies: there are more than the limit.
        RendererError: whatever the source raises.
    """
    rows: list[CopyMarks] = []
    spooled: dict[str, SpooledCopy] = {}
    progress.loading(0)
    with Spool(directory / "copies.jsonl") as spool:
        async with source.open(request.class_ids) as exam:
            header, warnings = in_zone(exam.header, pipeline.timezone), list(exam.warnings)
            async for batch in exam.submissions():
                for submission in batch:
                    rows.append(mark_copy(header.exam, submission))
                    if submission.variant is None:
                        spooled[submission.id] = SpooledCopy(
                            submission.id, len(spool), urls_of_copy(submission, pipeline.limits)
                        )
                        spool.append(submission)
                if len(rows) > pipeline.limits.copies:
                    raise TooManyCopies(f"more than {pipeline.limits.copies}")
                progress.loading(len(rows))
    book = build_gradebook(header, rows, request.options)
    if not book.rows and needs_copies(request.format):
        raise NoCopies(header.exam.id)
    copies = tuple(spooled[row.submission_id] for row in book.rows)
    return Loaded(book, spool, copies, (*warnings, *warnings_of(book, words_in(request.options.language).warnings)))
