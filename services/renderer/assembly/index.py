"""The first line of a packed segment: which object is what, and where its streams lie. Checked before it is used."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, model_validator

SocketKind = Literal["document", "pages", "parents", "copy", "folio"]


class SegmentIndex(BaseModel):
    """Object numbers count from 1 to `count`, the catalog's among them. A socket is (number, kind, index within the
    kind), a stream (number, bytes of its dictionary, bytes of its data, digest or nothing).

    `numbers` are those of the text objects, in the order of their lines, which take `packed` bytes compressed.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    count: PositiveInt
    tree: PositiveInt
    part: PositiveInt
    pages: tuple[PositiveInt, ...] = Field(min_length=1)
    parents: tuple[PositiveInt, ...]
    sockets: tuple[tuple[PositiveInt, SocketKind, NonNegativeInt], ...]
    roles: str = Field(pattern=r"^(<< (/[\w-]+ /\w+ )+>>)?$")
    numbers: tuple[PositiveInt, ...]
    streams: tuple[tuple[PositiveInt, NonNegativeInt, NonNegativeInt, str], ...]
    packed: NonNegativeInt

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Each number stands for one object, the catalog for the one that is left; pages and their folios agree."""
        known = sorted(self._known())
        if len(set(known)) != len(known) or len(known) != self.count - 1 or known[-1] > self.count:
            raise ValueError("numbers are missing or stand twice")
        if not {self.tree, self.part, *self.pages, *self.parents} <= set(self.numbers):
            raise ValueError("a page or an element is no object")
        if len(set(self.pages)) != len(self.pages):
            raise ValueError("a page stands twice")
        if sorted(index for _, kind, index in self.sockets if kind == "folio") != list(range(len(self.pages))):
            raise ValueError("not one folio for each page")
        if any(index >= len(self.parents) for _, kind, index in self.sockets if kind == "parents"):
            raise ValueError("a key that the parent tree has not")
        return self

    def _known(self) -> Iterator[int]:
        yield from self.numbers
        yield from (number for number, _, _ in self.sockets)
        yield from (number for number, _, _, _ in self.streams)
