"""Why a message does not fit, without a word of what it says."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.events import ExportCompleted
from contracts.options import ReportOptions
from contracts.validation import MAX_ERRORS, summary

CANARY = "Zoé Dupont zoe@lycee.example"


class Closed(BaseModel):
    """A model that takes no other field."""

    model_config = ConfigDict(extra="forbid")

    numbers: list[int] = []


def told(model: type[BaseModel], value: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate_json(json.dumps(value))
    return summary(caught.value)


def test_fields_and_kinds_of_error_are_told() -> None:
    text = told(ExportCompleted, {"exportId": CANARY, "file": {"size": CANARY}})
    assert text.startswith("ExportCompleted: exportId: uuid_parsing; ")
    assert "Dupont" not in text


def test_a_name_that_the_sender_made_up_is_not() -> None:
    assert told(Closed, {CANARY: 1, "numbers": [1, "x"]}) == "Closed: numbers.1: int_parsing; ?: extra_forbidden"
    assert told(Closed, {"Dupont": 1}) == "Closed: ?: extra_forbidden"
    assert told(Closed, CANARY) == "Closed: body: model_type"


def test_never_many_are_told() -> None:
    text = told(Closed, {"numbers": ["x"] * 100})
    assert text.count(";") == MAX_ERRORS
    assert text.endswith("; 95 more")


VALUES = st.recursive(
    st.one_of(st.none(), st.integers(), st.just(CANARY)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([CANARY, *ExportCompleted.model_fields, "sha256", "code"]), inner, max_size=4),
    ),
)


def refusal(model: type[BaseModel], value: Any) -> str:
    """How an error is told; nothing where the value fits."""
    try:
        model.model_validate_json(json.dumps(value))
    except ValidationError as error:
        return summary(error)
    return ""


@given(VALUES)
def test_no_word_of_any_message_is_told(value: Any) -> None:
    assert not any("Dupont" in refusal(model, value) for model in (ExportCompleted, ReportOptions, Closed))
