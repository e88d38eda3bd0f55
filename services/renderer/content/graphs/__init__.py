"""Graphs drawn in Correcta's editor, as SVG with a spoken description. Pure: stored values in, one picture out."""

from services.renderer.content.graphs.svg import DrawnGraph, GraphWarning, draw_graph

__all__ = ["DrawnGraph", "GraphWarning", "draw_graph"]
