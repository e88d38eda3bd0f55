"""What renderers and storage say of blobs, over HTTP."""

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.base import Wire

MOST_KEYS = 1_000
"""How many keys one question may hold."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in lowercase hexadecimal."""


class ResultKeys(Wire):
    """Which results are asked for, and storage's answer: those of them that are there."""

    keys: tuple[Digest, ...] = Field(max_length=MOST_KEYS)
