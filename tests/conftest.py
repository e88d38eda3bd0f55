"""The real servers tests run against: one private broker and one private database per session, started when first asked
for. `TEST_AMQP_URL` and `TEST_DATABASE_URL` (a superuser's) name others instead. A server that is missing is an error.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from contracts.topology import Topology
from dev.stack.local import AlreadyRunning, occupied
from dev.stack.postgresql import PrivatePostgres
from dev.stack.rabbitmq import PrivateRabbit
from dev.stack.services import Servers
from tests import databases, queues
from tests.databases import MakeServers

ROOT = Path(__file__).parent.parent
SESSIONS_KEPT = 5

# A slow machine fails no property; under CI a commit gets the same examples, and so the same verdict, each time.
settings.register_profile("here", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("here")

# structlog's own renderer draws the local variables of every frame, which holds an event loop up for seconds.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


TOGETHER = ("tests/integration/gateway", "tests/integration", "tests/e2e/browser")
"""Folders whose tests share servers, so that one process runs all of a folder; other modules go where there is room."""

FIRST = (*TOGETHER, "tests/e2e/test_chaos.py", "tests/e2e", "tests/component/hostile", "tests/component", "tests")
"""What takes longest begins first, so that no process is left alone with it in the end."""


class ByServers(LoadScopeScheduling):  # type: ignore[misc]  # the library ships no types
    """Where tests run in several processes, those that share servers stay together, and those of a module."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return next((folder for folder in TOGETHER if module.startswith(f"{folder}/")), module)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByServers:
    """Who decides where a test runs."""
    return ByServers(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first."""
    items.sort(key=lambda item: next(n for n, start in enumerate(FIRST) if item.nodeid.startswith(start)))


@pytest.fixture(scope="session")
def private_folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Where this session's servers live. It is kept, with their logs, when something failed."""
    sessions = ROOT / ".run" / "tests"
    forget_old(sessions)
    folder = sessions / uuid4().hex[:8]
    with occupied(folder):
        yield folder
    if not request.session.testsfailed:
        shutil.rmtree(folder, ignore_errors=True)


def forget_old(sessions: Path) -> None:
    """Remove what earlier sessions left behind, but for the latest few and those still running."""
    ages: dict[Path, float] = {}
    for lock in sessions.glob("*/lock"):
        with suppress(FileNotFoundError):  # another session's tidying
            ages[lock.parent] = lock.stat().st_mtime
    for folder in sorted(ages, key=lambda folder: ages[folder], reverse=True)[SESSIONS_KEPT:]:
        with suppress(AlreadyRunning, FileNotFoundError), occupied(folder):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def session_rabbit(private_folder: Path) -> Iterator[PrivateRabbit | None]:
    """The session's broker, None where `TEST_AMQP_URL` names another one."""
    if "TEST_AMQP_URL" in os.environ:
        yield None
        return
    broker = PrivateRabbit(private_folder / "rabbit")
    broker.start()
    yield broker
    broker.remove()


@pytest.fixture(scope="session")
def amqp_url(session_rabbit: PrivateRabbit | None) -> str:
    """The session's broker, as administrator. Keep to `namespace`: others use it too."""
    return session_rabbit.url if session_rabbit else os.environ["TEST_AMQP_URL"]


@pytest.fixture(scope="session")
def postgres_url(private_folder: Path) -> Iterator[str]:
    """The session's database server, as superuser; the services' roles are there."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        databases.make_roles(given)
        yield given
        return
    server = PrivatePostgres(private_folder / "postgres", durable=False)
    server.start()
    databases.make_roles(server.url)
    yield server.url
    server.remove()


@pytest.fixture(scope="session")
def exports_template(postgres_url: str) -> Iterator[str]:
    """A database with schema `exports`, migrated, never connected to again."""
    with databases.template(postgres_url, databases.migrate) as name:
        yield name


@pytest.fixture(scope="session")
def correcta_template(postgres_url: str) -> Iterator[str]:
    """A database with Correcta's tables and the sample school."""
    with databases.template(postgres_url, databases.load_sample) as name:
        yield name


@pytest.fixture(scope="session")
def make_servers(
    session_rabbit: PrivateRabbit | None,
    amqp_url: str,
    postgres_url: str,
    exports_template: str,
    correcta_template: str,
) -> MakeServers:
    """Makes what one stack connects to: databases of its own, and a namespace of its own on the session's broker."""

    @contextmanager
    def make(name: str) -> Iterator[Servers]:
        namespace = f"{name}-{uuid4().hex[:8]}"
        if session_rabbit:
            session_rabbit.add_services(namespace)
        with (
            databases.copy(postgres_url, exports_template) as exports,
            databases.copy(postgres_url, correcta_template) as correcta,
        ):
            yield Servers(amqp_url, exports, correcta, namespace, broker_accounts=session_rabbit is not None)

    return make


@pytest.fixture
def database_url(postgres_url: str, exports_template: str) -> Iterator[str]:
    """A database of this test's own: schema `exports`, empty."""
    with databases.copy(postgres_url, exports_template) as url:
        yield url


@pytest.fixture
def correcta_database_url(postgres_url: str, correcta_template: str) -> Iterator[str]:
    """A Correcta database of this test's own, with the sample school."""
    with databases.copy(postgres_url, correcta_template) as url:
        yield url


@pytest.fixture
def namespace() -> str:
    """A prefix for broker objects that no other test uses."""
    return f"test-{uuid4().hex[:12]}"


@pytest.fixture
def topology(amqp_url: str, namespace: str) -> Iterator[Topology]:
    """The topology in this test's namespace, declared at the session's broker and deleted afterwards."""
    mine = Topology(namespace)
    queues.declare(amqp_url, mine)
    yield mine
    queues.delete(amqp_url, mine)


@pytest.fixture
def private_rabbit(private_folder: Path) -> Iterator[PrivateRabbit]:
    """A broker for one test alone: to be killed, stopped and restarted."""
    broker = PrivateRabbit(private_folder / uuid4().hex[:8])
    broker.start()
    yield broker
    broker.remove()


@pytest.fixture
def private_postgres(private_folder: Path) -> Iterator[PrivatePostgres]:
    """A database server for one test alone: to be killed, stopped and restarted. Durable."""
    server = PrivatePostgres(private_folder / uuid4().hex[:8], durable=True)
    server.start()
    yield server
    server.remove()
