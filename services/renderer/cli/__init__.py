"""`correcta-render`: the embedded way to the same documents, with no broker and no database."""

from services.renderer.cli.command import main

__all__ = ["main"]
