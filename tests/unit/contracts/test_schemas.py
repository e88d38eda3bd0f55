"""Committed schemas say what the code says, and what was once valid stays so. Samples are never edited: only added."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from contracts import options, states
from contracts.events import EVENT_TYPES
from contracts.topology import ROUTES
from dev.contracts import asyncapi, openapi, schemas

SAMPLES = Path(__file__).parent / "samples"
WORDS: dict[str, list[str]] = json.loads((SAMPLES / "words.json").read_text())


def _sample(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _name(path: Path) -> str:
    return path.name.removesuffix(".json").removesuffix(".minimal")


ALL = sorted(path for path in SAMPLES.glob("*.v1*.json"))


def test_committed_schemas_are_what_the_code_says() -> None:
    assert schemas.differing() == []


def test_a_schema_that_differs_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "CONTRACTS", tmp_path)
    assert schemas.main(["--write"]) == 0
    changed = tmp_path / "asyncapi.json"
    changed.write_text("{}")
    stray = tmp_path / "schemas" / "export.paused.v1.json"
    stray.write_text("{}")
    assert schemas.differing() == [changed, stray]
    assert schemas.main([]) == 1


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_an_old_sample_still_parses(path: Path) -> None:
    schemas.MODELS[_name(path)].model_validate(_sample(path))


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_an_old_sample_still_fits_the_published_schema(path: Path) -> None:
    jsonschema_rs.validator_for(schemas.schema(_name(path))).validate(_sample(path))


@pytest.mark.parametrize("path", [path for path in ALL if "minimal" not in path.name], ids=lambda path: path.name)
def test_no_old_field_was_dropped_or_changed(path: Path) -> None:
    sample = _sample(path)
    again = schemas.MODELS[_name(path)].model_validate(sample).model_dump(mode="json", by_alias=True)
    assert _only_known_to(again, sample) == sample


def _only_known_to(value: Any, sample: Any) -> Any:
    """The value without what was added since the sample was written."""
    if isinstance(sample, dict):
        return {key: _only_known_to(value[key], inner) for key, inner in sample.items()}
    if isinstance(sample, list):
        return [_only_known_to(one, inner) for one, inner in zip(value, sample, strict=True)]
    return value


@pytest.mark.parametrize("kind", sorted(set(schemas.MODELS) - {"report-options.v1"}))
def test_each_contract_has_a_full_and_a_minimal_sample(kind: str) -> None:
    assert {SAMPLES / f"{kind}.json", SAMPLES / f"{kind}.minimal.json"} <= set(ALL)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_a_field_of_a_later_version_is_ignored(path: Path) -> None:
    schemas.MODELS[_name(path)].model_validate(_sample(path) | {"addedLater": [1]})


@pytest.mark.parametrize("name", sorted(WORDS))
def test_no_word_of_a_closed_list_was_dropped(name: str) -> None:
    words: type[StrEnum] = getattr(states, name, None) or getattr(options, name)
    assert set(WORDS[name]) <= set(words)


def test_every_reference_of_the_documents_leads_somewhere() -> None:
    for document in (asyncapi.document(), openapi.document()):
        for reference in _references(document):
            target: Any = document
            for step in reference.removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/")]


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [reference for inner in value.values() for reference in _references(inner)]
    if isinstance(value, list):
        return [reference for inner in value for reference in _references(inner)]
    return []


def test_each_event_has_a_channel_that_names_its_publisher() -> None:
    document = asyncapi.document()
    named = {
        (channel["address"], channel["bindings"]["amqp"]["exchange"]["name"])
        for channel in document["channels"].values()
        if "bindings" in channel
    }
    routed = {(route.type, route.exchange.value) for route in ROUTES}
    assert named == {(kind, exchange) for kind, exchange in routed if kind in EVENT_TYPES}
