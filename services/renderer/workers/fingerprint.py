"""A digest of the renderer's sources and of its libraries' versions: the part of a cache key that is no content."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import TZPATH

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


def timezone_database() -> bytes:
    """The rules of the zones in which times are stated, or the version of the package that has them."""
    for folder in map(Path, TZPATH):
        if (folder / "tzdata.zi").is_file():
            return (folder / "tzdata.zi").read_bytes()
    with suppress(PackageNotFoundError):
        return version("tzdata").encode()
    return b""


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """A hexadecimal SHA-256, the same as long as the same content gives the same page on this machine."""
    digest = hashlib.sha256()
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    digest.update(timezone_database())
    for name, content in sources():
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
