"""A process that could not do what its settings ask of it does not start, and says which variable is wrong."""

from typing import Any

import pytest

from contracts.topology import Role
from services.common.settings import CommonSettings, read
from services.common.signing import SignaturePolicy
from services.common.signing_keys import trusted_list
from services.gateway.settings import GatewaySettings
from services.renderer.settings import RendererSettings
from services.storage.settings import StorageSettings
from tests.keys import keys

KEYS, OTHERS = keys("ours"), keys("others")
TRUSTED = trusted_list(KEYS)
ENVIRONMENT = {
    "AMQP_URL": "amqp://broker",
    "INTERNAL_TOKEN": "t" * 16,
    "DATABASE_URL": "postgresql://db",
    "CORRECTA_DATABASE_URL": "postgresql://db",
    "STORAGE_URL": "http://storage",
    "STORAGE_ROOT": "file:///files",
    "SESSION_SECRET": "s" * 16,
}
SERVICES = (GatewaySettings, RendererSettings, StorageSettings)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def without(role: Role) -> str:
    return trusted_list({other: key for other, key in KEYS.items() if other != role})


@pytest.mark.parametrize("service", SERVICES)
def test_signatures_are_accepted_and_not_required_unless_told(service: type[CommonSettings]) -> None:
    assert service().signatures is SignaturePolicy.ACCEPT


@pytest.mark.parametrize("service", SERVICES)
def test_what_requires_signatures_has_its_keys(service: type[CommonSettings]) -> None:
    given = {"signing_key": KEYS[service.role], "trusted_keys": TRUSTED, "signatures": "require"}
    assert service.model_validate(service().model_dump() | given).signatures is SignaturePolicy.REQUIRE


@pytest.mark.parametrize(
    ("service", "given", "named"),
    [
        *((service, {"SIGNATURES": "require"}, "SIGNING_KEY") for service in SERVICES),
        *((service, {"SIGNATURES": "maybe"}, "SIGNATURES") for service in SERVICES),
        *((service, {"SIGNING_KEY": "hush" * 11}, "SIGNING_KEY") for service in SERVICES),
        *((service, {"TRUSTED_KEYS": "gateway:hush"}, "TRUSTED_KEYS") for service in SERVICES),
        (GatewaySettings, {"SIGNATURES": "require", "SIGNING_KEY": KEYS[Role.GATEWAY]}, "TRUSTED_KEYS"),
        (RendererSettings, {"SIGNATURES": "require", "SIGNING_KEY": KEYS[Role.RENDERER]}, "TRUSTED_KEYS"),
        *(
            (GatewaySettings, {"SIGNATURES": "require", "SIGNING_KEY": KEYS[Role.GATEWAY], "TRUSTED_KEYS": keys}, role)
            for role, keys in ((role, without(role)) for role in KEYS)
        ),
        *(
            (service, {"SIGNING_KEY": OTHERS[service.role], "TRUSTED_KEYS": TRUSTED}, "SIGNING_KEY")
            for service in SERVICES
        ),
        (GatewaySettings, {"SIGNING_KEY": KEYS[Role.RENDERER], "TRUSTED_KEYS": TRUSTED}, "SIGNING_KEY"),
    ],
)
def test_a_wrong_or_missing_key_ends_the_process_and_is_named_without_its_value(
    service: type[CommonSettings],
    given: dict[str, Any],
    named: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as end:
        read(service)
    said = capsys.readouterr().err
    assert end.value.code == 2
    assert named in said
    assert "hush" not in said
    assert given.get("SIGNING_KEY", "no key") not in said


def test_storage_takes_no_messages_and_needs_no_public_keys() -> None:
    given = {"signing_key": KEYS[Role.STORAGE], "signatures": "require"}
    assert StorageSettings.model_validate(StorageSettings().model_dump() | given).trusted_keys == ""


def test_a_list_of_others_keys_alone_is_enough_to_hear_them() -> None:
    """Every role learns the new keys before any role signs with one."""
    values = GatewaySettings().model_dump() | {"trusted_keys": TRUSTED}
    assert GatewaySettings.model_validate(values).signing_key is None
