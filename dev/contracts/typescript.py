"""The bodies of the HTTP interface as TypeScript: each schema of the OpenAPI document is a type `Http.NAME`.

The browser modules are checked against them (`make types`), so a field that changes its name is an error there.
"""

from typing import Any

from contracts.options import Language

HEAD = "/** Bodies of the HTTP interface. Written from contracts/openapi.json by `make schemas`. */"
LANGUAGES_HEAD = "/** The languages, the default one first. Written from contracts/options.py by `make schemas`. */"
TEXTS_HEAD = "/** Every language's file of sentences. Written from contracts/options.py by `make schemas`. */"
PRIMITIVES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}

Schema = dict[str, Any]


def declarations(openapi: Schema) -> str:
    """The whole file, from an OpenAPI document."""
    types = [_declaration(name, schema) for name, schema in sorted(openapi["components"]["schemas"].items())]
    return "\n".join([HEAD, "declare namespace Http {", *types, "}", ""])


def languages_module() -> str:
    """The browser's list of languages."""
    names = ", ".join(f'"{language}"' for language in Language)
    return f"{LANGUAGES_HEAD}\n/** @type {{Http.Language[]}} */\nexport const LANGUAGES = [{names}];\n"


def texts_by_language() -> str:
    """The types of the languages' files of sentences: one that lacks a sentence is an error."""
    files = (f'\t{language}: typeof import("./static/correcta-export/{language}.json");' for language in Language)
    return "\n".join([TEXTS_HEAD, "interface TextsByLanguage extends Record<Http.Language, Texts> {", *files, "}", ""])


def _declaration(name: str, schema: Schema) -> str:
    return f"\ttype {name} = {_type(schema)};"


def _type(schema: Schema) -> str:
    if not schema:
        return "unknown"
    match schema:
        case {"$ref": reference}:
            return str(reference).rpartition("/")[2]
        case {"enum": values}:
            return " | ".join(f'"{value}"' for value in values)
        case {"const": value}:
            return f'"{value}"'
        case {"anyOf": choices}:
            return " | ".join(_type(choice) for choice in choices)
        case {"type": "array", "items": items}:
            return f"Array<{_type(items)}>"
        case {"type": "object", "properties": properties}:
            return _object(properties, schema.get("required", []))
        case {"type": "object", "additionalProperties": dict() as values}:
            return f"Record<string, {_type(values)}>"
        case {"type": str() as primitive} if primitive in PRIMITIVES:
            return PRIMITIVES[primitive]
    raise ValueError(f"no TypeScript for {schema}")


def _object(properties: dict[str, Schema], required: list[str]) -> str:
    fields = (f"\t\t{name}{'' if name in required else '?'}: {_type(field)};" for name, field in properties.items())
    return "\n".join(["{", *fields, "\t}"])
