"""The three services as processes, on the session's broker and databases of their own, with the sample school."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from dev.sample import people
from dev.stack.services import Plan, Servers, Stack
from dev.teacher import Teacher
from tests import databases


@pytest.fixture(scope="session")
def servers(amqp_url: str, postgres_url: str, exports_template: str, correcta_template: str) -> Iterator[Servers]:
    """What the services connect to."""
    with (
        databases.copy(postgres_url, exports_template) as ours,
        databases.copy(postgres_url, correcta_template) as correctas,
    ):
        yield Servers(amqp_url, ours, correctas, namespace=f"e2e-{uuid4().hex[:8]}")


@pytest.fixture(scope="session")
def stack(servers: Servers, private_folder: Path) -> Iterator[Stack]:
    """A gateway (in demo mode), a storage and a renderer, ready."""
    with Stack(private_folder / "stack", servers, Plan(settings={"gateway": {"DEMO": "true"}})) as running:
        yield running


@pytest.fixture
def teacher(stack: Stack) -> Iterator[Teacher]:
    """The author of the sample's mathematics exam, signed in."""
    with Teacher(stack.url, people.OKONKWO, stack.session_secret) as signed_in:
        yield signed_in
