"""Typesets the front pages of a report. They hold page numbers that depend on how many front pages there are."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from contracts.events import Warning as ExportWarning
from services.renderer.assembly import starts_of
from services.renderer.errors import RenderFailed
from services.renderer.formats.loaded import WriteContext, bounded
from services.renderer.language.languages import words_in
from services.renderer.pages.front_parts import contents_ranges, front_part, likely_pages, summary_of
from services.renderer.workers.results import TypesetSegment
from services.renderer.workers.shards import Shards

FRONT_TRIES = 3
"""Times the front pages are typeset; then their number is taken not to converge."""


async def typeset_front_matter(
    context: WriteContext,
    shards: Shards,
    page_counts: Sequence[int],
    warnings: Sequence[ExportWarning],
) -> list[TypesetSegment]:
    """The pages before copies of so many pages each, typeset until the page numbers in them are right.

    Raises:
        RenderFailed: a part cannot be typeset, or the number of pages does not converge.
    """
    loaded, options = context.loaded, context.options
    words = words_in(options.language).warnings
    shown = bounded([*loaded.warnings, *warnings], context.pipeline.limits.warnings, words)
    summary = await asyncio.to_thread(summary_of, loaded.book, shown)
    pages = likely_pages(summary, options, loaded.header.exam.title)
    for _ in range(FRONT_TRIES):
        starts = starts_of(page_counts, pages, duplex=options.duplex)
        parts = [front_part(each, loaded.book, starts, summary) for each in contents_ranges(len(page_counts))]
        front = await _all([shards.typeset_front(part) for part in parts])
        expected, pages = pages, sum(part.pages for part in front)
        if pages == expected:
            return front
    raise RenderFailed("the number of front pages does not converge")


async def _all(parts: Sequence[Coroutine[Any, Any, TypesetSegment]]) -> list[TypesetSegment]:
    """The results of all; where one fails, the others are cancelled."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
