"""The page of settings says what the classes say, and no variable of one service is taken for a slip of another's."""

from difflib import SequenceMatcher
from itertools import combinations

import pytest
from pydantic_settings import BaseSettings

from dev import settings_page
from services.common.settings import MISSPELT, HttpSettings, variables

SERVICES: list[type[BaseSettings]] = [*settings_page.SERVICES.values(), HttpSettings]
KUBERNETES = [
    f"{service}_{end}"
    for service in ("GATEWAY", "STORAGE", "RENDERER", "WEBHOOKS", "RABBITMQ", "POSTGRES")
    for end in ("SERVICE_HOST", "SERVICE_PORT", "PORT", "PORT_8080_TCP", "PORT_8080_TCP_ADDR", "PORT_8080_TCP_PROTO")
]
"""What every container of a namespace is given for the services in it."""


def known() -> set[str]:
    """Every variable of ours."""
    return {name for settings in SERVICES for name in variables(settings)}


def test_every_variable_has_its_row() -> None:
    page = settings_page.page()
    assert [name for name in sorted(known()) if f"| `{name}` |" not in page] == []
    assert page == settings_page.PAGE.read_text(encoding="utf-8"), "make docs"


def test_a_setting_without_a_docstring_is_refused() -> None:
    class Mute(BaseSettings):
        nothing: int = 1

    with pytest.raises(settings_page.Undocumented, match="nothing"):
        settings_page.effect(Mute, "nothing")


def test_a_closed_list_of_words_is_told() -> None:
    row = next(line for line in settings_page.page().splitlines() if "SMTP_SECURITY" in line)
    assert row.endswith("One of `starttls`, `tls`, `none`. |")


def test_no_variable_is_a_slip_of_another() -> None:
    names = sorted(known() | set(KUBERNETES) | {"HOSTNAME", "HTTP_PROXY", "HTTPS_PROXY", "SESSION_MANAGER"})
    alike = {
        (one, other)
        for one, other in combinations(names, 2)
        if {one, other} & known() and SequenceMatcher(None, one, other).ratio() >= MISSPELT
    }
    assert alike == set()
