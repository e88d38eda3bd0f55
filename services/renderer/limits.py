"""What one export may cost at most, with the defaults. An operator overrides a number with `LIMIT_<NAME>`."""

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt


class Limits(BaseModel):
    """Bounds of one export, all positive. Sizes in bytes, times in seconds, unless the name says otherwise."""

    model_config = ConfigDict(frozen=True)

    copies: PositiveInt = 5_000
    pages: PositiveInt = 20_000
    formula_characters: PositiveInt = 4_000
    formula_levels: PositiveInt = 64
    formulas_per_copy: PositiveInt = 10_000
    image_bytes: PositiveInt = 25_000_000
    image_pixels: PositiveInt = 100_000_000
    table_rows: PositiveInt = 200
    table_columns: PositiveInt = 50
    table_cells: PositiveInt = 2_000
    answer_characters: PositiveInt = 400_000
    graph_elements: PositiveInt = 500
    shard_seconds: PositiveFloat = 60.0
    shard_memory: PositiveInt = 1024**3
    warnings: PositiveInt = 1_000


RETENTION_SECONDS = 3600.0
"""How long a typeset copy is kept: as long as a finished file, one hour (Correcta's own retention)."""

CAPACITY_BYTES = 512 * 1024**2
"""Disk space for typeset copies."""
