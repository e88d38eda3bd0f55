"""The licences of what the images ship, from the packages' own metadata.

`python -m dev.licences` prints them, and exits 1 where one is not among those that allow it.

A package may say its licence in a field, an expression (SPDX) or classifiers (Python's core metadata); all that it says
counts, and one that says several ("or") needs one that is allowed.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

from dev.paths import ROOT

IMAGES = ("gateway", "renderer", "storage", "webhooks")
PERMISSIVE = re.compile(
    r"\b(MIT|BSD|0BSD|ISC|ISCL|Apache|PSF|Python Software Foundation|Zlib|CC0|Unlicense|HPND|OFL)\b|MIT-0|MIT-CMU|Zope",
    re.IGNORECASE,
)
SHARED = re.compile(r"MPL|Mozilla Public License|LGPL|Lesser General Public", re.IGNORECASE)
"""Licences that ask for changes to the package itself to be given away, not what uses it: none is changed."""

KNOWN = {"pyphen": "GPL 2.0+ or LGPL 2.1+ or MPL 1.1: MPL 1.1 is taken", "resvg_py": "MIT, by its file LICENSE"}
"""Packages whose metadata has to be read by a person, and what was found."""


class Unlicensed(Exception):
    """A package may not be shipped, or says nothing."""


def shipped(image: str) -> Iterator[str]:
    """The names of an image's packages, on a machine like this one."""
    for line in (ROOT / "requirements" / f"{image}.lock").read_text(encoding="utf-8").splitlines():
        if line[:1].isalnum():
            pinned = Requirement(line.removesuffix("\\"))
            if pinned.marker is None or pinned.marker.evaluate():
                yield pinned.name


def licence(package: Distribution) -> str:
    """What a package says of its licence, in one line.

    Raises:
        Unlicensed: nothing, or nothing that is allowed.
    """
    metadata, name = package.metadata, package.name.lower()
    if name in KNOWN:
        return KNOWN[name]
    classifiers = [each.rpartition(" :: ")[2] for each in metadata.get_all("Classifier") or () if "License ::" in each]
    expression, free = (" ".join(metadata.get_all(name) or ()) for name in ("License-Expression", "License"))
    fields = [expression, *classifiers, free.partition("\n")[0]]
    said = next((text for text in fields if PERMISSIVE.search(text) or SHARED.search(text)), "")
    if not said:
        raise Unlicensed(f"{package.name}: {' / '.join(filter(None, fields)) or 'says nothing'}")
    return said[:100]


def main() -> int:
    """Exit status: 0 where every package may be shipped."""
    wrong: list[str] = []
    for name in sorted({name for image in IMAGES for name in shipped(image)}):
        try:
            package = distribution(name)
            print(f"{name} {package.version}: {licence(package)}")
        except PackageNotFoundError:
            wrong.append(f"{name}: is not installed, so it cannot be looked at")
        except Unlicensed as error:
            wrong.append(str(error))
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
