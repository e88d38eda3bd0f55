"""The module tables of `docs/architecture.md`, generated from the first sentence of each module's docstring.

A table stands between `<!-- modules: PACKAGE -->` and `<!-- end -->` (`packages` in place of `modules: PACKAGE`: the
packages themselves). Modules are in the order of import-linter's layers where a package has them, else by name.
`python -m dev.docs` exits 1 where the page differs from the code, `--write` writes it.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from dev import generated
from dev.paths import ROOT

PAGE = ROOT / "docs" / "architecture.md"
BLOCK = re.compile(r"(<!-- (?:modules: (?P<package>[\w.]+)|packages) -->\n).*?(<!-- end -->)", re.DOTALL)
SENTENCE = re.compile(r"(.+?)[.!?](?=\s+[^a-z]|$)")


class Undocumented(ValueError):
    """A module has no docstring, or a package has no table on the page."""


def packages(root: Path = ROOT) -> tuple[str, ...]:
    """The packages that the page describes: the contracts, each service, the tools."""
    services = sorted(f"services.{path.parent.name}" for path in (root / "services").glob("*/__init__.py"))
    return ("contracts", *services, "dev", "bench")


def page(text: str, root: Path = ROOT) -> str:
    """The page's text with its tables as the code says.

    Raises:
        Undocumented: see there.
    """
    missing = set(packages(root)) - {match["package"] for match in BLOCK.finditer(text)}
    if missing:
        raise Undocumented(f"no table for {', '.join(sorted(missing))}")

    def filled(match: re.Match[str]) -> str:
        rows = _modules(match["package"], root) if match["package"] else _packages(root)
        return match[1] + "\n".join(rows) + "\n" + match[3]

    return BLOCK.sub(filled, text)


def first_sentence(path: Path) -> str:
    """What the docstring of a module, or of a package's folder, says first.

    Raises:
        Undocumented: it says nothing.
    """
    file = path / "__init__.py" if path.is_dir() else path
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(docstring.split("\n\n")[0].split())
    sentence = SENTENCE.match(paragraph)
    if not paragraph:
        raise Undocumented(f"{file} has no docstring")
    return (sentence[1] if sentence else paragraph).replace("|", r"\|")


def _packages(root: Path) -> Iterator[str]:
    yield "| package | what it holds |"
    yield "|---|---|"
    for name in packages(root):
        folder = name.replace(".", "/")
        yield f"| `{folder}/` | {first_sentence(root / folder)} |"


def _modules(package: str, root: Path) -> Iterator[str]:
    """The table of a package, then those of the packages in it, each under its name."""
    children = _children(package, root)
    yield "| module | what it does |"
    yield "|---|---|"
    for path in children:
        slash = "/" if path.is_dir() else ""
        pure = " (pure)" if _is_pure(f"{package}.{path.stem}", root) else ""
        yield f"| `{path.name}{slash}`{pure} | {first_sentence(path)} |"
    for path in children:
        if path.is_dir() and any(path.glob("[!_]*.py")):
            yield ""
            yield f"`{path.relative_to(root).as_posix()}/`"
            yield ""
            yield from _modules(f"{package}.{path.name}", root)


def _children(package: str, root: Path) -> list[Path]:
    folder = root / package.replace(".", "/")
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    subpackages = [path.parent for path in folder.glob("*/__init__.py")]
    layers = {name: place for place, name in enumerate(_layers(package, root))}
    return sorted([*modules, *subpackages], key=lambda path: (layers.get(path.stem, len(layers)), path.name))


def _layers(package: str, root: Path) -> list[str]:
    """The modules of a package from the highest layer to the lowest."""
    for contract in _contracts(root):
        if contract["type"] == "layers" and package in contract.get("containers", ()):
            return [name.strip(" ()") for layer in contract["layers"] for name in re.split("[|:]", layer)]
    return []


def _is_pure(module: str, root: Path) -> bool:
    pure = [name for contract in _contracts(root) if contract["id"] == "pure" for name in contract["source_modules"]]
    return any(module == name or module.startswith(f"{name}.") for name in pure)


@cache
def _contracts(root: Path) -> list[dict[str, Any]]:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return list(project["tool"]["importlinter"]["contracts"])


def main(arguments: list[str]) -> int:
    """Exit status: 0 where page and code agree."""
    try:
        return generated.main(arguments, {PAGE: page(PAGE.read_text(encoding="utf-8"))}, "docs")
    except Undocumented as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
