"""Starts and cancellations a minute."""

import pytest
from prometheus_client import CollectorRegistry

from services.gateway.errors import TooManyRequests
from services.gateway.metrics import Metrics
from services.gateway.rates import Action, Rate, RequestRates


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def rates(registry: CollectorRegistry) -> RequestRates:
    """Two a user, three an institution."""
    return RequestRates({action: Rate(2, 3) for action in Action}, Metrics(registry).limited)


def refused(registry: CollectorRegistry, scope: str) -> float:
    return registry.get_sample_value("gateway_limited_total", {"action": "start", "scope": scope}) or 0.0


def test_a_user_has_a_rate(rates: RequestRates, registry: CollectorRegistry) -> None:
    rates.admit(Action.START, "inst", "a")
    rates.admit(Action.START, "inst", "a")
    with pytest.raises(TooManyRequests) as over:
        rates.admit(Action.START, "inst", "a")
    assert over.value.retry_after is not None
    assert 1 <= over.value.retry_after <= 60
    assert over.value.headers() == {"Retry-After": str(over.value.retry_after)}
    assert (refused(registry, "user"), refused(registry, "institution")) == (1, 0)


def test_an_institution_has_a_rate_and_others_are_not_touched(rates: RequestRates, registry: CollectorRegistry) -> None:
    for user in "abc":
        rates.admit(Action.START, "inst", user)
    with pytest.raises(TooManyRequests):
        rates.admit(Action.START, "inst", "d")
    assert refused(registry, "institution") == 1
    rates.admit(Action.START, "other", "e")


def test_what_was_refused_is_not_counted(rates: RequestRates) -> None:
    for _ in range(2):
        rates.admit(Action.START, "inst", "a")
    for _ in range(5):
        with pytest.raises(TooManyRequests):
            rates.admit(Action.START, "inst", "a")
    rates.admit(Action.START, "inst", "b")


def test_whoever_started_too_much_may_cancel(rates: RequestRates) -> None:
    for _ in range(2):
        rates.admit(Action.START, "inst", "a")
    rates.admit(Action.CANCEL, "inst", "a")
