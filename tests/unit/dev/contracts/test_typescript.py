"""OpenAPI schemas as TypeScript types."""

import pytest

from dev.contracts.typescript import declarations


def declared(**schemas: dict[str, object]) -> str:
    """The declarations of these schemas, on one line."""
    return " ".join(declarations({"components": {"schemas": schemas}}).split())


def test_what_need_not_be_there_is_optional() -> None:
    fields = {"jobId": {"type": "string"}, "pages": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}
    text = declared(Result={"type": "object", "properties": fields, "required": ["jobId"]})
    assert "type Result = { jobId: string; pages?: number | null; };" in text


def test_references_lists_and_closed_sets() -> None:
    text = declared(
        Format={"type": "string", "enum": ["pdf", "zip"]},
        Formats={"type": "array", "items": {"$ref": "#/components/schemas/Format"}},
        Checks={"type": "object", "additionalProperties": {"type": "string"}},
    )
    assert 'type Format = "pdf" | "zip";' in text
    assert "type Formats = Array<Format>;" in text
    assert "type Checks = Record<string, string>;" in text


def test_a_schema_without_a_translation_is_an_error() -> None:
    with pytest.raises(ValueError, match="no TypeScript"):
        declared(Unknown={"not": {}})
