"""Whether those who use the interfaces as they were last released can use them as they are now.

`python -m dev.contracts.compatibility` names each change that breaks somebody and exits 1; `--release` takes the
interfaces as they are for released ones. What we send (events, answers) may only gain: fields, and words of lists,
which readers have to expect to grow. What we are sent (requests) may only be asked for less.
"""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

from contracts.topology import Exchange
from dev.paths import ROOT

CONTRACTS = ROOT / "contracts"
RELEASED = Path(__file__).parent / "released"
NAMES = ("asyncapi.json", "openapi.json")
METHODS = frozenset({"get", "head", "post", "put", "delete", "patch"})
DEEPEST = 40

Schema = Mapping[str, Any]


class Direction(Enum):
    """Who writes what a schema describes."""

    SENT = auto()
    """By us: what a reader relies on stays."""

    TAKEN = auto()
    """By others: what was accepted is accepted."""


@dataclass(frozen=True)
class Part:
    """A schema and the document that it refers into."""

    document: Schema
    schema: Schema

    def __post_init__(self) -> None:
        """Follow references."""
        schema = self.schema
        while "$ref" in schema:
            found: Any = self.document
            for part in str(schema["$ref"]).removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/")]
            schema = found
        object.__setattr__(self, "schema", schema)

    def of(self, schema: Schema) -> "Part":
        """Another schema of the document."""
        return Part(self.document, schema)

    @property
    def choices(self) -> list["Part"]:
        """What it may be."""
        return [self.of(each) for each in self.schema.get("anyOf", (self.schema,))]

    @property
    def types(self) -> set[str]:
        """The JSON types a value may have; none where anything goes."""
        kinds = {str(each.schema["type"]) for each in self.choices if "type" in each.schema}
        return kinds | ({"integer"} if "number" in kinds else set())

    @property
    def properties(self) -> Mapping[str, Schema]:
        """The members of an object, or of the object among several choices."""
        found: dict[str, Schema] = {}
        for each in self.choices:
            found |= each.schema.get("properties", {})
        return found


def breaks_of_events(old: Schema, new: Schema) -> Iterator[str]:
    """What a subscriber would miss: channels of the facts and streams to browsers, and fields of their messages."""
    for name, channel in old["channels"].items():
        exchange = channel.get("bindings", {}).get("amqp", {}).get("exchange", {}).get("name", Exchange.FACTS)
        if exchange == Exchange.FACTS and name not in new["channels"]:
            yield f"{name}: the channel is gone"
    messages = new["components"]["messages"]
    for name, message in old["components"]["messages"].items():
        if name in messages:
            payloads = Part(old, message["payload"]), Part(new, messages[name]["payload"])
            yield from _breaks(*payloads, name, Direction.SENT)
        else:
            yield f"{name}: the message is gone"


def breaks_of_http(old: Schema, new: Schema) -> Iterator[str]:
    """What a client would miss or be refused: addresses, methods, parameters, bodies and answers."""
    for path, methods in old["paths"].items():
        for method in methods.keys() & METHODS:
            where = f"{method.upper()} {path}"
            after = new["paths"].get(path, {}).get(method)
            if after is None:
                yield f"{where}: is gone"
                continue
            operations = Part(old, methods[method]), Part(new, after)
            yield from _breaks_of_parameters(*operations, where)
            yield from _breaks_of_body(*operations, where)
            yield from _breaks_of_answers(*operations, where)


def _breaks_of_parameters(old: Part, new: Part, where: str) -> Iterator[str]:
    before, after = (
        {(each["in"], each["name"]): each for each in part.schema.get("parameters", ())} for part in (old, new)
    )
    yield from (f"{where}: {name} is gone" for _, name in before.keys() - after.keys())
    for place, each in after.items():
        known = before.get(place, {})
        if each.get("required") and not known.get("required"):
            yield f"{where}: {each['name']} is needed now"
        if known:
            schemas = old.of(known["schema"]), new.of(each["schema"])
            yield from _breaks(*schemas, f"{where} {each['name']}", Direction.TAKEN)


def _breaks_of_body(old: Part, new: Part, where: str) -> Iterator[str]:
    before, after = (_contents(part.schema.get("requestBody", {})) for part in (old, new))
    for kind, body in before.items():
        if kind in after:
            yield from _breaks(old.of(body), new.of(after[kind]), f"{where} body", Direction.TAKEN)
        else:
            yield f"{where}: {kind} is not taken any more"


def _breaks_of_answers(old: Part, new: Part, where: str) -> Iterator[str]:
    succeeds = any(status.startswith("2") for status in new.schema["responses"])
    for status, answer in old.schema["responses"].items():
        before, after = _contents(answer), _contents(new.schema["responses"].get(status, {}))
        if status.startswith("2") and (not succeeds or before.keys() - after.keys()):
            yield f"{where}: is not answered {status} {', '.join(before)} any more"
        for kind in before.keys() & after.keys():
            yield from _breaks(old.of(before[kind]), new.of(after[kind]), f"{where} {status}", Direction.SENT)


def _contents(part: Schema) -> dict[str, Schema]:
    return {kind: media.get("schema", {}) for kind, media in part.get("content", {}).items()}


def _breaks(old: Part, new: Part, where: str, direction: Direction, depth: int = 0) -> Iterator[str]:
    """What differs in a value for the worse. Types are compared where both say which they are."""
    if depth > DEEPEST:
        return
    sent = direction is Direction.SENT
    wider, narrower = (old.types, new.types) if sent else (new.types, old.types)
    if wider and (strange := narrower - wider):
        yield f"{where}: {'may be' if sent else 'may not be'} {', '.join(sorted(strange))} now"
    needed, given = set(old.schema.get("required", ())), set(new.schema.get("required", ()))
    before, after = old.properties, new.properties
    yield from (f"{where}.{name}: is gone" for name in before.keys() - after.keys())
    if sent:
        yield from (f"{where}.{name}: may be missing now" for name in (needed & after.keys()) - given)
    else:
        yield from (f"{where}.{name}: is needed now" for name in given - needed)
        refused = set(old.schema.get("enum", ())) - set(new.schema.get("enum", old.schema.get("enum", ())))
        yield from (f"{where}: {word} is not taken any more" for word in sorted(map(str, refused)))
    for name in before.keys() & after.keys():
        yield from _breaks(old.of(before[name]), new.of(after[name]), f"{where}.{name}", direction, depth + 1)
    if "items" in old.schema and "items" in new.schema:
        yield from _breaks(old.of(old.schema["items"]), new.of(new.schema["items"]), f"{where}[]", direction, depth + 1)


def found_breaks() -> list[str]:
    """Every change since the release that breaks somebody."""
    old, new = ({name: json.loads((folder / name).read_text()) for name in NAMES} for folder in (RELEASED, CONTRACTS))
    return [
        *breaks_of_events(old["asyncapi.json"], new["asyncapi.json"]),
        *breaks_of_http(old["openapi.json"], new["openapi.json"]),
    ]


def main(arguments: list[str]) -> int:
    """Exit status: 0 where nothing breaks."""
    if arguments == ["--release"]:
        for name in NAMES:
            shutil.copyfile(CONTRACTS / name, RELEASED / name)
    breaks = found_breaks()
    for each in breaks:
        print(f"breaks who uses the released interface: {each}", file=sys.stderr)
    return 1 if breaks else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
