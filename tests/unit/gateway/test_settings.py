"""Settings: what stops the process at start, and what origins a site has."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.gateway.settings import GatewaySettings

REQUIRED: dict[str, Any] = {
    "amqp_url": "amqp://broker",
    "internal_token": "t" * 16,
    "database_url": "postgresql://db",
    "correcta_database_url": "postgresql://db",
    "storage_url": "http://storage",
    "session_secret": "s" * 16,
}


def make(**overrides: Any) -> GatewaySettings:
    return GatewaySettings(**(REQUIRED | overrides))


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(ValidationError, match=f"(?i){name}"):
        GatewaySettings(**{key: value for key, value in REQUIRED.items() if key != name})


def test_without_site_url_the_site_is_this_process() -> None:
    site = make(port=8123, host="192.0.2.1").site
    assert {host for _, host, _ in site} == {"localhost", "127.0.0.1", "::1", "192.0.2.1"}
    assert {(scheme, port) for scheme, _, port in site} == {("http", 8123)}


def test_site_url_lists_addresses() -> None:
    settings = make(site_url="https://correcta.example, https://www.correcta.example:8443")
    assert settings.site == {("https", "correcta.example", 443), ("https", "www.correcta.example", 8443)}
    assert settings.secure
    assert not make().secure


def test_site_url_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_URL", "https://correcta.example")
    assert make().site == {("https", "correcta.example", 443)}


def test_a_site_url_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="SITE_URL"):
        make(site_url="correcta.example")


@pytest.mark.parametrize("public", ["https://correcta.example", "http://localhost:3000 https://correcta.example"])
def test_the_demo_refuses_a_public_site(public: str) -> None:
    with pytest.raises(ValidationError, match="DEMO"):
        make(demo=True, site_url=public)


def test_the_demo_runs_locally() -> None:
    assert make(demo=True).demo
    assert make(demo=True, site_url="https://localhost:3000").demo


def test_secrets_are_not_shown() -> None:
    shown = repr(make())
    assert "s" * 16 not in shown
    assert "t" * 16 not in shown


def test_the_default_time_zone_is_one_that_there_is() -> None:
    assert make().default_timezone.key == "Europe/Paris"
    assert make(default_timezone="America/Cayenne").default_timezone.key == "America/Cayenne"
    with pytest.raises(ValidationError, match="default_timezone"):
        make(default_timezone="Europe/Nowhere")
