"""Hypothesis state machines whose rules await, and that run against a database."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from services.common.database import make_pool
from services.gateway.store import Store

T = TypeVar("T")


class AsyncMachine(RuleBasedStateMachine):
    """A state machine with an event loop of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()

    def run(self, work: Awaitable[T]) -> T:
        """Await something on the machine's loop; what it gives."""

        async def awaited() -> T:
            return await work

        return self.runner.run(awaited())

    def teardown(self) -> None:
        """Close the loop."""
        self.runner.close()


class StoreMachine(AsyncMachine):
    """A state machine over the gateway's store in the database `database_url`."""

    database_url: str

    def __init__(self) -> None:
        super().__init__()
        self.pool = self.run(make_pool(self.database_url, size=2))
        self.store = Store(self.pool)

    def teardown(self) -> None:
        """Close the pool and the loop."""
        self.run(self.pool.close())
        super().teardown()


def run_machine(machine: type[AsyncMachine], *, examples: int, steps: int) -> None:
    """Run so many sequences of so many steps each."""
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=chosen)
