"""Which token is good for which method, and what a storage that nobody could use says at its start."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.storage.policy import BLOBS
from services.storage.settings import DELETE, GET, PUT, StorageSettings

OLD, NEW, OTHER = "old-token-of-16-characters", "new-token-of-16-characters", "other-token-of-16-characters"


def settings(**overrides: Any) -> StorageSettings:
    values = {"amqp_url": "amqp://localhost", "database_url": "postgresql://localhost/x", "storage_root": "file:///x"}
    return StorageSettings.model_validate(values | overrides)


def test_the_shared_token_is_good_for_everything() -> None:
    assert settings(internal_token=OLD).grants == {OLD: PUT | GET | DELETE | {BLOBS}}


def test_a_role_has_a_token_of_its_own_beside_the_shared_one() -> None:
    grants = settings(internal_token=OLD, storage_put_token=NEW, storage_get_token=OTHER).grants
    assert grants == {OLD: PUT | GET | DELETE | {BLOBS}, NEW: PUT, OTHER: GET}


def test_without_a_shared_token_nobody_deletes_unless_told() -> None:
    assert settings(storage_put_token=OLD, storage_get_token=NEW).grants == {OLD: PUT, NEW: GET}
    assert settings(storage_put_token=OLD, storage_get_token=NEW, storage_delete_token=OTHER).grants[OTHER] == DELETE


def test_both_tokens_are_good_while_one_replaces_the_other() -> None:
    assert settings(storage_put_token=f"{OLD}, {NEW}", storage_get_token=OTHER).grants == {
        OLD: PUT,
        NEW: PUT,
        OTHER: GET,
    }


def test_one_token_may_have_two_roles() -> None:
    assert settings(storage_put_token=OLD, storage_get_token=OLD).grants == {OLD: PUT | GET}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "STORAGE_PUT_TOKEN"),
        ({"storage_put_token": OLD}, "STORAGE_GET_TOKEN"),
        ({"internal_token": "short"}, "internal_token"),
        ({"internal_token": f"{OLD},short"}, "internal_token"),
        ({"internal_token": f"{OLD},"}, "internal_token"),
        ({"internal_token": f"{OLD},{NEW},{OTHER}"}, "internal_token"),
        ({"internal_token": OLD, "storage_delete_token": "short"}, "storage_delete_token"),
    ],
)
def test_what_is_missing_or_too_short_is_named_without_its_value(given: dict[str, str], named: str) -> None:
    with pytest.raises(ValidationError) as error:
        settings(**given)
    assert named in str(error.value)
    assert not any(value in str(error.value) for value in given.values())
