"""No variable of a secret reaches the workers, whatever settings are added later."""

from typing import Annotated

import pytest
from pydantic import AliasChoices, Field, SecretStr

from services.gateway.settings import GatewaySettings
from services.renderer.settings import FOREIGN_SECRETS, RendererSettings, forget_secrets, limits, secret_variables
from services.storage.settings import StorageSettings


class LaterSettings(RendererSettings):
    """A renderer with more secrets, declared in every way there is."""

    plain: SecretStr = SecretStr("x")
    optional: SecretStr | None = None
    several: tuple[SecretStr, ...] = ()
    annotated: Annotated[SecretStr | None, Field(min_length=2)] = None
    renamed: SecretStr = Field(SecretStr("x"), alias="other_name")
    choice: SecretStr = Field(SecretStr("x"), validation_alias=AliasChoices("one", "two"))
    harmless: str = ""


def test_secrets_are_found_by_their_type() -> None:
    assert secret_variables(RendererSettings) == {
        "AMQP_URL", "INTERNAL_TOKEN", "STORAGE_PUT_TOKEN", "STORAGE_BLOBS_TOKEN", "SIGNING_KEY",
        "CORRECTA_DATABASE_URL",
    }  # fmt: skip
    assert secret_variables(LaterSettings) - secret_variables(RendererSettings) == {
        "PLAIN", "OPTIONAL", "SEVERAL", "ANNOTATED", "RENAMED", "OTHER_NAME", "CHOICE", "ONE", "TWO",
    }  # fmt: skip


def test_a_prefix_is_part_of_the_variable() -> None:
    class Prefixed(LaterSettings, env_prefix="renderer_"):
        pass

    assert "RENDERER_PLAIN" in secret_variables(Prefixed)


def test_every_secret_of_every_service_is_forgotten_in_any_case() -> None:
    every = {name for each in (GatewaySettings, StorageSettings, LaterSettings) for name in secret_variables(each)}
    environment = dict.fromkeys((*every, "amqp_url", "Two", "AWS_SECRET_ACCESS_KEY", "PATH", "WORKERS", "HARMLESS"), "")

    forget_secrets(environment, LaterSettings)

    assert set(environment) == {"PATH", "WORKERS", "HARMLESS"}


def test_the_other_services_list_holds_nothing_of_our_own() -> None:
    others = secret_variables(GatewaySettings) | secret_variables(StorageSettings)
    assert others - secret_variables(RendererSettings) == FOREIGN_SECRETS


def test_a_limit_that_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LIMIT_COPIES", "many")
    with pytest.raises(SystemExit) as end:
        limits()
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("LIMIT_COPIES: ")


def test_a_misspelt_limit_is_named_with_the_one_that_was_meant(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIMIT_COPYS", "5")
    monkeypatch.setenv("LIMIT_ZZZ", "1")
    with pytest.raises(SystemExit) as caught:
        limits()
    assert caught.value.code == 2
    assert capsys.readouterr().err.splitlines() == [
        "LIMIT_COPYS: is none of ours; LIMIT_COPIES is",
        "LIMIT_ZZZ: is none of ours",
    ]
