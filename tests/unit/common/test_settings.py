"""The settings that every service has."""

import pytest

from services.common.http.limits import HttpLimits
from services.common.http.proxies import parse_networks
from services.common.settings import LOOPBACK, CommonSettings, HttpSettings, read


@pytest.fixture(autouse=True)
def _required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMQP_URL", "amqp://broker")
    monkeypatch.setenv("INTERNAL_TOKEN", "t" * 16)


def test_each_bound_of_the_server_has_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(HttpSettings) == HttpSettings(**HttpLimits().model_dump())
    for name in HttpLimits.model_fields:
        monkeypatch.setenv(f"HTTP_{name.upper()}", "7")
    assert set(read(HttpSettings).model_dump().values()) == {7}


def test_a_bound_that_is_none_stops_the_process_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HTTP_HEAD_SECONDS", "0")
    with pytest.raises(SystemExit):
        read(HttpSettings)
    assert "HTTP_HEAD_SECONDS" in capsys.readouterr().err


def test_loopback_alone_is_trusted_unless_somebody_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(CommonSettings).trusted_proxies == LOOPBACK
    monkeypatch.setenv("TRUSTED_PROXIES", "10.42.0.0/16, 2001:db8::7")
    assert read(CommonSettings).trusted_proxies == parse_networks("10.42.0.0/16 2001:db8::7")
    monkeypatch.setenv("TRUSTED_PROXIES", "none")
    assert read(CommonSettings).trusted_proxies.networks == ()


@pytest.mark.parametrize("value", ["*", "proxy.example", "10.42.0.1/16"])
def test_a_proxy_that_is_no_network_stops_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", value)
    with pytest.raises(SystemExit):
        read(CommonSettings)
    assert "TRUSTED_PROXIES" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "meant"), [("TRUSTED_PROXYS", "TRUSTED_PROXIES"), ("grace_second", "GRACE_SECONDS"), ("PORTS", None)]
)
def test_a_variable_that_is_misspelt_stops_the_process_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, meant: str | None
) -> None:
    monkeypatch.setenv(name, "1")
    if meant is None:  # too short to tell
        read(CommonSettings)
        return
    with pytest.raises(SystemExit):
        read(CommonSettings)
    assert capsys.readouterr().err == f"{name.upper()}: is none of ours; {meant} is\n"
