"""The described interface and the routed one are the same."""

import json
import re
from pathlib import Path
from typing import Any

from starlette.routing import Route

import contracts
from services.common.metrics import make_registry
from services.gateway.app import routes
from services.gateway.settings import GatewaySettings
from tests.unit.gateway.test_settings import REQUIRED

DOCUMENT: dict[str, Any] = json.loads((Path(contracts.__file__).parent / "openapi.json").read_text(encoding="utf-8"))
METHODS = {"get", "head", "post", "put", "patch", "delete"}


def camel(path: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), path)


def routed() -> set[tuple[str, str]]:
    return {
        (method.lower(), camel(route.path))
        for route in routes(GatewaySettings(**REQUIRED), make_registry())
        if isinstance(route, Route) and not route.path.startswith("/dashboard") and route.path != "/"
        for method in (route.methods or set()) - {"HEAD"}
    }


def test_every_address_is_described_and_every_description_is_an_address() -> None:
    described = {(method, path) for path, item in DOCUMENT["paths"].items() for method in item if method in METHODS}
    assert {cell for cell in described if cell[0] != "head"} | {
        ("get", "/openapi.json"),
        ("get", "/asyncapi.json"),
        ("get", "/openapi.html"),
        ("get", "/asyncapi.html"),
    } == routed()
