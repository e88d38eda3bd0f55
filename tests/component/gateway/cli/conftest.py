from collections.abc import Iterator

import pytest

from services.gateway.cli.server import PollIntervals, Server
from services.gateway.cli.words import FRENCH
from tests.component.gateway.cli.fake_gateway import TOKEN, FakeGateway, serving

QUICK = PollIntervals(budget=3.0, first=0.01, poll=0.01)


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with serving(FakeGateway()) as fake:
        yield fake


@pytest.fixture
def server(gateway: FakeGateway) -> Iterator[Server]:
    with Server(gateway.url, TOKEN, FRENCH, QUICK) as server:
        yield server
