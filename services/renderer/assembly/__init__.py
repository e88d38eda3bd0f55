"""Joins typeset segments into one tagged PDF with outline, page numbers and metadata, in memory that does not grow."""

from services.renderer.assembly.assembler import Assembler, Written, starts_of
from services.renderer.assembly.metadata import DocumentInfo
from services.renderer.assembly.outline import Bookmark
from services.renderer.assembly.segments import pack

__all__ = ["Assembler", "Bookmark", "DocumentInfo", "Written", "pack", "starts_of"]
