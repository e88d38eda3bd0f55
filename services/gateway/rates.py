"""How many requests a minute a user and an institution may send of those that cost something: starts, cancellations,
and files fetched by services.

Counted in this process's memory: with several gateways behind a balancer the limits are so many times as high.
"""

import time
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from prometheus_client import Counter

from services.gateway.errors import TooManyRequests


class Action(StrEnum):
    """What is counted, each on its own: whoever started too much may still cancel."""

    START = "start"
    CANCEL = "cancel"
    FETCH = "fetch"


class Rate(NamedTuple):
    """Requests within any minute."""

    user: int
    institution: int


class RequestRates:
    """The requests of the last minute."""

    def __init__(self, rates: Mapping[Action, Rate], refused: Counter) -> None:
        """`refused` counts what was refused, by action and by `user` or `institution`."""
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limits = {action: tuple(map(RateLimitItemPerMinute, rate)) for action, rate in rates.items()}
        self._refused = refused

    def admit(self, action: Action, institution_id: str, user_id: str) -> None:
        """Count a request.

        Raises:
            TooManyRequests: the user or the institution sent as many as it may; this one is not counted.
        """
        per_user, per_institution = self._limits[action]
        counted = (("user", per_user, user_id), ("institution", per_institution, institution_id))
        for scope, limit, who in counted:
            if not self._limiter.test(limit, action, scope, who):
                self._refused.labels(action, scope).inc()
                again = self._limiter.get_window_stats(limit, action, scope, who).reset_time
                raise TooManyRequests(again - time.time())
        for scope, limit, who in counted:
            self._limiter.hit(limit, action, scope, who)
