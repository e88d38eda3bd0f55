"""Graphs of Correcta's editor: a stored graph in, one SVG with a description in words and warnings out. Pure."""

from services.renderer.content.graphs.svg import DrawnGraph, GraphWarning, draw_graph

__all__ = ["DrawnGraph", "GraphWarning", "draw_graph"]
