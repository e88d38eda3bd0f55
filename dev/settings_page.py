"""`docs/settings.md`: every variable that a service reads, with its default and effect, from the settings' classes.

`python -m dev.settings_page` exits 1 where the page differs from the code, `--write` writes it.
"""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from dev import generated
from dev.paths import ROOT
from services.common.http.proxies import TrustedProxies
from services.common.settings import HttpSettings
from services.gateway.settings import GatewaySettings
from services.renderer.limits import Limits
from services.renderer.settings import RendererSettings
from services.storage.settings import StorageSettings
from services.webhooks.settings import WebhookSettings

PAGE = ROOT / "docs" / "settings.md"
SERVICES: dict[str, type[BaseSettings]] = {
    "gateway": GatewaySettings,
    "renderer": RendererSettings,
    "storage": StorageSettings,
    "webhooks": WebhookSettings,
}
HEAD = """\
# Settings

By environment only; an empty variable counts as none. Times are in seconds and sizes in bytes, unless the name says
otherwise. A missing or malformed one, or one that is misspelt by a letter or two, stops the process at start (exit
status 2) and is named, with what is expected. What to set first is in [deployment.md](deployment.md#settings).
`make docs` writes this page from the settings' classes.
"""


HEADER = ("| variable | default | effect |", "|---|---|---|")

BYTES = re.compile(r"bytes|memory|body_limit")
"""Settings that are sizes."""

Row = tuple[str, str, str]


class Undocumented(ValueError):
    """A setting has no docstring."""


def page() -> str:
    """The whole page.

    Raises:
        Undocumented: see there.
    """
    return "\n".join(
        [
            HEAD,
            *_services(),
            "\n## HTTP servers\nOf every service, see [operations.md](operations.md#slow-odd-and-numerous-clients).\n",
            *_table("HTTP_", HttpSettings),
            "\n## Limits of an export\nOf the renderer. Beyond one, that export has a warning or an error.\n",
            *_table("LIMIT_", Limits),
            "",
        ]
    )


def _services() -> Iterator[str]:
    """The services' own settings; those that several have alike stand before."""
    owners: dict[Row, list[str]] = {}
    for service, settings in SERVICES.items():
        for row in _rows("", settings):
            owners.setdefault(row, []).append(service)
    for services in sorted(set(map(tuple, owners.values())), key=lambda names: (-len(names), names)):
        *others, last = services
        heading = f"{', '.join(others)} and {last}" if others else last
        yield f"\n## {'Every service' if len(services) == len(SERVICES) else heading.capitalize()}\n"
        yield from HEADER
        yield from map(_line, (row for row, names in owners.items() if tuple(names) == services))


def _table(prefix: str, settings: type[BaseModel]) -> Iterator[str]:
    yield from HEADER
    yield from map(_line, _rows(prefix, settings))


def _rows(prefix: str, settings: type[BaseModel]) -> Iterator[Row]:
    """Variable, default and effect of each setting."""
    for field, info in settings.model_fields.items():
        yield f"{prefix}{info.validation_alias or field}".upper(), _default(field, info), effect(settings, field)


def _line(row: Row) -> str:
    name, default, text = row
    return f"| `{name}` | {default} | {text} |"


def effect(settings: type[BaseModel], field: str) -> str:
    """What a setting's docstring says, with the words that it takes where these are a closed list.

    Raises:
        Undocumented: nothing.
    """
    for each in settings.__mro__:
        if text := _docstrings(each).get(field):
            words = _words(settings.model_fields[field].annotation)
            unsaid = [word for word in words if f"`{word}`" not in text]
            said = f" One of {', '.join(f'`{word}`' for word in words)}." if unsaid else ""
            return text.replace("|", r"\|") + said
    raise Undocumented(f"{settings.__name__}.{field}")


@cache
def _docstrings(owner: type) -> dict[str, str]:
    """The string after each annotated attribute of a class body."""
    if not issubclass(owner, BaseModel) or owner.__module__.startswith("pydantic"):
        return {}
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }


def _words(annotation: Any) -> list[str]:
    if get_origin(annotation) is Literal:
        return [str(word) for word in get_args(annotation)]
    return [each.value for each in annotation] if inspect.isclass(annotation) and issubclass(annotation, Enum) else []


def _default(field: str, info: FieldInfo) -> str:
    if info.is_required():
        return "**required**"
    if info.default_factory is not None:
        return "of the machine"
    text = _text(info.default)
    size = f" ({_size(info.default)})" if BYTES.search(field) and info.default % 1024 == 0 else ""
    return f"`{text}`{size}" if text else "none"


def _size(value: int) -> str:
    for unit in ("KiB", "MiB"):
        value //= 1024
        if value < 1024:
            return f"{value} {unit}"
    return f"{value // 1024} GiB"


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case Enum():
            return str(value.value)
        case TrustedProxies():
            return _text(value.networks)
        case frozenset():
            return ",".join(sorted(map(_text, value)))
        case tuple():
            return " ".join(map(_text, value))
    return str(value)


def main(arguments: list[str]) -> int:
    """Exit status: 0 where page and code agree."""
    try:
        files: dict[Path, str] = {PAGE: page()}
    except Undocumented as error:
        print(f"{error} has no docstring", file=sys.stderr)
        return 1
    return generated.main(arguments, files, "docs")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
