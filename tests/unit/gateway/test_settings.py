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


def test_sessions_are_read_from_the_cookies_of_both_versions_of_nextauth() -> None:
    assert make().session_cookie_name == ("next-auth.session-token", "authjs.session-token")
    assert make(session_cookie_name="my.session").session_cookie_name == ("my.session",)
    for wrong in ("", "a;b", "é"):
        with pytest.raises(ValidationError, match="session_cookie_name"):
            make(session_cookie_name=wrong)


def test_csrf_protection_has_correctas_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSRF_COOKIE_NAME", "my-csrf")
    monkeypatch.setenv("CSRF_ENABLED", "false")
    monkeypatch.setenv("CSRF_ALLOWED_ORIGINS", "https://a.example, https://b.example")
    settings = make(site_url="https://correcta.example")
    assert (settings.csrf_cookie_name, settings.csrf_enabled) == ("my-csrf", False)
    assert {host for _, host, _ in settings.allowed_origins} == {"correcta.example", "a.example", "b.example"}
    assert {host for _, host, _ in settings.site} == {"correcta.example"}
    with pytest.raises(ValidationError, match="CSRF_ALLOWED_ORIGINS"):
        make(csrf_allowed_origins="a.example")
    with pytest.raises(ValidationError, match="csrf_cookie_name"):
        make(csrf_cookie_name="a b")


def test_hosts_are_listed_by_name() -> None:
    assert make(allowed_hosts="Correcta.example *.School.example [::1]").allowed_hosts == (
        "correcta.example",
        "*.school.example",
        "[::1]",
    )
    for wrong in ("https://correcta.example", "correcta.example:443", "a*.example"):
        with pytest.raises(ValidationError, match="ALLOWED_HOSTS"):
            make(allowed_hosts=wrong)


PROVIDER = {"jwks_url": "https://id.example/keys", "jwt_issuer": "https://id.example", "jwt_audience": "correcta"}


def test_a_provider_of_bearer_tokens_is_named_whole() -> None:
    assert make(**PROVIDER).jwt_algorithms == ("RS256", "ES256", "EdDSA")
    for name in ("jwt_issuer", "jwt_audience"):
        with pytest.raises(ValidationError, match="JWT_ISSUER and JWT_AUDIENCE"):
            make(**{key: value for key, value in PROVIDER.items() if key != name})
    with pytest.raises(ValidationError, match="JWKS_URL"):
        make(**PROVIDER | {"jwks_url": "file:///etc/keys"})


@pytest.mark.parametrize("wrong", ["none", "HS256", "RS256, HS512", "dir", ""])
def test_no_algorithm_with_a_shared_secret_can_be_allowed(wrong: str) -> None:
    with pytest.raises(ValidationError, match="JWT_ALGORITHMS"):
        make(jwt_algorithms=wrong)


def test_open_streams_are_held_against_their_account_more_than_once_a_minute() -> None:
    assert make().stream_recheck_seconds <= 30
