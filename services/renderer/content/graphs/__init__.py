"""Graphs drawn in Correcta's editor, as SVG with a spoken description. Pure: stored values in, one picture out."""

from services.renderer.content.graphs.svg import Drawing, GraphWarning, draw

__all__ = ["Drawing", "GraphWarning", "draw"]
