"""A digest of the renderer's sources and of its libraries' versions: the part of a cache key that is no content."""

import hashlib
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import services.renderer

LIBRARIES = ("weasyprint", "pydyf", "mathra", "latex2mathml", "pikepdf", "pillow", "pygments", "fonttools")

RENDERER = Path(services.renderer.__path__[0])
"""The folder of all sources that may change a page."""

SOURCES = (".py", ".j2", ".css", ".conf", ".sql", ".json")


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """A hexadecimal SHA-256, the same as long as the same content gives the same page on this machine."""
    digest = hashlib.sha256()
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    for path in sorted(RENDERER.rglob("*")):
        if path.suffix in SOURCES:
            digest.update(path.name.encode() + b"\n" + path.read_bytes())
    return digest.hexdigest()
