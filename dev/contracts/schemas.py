"""Contracts as files for other languages: JSON Schemas, AsyncAPI, OpenAPI, TypeScript; committed, as the code has them.

`python -m dev.contracts.schemas` compares and exits 1 where they differ; `--write` writes them.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from contracts.events import EVENT_TYPES
from contracts.graded_exam import GradedExam
from contracts.options import ReportOptions
from dev import generated
from dev.contracts import asyncapi, openapi, typescript
from dev.paths import ROOT

CONTRACTS = ROOT / "contracts"
WEB = ROOT / "services" / "gateway" / "web"

MODELS: dict[str, type[BaseModel]] = {
    **EVENT_TYPES,
    "graded-exam.v1": GradedExam,
    "report-options.v1": ReportOptions,
}


def schema(name: str) -> dict[str, Any]:
    """A contract's JSON Schema: what a reader must accept."""
    generated = MODELS[name].model_json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:correcta:{name}", **generated}


def documents() -> dict[Path, str]:
    """Every generated file's path and text."""
    made: dict[Path, Any] = {CONTRACTS / "schemas" / f"{name}.json": schema(name) for name in MODELS}
    made[CONTRACTS / "asyncapi.json"] = asyncapi.document()
    made[CONTRACTS / "openapi.json"] = openapi.document()
    texts = {path: json.dumps(value, indent=2, ensure_ascii=False) + "\n" for path, value in made.items()}
    return texts | {
        CONTRACTS / "http.d.ts": typescript.declarations(openapi.document()),
        WEB / "texts.d.ts": typescript.texts_by_language(),
        WEB / "static" / "correcta-export" / "languages.js": typescript.languages_module(),
    }


def differing() -> list[Path]:
    """The committed files that are not what the code says, and those nobody generates."""
    return generated.differing(documents(), (CONTRACTS / "schemas").glob("*.json"))


def main(arguments: list[str]) -> int:
    """Exit status: 0 where files and code agree."""
    return generated.main(arguments, documents(), "schemas", (CONTRACTS / "schemas").glob("*.json"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
