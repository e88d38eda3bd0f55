"""The committed OpenAPI and AsyncAPI documents as entries of a readable page. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

METHODS = ("get", "head", "post", "put", "delete", "patch")


@dataclass(frozen=True)
class Type:
    """A part of a type as it is written: a word, and the schema that it names, if it names one."""

    text: str
    schema: str | None = None


@dataclass(frozen=True)
class Row:
    """A parameter, a member or an answer."""

    name: str
    types: Sequence[Type] = ()
    note: str = ""
    text: str = ""


@dataclass(frozen=True)
class Entry:
    """An operation, a channel or a schema, with its rows under headings."""

    title: str
    anchor: str
    text: str = ""
    tables: Sequence[tuple[str, Sequence[Row]]] = ()


@dataclass(frozen=True)
class Reference:
    """A page: what it is about, what can be done or heard, and the schemas that these name."""

    title: str
    text: str
    source: str
    entries: Sequence[Entry]
    schemas: Sequence[Entry]


def http_reference(document: Schema) -> Reference:
    """The page of an OpenAPI document."""
    entries = [
        _operation(path, method, operations[method])
        for path, operations in document["paths"].items()
        for method in METHODS
        if method in operations
    ]
    return _reference(document, "HTTP", "openapi.json", entries)


def events_reference(document: Schema) -> Reference:
    """The page of an AsyncAPI document."""
    messages = document["components"]["messages"]
    entries = [_channel(name, channel, messages) for name, channel in document["channels"].items()]
    return _reference(document, "events", "asyncapi.json", entries)


def _reference(document: Schema, kind: str, source: str, entries: Sequence[Entry]) -> Reference:
    info, schemas = document["info"], document["components"]["schemas"]
    title = f"{info['title']} {info['version']}: {kind}"
    return Reference(title, info["description"], source, entries, [_schema(*item) for item in sorted(schemas.items())])


def _operation(path: str, method: str, operation: Schema) -> Entry:
    tables = [
        ("Access", [Row(" and ".join(way), note=", ".join(_scopes(way))) for way in operation["security"]]),
        ("Parameters", [_parameter(each) for each in operation["parameters"]]),
        ("Body", list(_contents(operation.get("requestBody", {})))),
        ("Answers", [row for status, answer in operation["responses"].items() for row in _answer(status, answer)]),
    ]
    title = f"{method.upper()} {path}"
    return Entry(title, f"{method}{path}", operation["summary"], [(name, rows) for name, rows in tables if rows])


def _scopes(way: Schema) -> Iterator[str]:
    for scopes in way.values():
        yield from scopes


def _parameter(parameter: Schema) -> Row:
    note = f"{parameter['in']}, needed" if parameter.get("required") else parameter["in"]
    return Row(parameter["name"], types(parameter["schema"]), note, parameter.get("description", ""))


def _contents(part: Schema) -> Iterator[Row]:
    for kind, content in part.get("content", {}).items():
        yield Row(kind, types(content["schema"]))


def _answer(status: str, answer: Schema) -> Iterator[Row]:
    contents = list(_contents(answer)) or [Row("")]
    yield Row(status, contents[0].types, contents[0].name, answer["description"])
    yield from (Row("", content.types, content.name) for content in contents[1:])


def _channel(name: str, channel: Schema, messages: Mapping[str, Schema]) -> Entry:
    kinds = [each["$ref"].rpartition("/")[2] for each in channel["messages"].values()]
    rows = [
        Row(
            messages[kind]["name"],
            types(messages[kind]["payload"]),
            messages[kind]["contentType"],
            _summary(messages[kind]),
        )
        for kind in kinds
    ]
    return Entry(name, name, channel["description"], [(f"At {channel['address']}", rows)])


def _summary(message: Schema) -> str:
    return " ".join(str(message["summary"]).split())


def _schema(name: str, schema: Schema) -> Entry:
    needed = schema.get("required", ())
    rows = [
        Row(field, types(each), "always" if field in needed else "", each.get("description", ""))
        for field, each in schema.get("properties", {}).items()
    ]
    described = " ".join(schema.get("description", "").split())
    if rows:
        return Entry(name, name, described, [("Members", rows)])
    return Entry(name, name, described, [("", [Row("", types(schema))])])


def types(schema: Schema) -> list[Type]:
    """A schema's type, in words that are read one after another."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return [Type(name, name)]
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return _joined([types(each) for each in schema[union]], " or ")
    if "const" in schema:
        return [Type(f"“{schema['const']}”")]
    if "enum" in schema:
        return [Type(" or ".join(f"“{each}”" for each in schema["enum"]))]
    if schema.get("type") == "array":
        return [Type("list of "), *types(schema.get("items", {}))]
    if isinstance(schema.get("additionalProperties"), dict):
        return [Type("object of "), *types(schema["additionalProperties"])]
    return [Type(schema.get("format") or schema.get("type") or "any value")]


def _joined(parts: Sequence[list[Type]], between: str) -> list[Type]:
    joined = list(parts[0])
    for part in parts[1:]:
        joined += [Type(between), *part]
    return joined
