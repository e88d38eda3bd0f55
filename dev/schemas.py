"""Contracts as files that other languages read: JSON Schemas, AsyncAPI, OpenAPI; committed, and equal to the code.

`python -m dev.schemas` compares and exits 1 where they differ; `--write` writes them.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from contracts.events import EVENT_TYPES
from contracts.graded_exam import GradedExam
from contracts.options import ReportOptions
from dev import asyncapi, openapi

CONTRACTS = Path(__file__).parent.parent / "contracts"

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
    return {path: json.dumps(value, indent=2, ensure_ascii=False) + "\n" for path, value in made.items()}


def differing() -> list[Path]:
    """The committed files that are not what the code says, and those nobody generates."""
    expected = documents()
    strays = [path for path in (CONTRACTS / "schemas").glob("*.json") if path not in expected]
    changed = [path for path, text in expected.items() if not path.exists() or path.read_text("utf-8") != text]
    return sorted(strays + changed)


def main(arguments: list[str]) -> int:
    """Exit status: 0 where files and code agree."""
    if arguments == ["--write"]:
        for path, text in documents().items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in differing():
        print(f"{path.relative_to(CONTRACTS.parent)} differs from the code: make schemas", file=sys.stderr)
    return 1 if differing() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
