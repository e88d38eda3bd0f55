"""What a typeset page depends on besides its content: our own code and templates, and the engines that draw it."""

import hashlib
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import services.renderer

ENGINES = ("weasyprint", "pydyf", "mathra", "latex2mathml", "pikepdf", "pillow", "pygments", "fonttools")

RENDERER = Path(services.renderer.__path__[0])
"""The whole renderer: whatever draws a page is below it."""

SOURCES = (".py", ".j2", ".css", ".conf", ".sql", ".json")


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """The same string as long as the same content gives the same page on this machine."""
    digest = hashlib.sha256()
    for engine in ENGINES:
        digest.update(f"{engine} {version(engine)}\n".encode())
    for path in sorted(RENDERER.rglob("*")):
        if path.suffix in SOURCES:
            digest.update(path.name.encode() + b"\n" + path.read_bytes())
    return digest.hexdigest()
