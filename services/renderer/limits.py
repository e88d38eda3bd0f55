"""What an export may cost at most. Every number is a default that an operator may change (`LIMIT_<NAME>`)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of one export. Sizes in bytes, times in seconds, unless the name says otherwise."""

    copies: int = 5_000
    pages: int = 20_000
    formula_characters: int = 4_000
    formula_levels: int = 64
    formulas_per_copy: int = 10_000
    image_bytes: int = 10_000_000
    image_pixels: int = 25_000_000
    table_rows: int = 200
    table_columns: int = 50
    answer_characters: int = 400_000
    graph_elements: int = 500
    shard_seconds: float = 60.0
    shard_memory: int = 1024**3
    warnings: int = 1_000
