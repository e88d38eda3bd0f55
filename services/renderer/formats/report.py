"""The PDF report: front pages, then every copy, written into one file while the copies are typeset."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from contracts.events import Warning as ExportWarning
from services.renderer.assembly import Assembler
from services.renderer.assembly.binder import Binder
from services.renderer.formats.bookmarks import outline
from services.renderer.formats.front_matter import typeset_front_matter
from services.renderer.formats.loaded import WriteContext, WrittenFile
from services.renderer.progress import Progress

FRONT_SHARE = 0.7
"""How much of the time after the copies is typesetting the front pages."""


async def write_report(context: WriteContext, path: Path) -> WrittenFile:
    """Write the report to a file.

    Raises:
        TooManyPages, RenderFailed, StorageFull.
    """
    loaded, progress = context.loaded, context.progress
    shards = context.shards()
    page_counts: list[int] = []
    pages = 0
    warnings: list[ExportWarning] = []
    with path.open("xb") as file:
        assembler = Assembler(file, duplex=context.options.duplex)
        async with Binder(assembler) as binder:
            async for copy in shards.typeset(loaded.copies):
                await binder.add(copy.segment)
                page_counts.append(copy.pages)
                warnings.extend(copy.warnings)
                pages += copy.pages
                context.check_pages(pages)
            progress.generating(0)
            front = await typeset_front_matter(context, shards, page_counts, warnings)
            await binder.done()
        progress.generating(FRONT_SHARE)
        written = await asyncio.to_thread(
            assembler.finish,
            context.document_info(),
            front=[part.segment for part in front],
            outline=outline(loaded.book, context.options),
            wrote=_reporter(progress),
        )
        progress.generating(1)
    context.check_pages(written.pages)
    return WrittenFile(written.pages, written.sha256, tuple(warnings))


def _reporter(progress: Progress) -> Callable[[float], None]:
    """A function that may be called from any thread with the share of the pages that is complete."""
    loop = asyncio.get_running_loop()

    def report(share: float) -> None:
        done = FRONT_SHARE + (1 - FRONT_SHARE) * share
        loop.call_soon_threadsafe(progress.generating, done)

    return report
