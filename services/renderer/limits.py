"""What one export may cost at most, with the defaults. An operator overrides a number with `LIMIT_<NAME>`."""

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt


class Limits(BaseModel):
    """Bounds of one export, all positive. Sizes in bytes, times in seconds, unless the name says otherwise."""

    model_config = ConfigDict(frozen=True)

    copies: PositiveInt = 5_000
    """Copies of an exam."""

    pages: PositiveInt = 20_000
    """Pages of a document."""

    formula_characters: PositiveInt = 4_000
    """Characters of a formula's source; its source is printed beyond."""

    formula_levels: PositiveInt = 64
    """Levels of a formula's nesting; likewise."""

    formulas_per_copy: PositiveInt = 10_000
    """Formulas of a copy; likewise."""

    image_bytes: PositiveInt = 25_000_000
    """The greatest image file."""

    image_pixels: PositiveInt = 100_000_000
    """The greatest number of an image's pixels."""

    table_rows: PositiveInt = 200
    """Rows of a table that are printed."""

    table_columns: PositiveInt = 50
    """Columns of a table that are printed."""

    table_cells: PositiveInt = 2_000
    """Cells of a table that are printed."""

    answer_characters: PositiveInt = 400_000
    """Characters of one answer that are typeset."""

    graph_elements: PositiveInt = 500
    """Elements of a graph that are drawn."""

    shard_seconds: PositiveFloat = 60.0
    """Processor time for the copies that a worker typesets together."""

    shard_memory: PositiveInt = 1024**3
    """Memory for the same."""

    warnings: PositiveInt = 1_000
    """Warnings of an export that are listed."""


RETENTION_SECONDS = 3600.0
"""How long a typeset copy is kept: as long as a finished file, one hour (Correcta's own retention)."""

CAPACITY_BYTES = 512 * 1024**2
"""Disk space for typeset copies."""
