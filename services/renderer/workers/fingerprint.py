"""A digest of the renderer's sources and of its libraries' versions: the part of a cache key that is no content."""

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import contracts
import services.renderer

LIBRARIES = ("weasyprint", "pydyf", "mathra", "latex2mathml", "pikepdf", "pillow", "pygments", "fonttools", "resvg-py")

ROOTS = tuple(Path(package.__path__[0]) for package in (contracts, services.renderer))
"""The folders of all sources that may change a page."""

SUFFIXES = (".py", ".j2", ".css", ".conf", ".sql", ".json")


def sources() -> Iterator[tuple[str, bytes]]:
    """The name, from its package on, and the content of every file whose change may change a page."""
    for root in ROOTS:
        for path in sorted(root.rglob("*")):
            if path.suffix in SUFFIXES:
                yield f"{root.name}/{path.relative_to(root).as_posix()}", path.read_bytes()


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """A hexadecimal SHA-256, the same as long as the same content gives the same page on this machine."""
    digest = hashlib.sha256()
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    for name, content in sources():
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
