"""The authorisation matrix of the gateway: every routed address and method, every kind of credential, every kind of
object. Which addresses there are is read from the route table; who may what stands in `rights`, written by hand.
"""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest
from starlette.routing import Mount, Route

from dev.sample.people import LAC
from services.common.metrics import make_registry
from services.gateway.app import make_app, routes
from services.gateway.settings import GatewaySettings
from services.gateway.store import Store
from tests.integration.authorisation.asgi import Answer, ask
from tests.integration.authorisation.rights import DEMO_RIGHTS, RIGHTS, About, Right
from tests.integration.authorisation.subjects import (
    NARROWED,
    SITE,
    Subject,
    session_of,
    sessions_by_name,
    tokens_by_name,
)
from tests.integration.authorisation.world import KINDS, Kind, World, make_world
from tests.integration.gateway.harness import SECRET, TOKEN, running_storage

pytestmark = pytest.mark.integration

NO_BROKER = "amqp://127.0.0.1:1/"
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "BREW")
RANGE = ("Range", "bytes=0-3")
NOT_ALLOWED, NOT_FOUND = (405, "method_not_allowed"), (404, "not_found")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

Expected = tuple[int, str | None]
"""Status, and the code of a refusal."""


def right_of(method: str, path: str) -> Right | None:
    """The row that holds for a method; None where the address doesn't know it."""
    row = RIGHTS.get((method, path))
    return RIGHTS.get(("GET", path)) if row is None and method == "HEAD" else row


def expected(right: Right, subject: Subject, kind: Kind, method: str, *, narrowed: bool) -> Expected:
    """What a request must be answered."""
    if right.public:
        return right.answer, None
    if subject.refusal is not None:
        return subject.refusal
    if subject.forged and method not in SAFE:
        return 403, "csrf_refused"
    if subject.scopes is None and right.services:
        return 403, "token_required"
    if subject.scopes is not None and right.scope not in subject.scopes:
        return 403, "session_required" if right.scope is None else "insufficient_scope"
    if right.about is About.NOTHING or may_see(right, subject, kind, narrowed=narrowed):
        return right.answer, None
    under_own = kind in {Kind.FOREIGN_UNDER_OWN, Kind.ABSENT_UNDER_OWN} and subject.institution_id is not None
    return 404, "export_not_found" if right.about is About.OWN_EXPORT or under_own else "exam_not_found"


def may_see(right: Right, subject: Subject, kind: Kind, *, narrowed: bool) -> bool:
    """Whether an object is there for a subject who is let in."""
    if subject.institution_id is None:
        return False
    if kind is Kind.OWN:
        return True
    if right.about is About.OWN_EXPORT and subject.scopes is None:
        return False
    return kind is Kind.COLLEAGUES or (kind is Kind.OTHER_COURSES and not (narrowed and subject.narrowable))


@dataclass
class Matrix:
    """The cells that were asked, and what was wrong."""

    app: Any
    state: Mapping[str, Any]
    world: World
    narrowed: bool
    cells: int = 0
    wrong: list[str] = field(default_factory=list)

    async def ask(self, subjects: Mapping[str, Subject]) -> None:
        """Ask every cell of these subjects."""
        for method, path in every_method():
            right = right_of(method, path)
            if right is None:
                continue
            for name, subject in subjects.items():
                await self._row(right, method, path, name, subject)

    async def _row(self, right: Right, method: str, path: str, name: str, subject: Subject) -> None:
        refusals: dict[Expected, Answer] = {}
        for kind in KINDS[right.about]:
            if kind is Kind.OTHER_COURSES and subject.institution_id == LAC.id:
                continue  # it has one course
            wanted = expected(right, subject, kind, method, narrowed=self.narrowed)
            for extra in ((), (RANGE,)) if right.ranged else ((),):
                answer = await self._answer(method, path, subject, kind, extra)
                status = 206 if extra and wanted[1] is None and method == "GET" else wanted[0]
                where = f"{method} {path} as {name}, {kind}{' (range)' if extra else ''}"
                self._judge(where, answer, (status, wanted[1]))
                if wanted[1] is not None and same(answer) != same(refusals.setdefault(wanted, answer)):
                    self.wrong.append(f"{where}: not answered as every {wanted} is")

    async def unknown(self, subjects: Mapping[str, Subject]) -> None:
        """Ask methods and addresses that there are not."""
        cells = [(cell, NOT_ALLOWED) for cell in every_method() if right_of(*cell) is None]
        cells += [((method, path), NOT_FOUND) for method in METHODS for path in ("/api/exams", "/api", "/demo/sign-in")]
        for (method, path), wanted in cells:
            for name, subject in subjects.items():
                answer = await self._answer(method, path, subject, Kind.OWN)
                self._judge(f"{method} {path} as {name}", answer, wanted)

    async def _answer(
        self, method: str, path: str, subject: Subject, kind: Kind, extra: Iterable[tuple[str, str]] = ()
    ) -> Answer:
        self.cells += 1
        found = self.world.of(subject, kind)
        job, name = str(found.export_id), quote(found.filename)
        target = path.format(exam_id=found.exam_id, job_id=job, export_id=job, filename=name)
        headers = (("Host", SITE.removeprefix("http://")), *subject.headers, *extra)
        return await ask(self.app, self.state, method, f"{target}?jobId={job}", headers, b"{}")

    def _judge(self, where: str, answer: Answer, wanted: Expected) -> None:
        code = code_of(answer)
        told = code if wanted[1] is not None and answer.body else wanted[1]
        if (answer.status, told) != wanted:
            self.wrong.append(f"{where}: {answer.status} {code}, not {wanted[0]} {wanted[1]}")


def code_of(answer: Answer) -> str | None:
    """The code of a refusal, told as a problem or as a page."""
    text = answer.body.decode("utf-8", "replace")
    found = re.search(r'"code":"(\w+)"', text) or re.search(r"<code>(\w+)</code>", text)
    return found[1] if found else None


def same(answer: Answer) -> tuple[int, list[tuple[str, str]], bytes]:
    """All that an answer tells, but for the time of day."""
    return answer.status, sorted(each for each in answer.headers.items() if each[0] != "date"), answer.body


def routed() -> set[tuple[str, str]]:
    """Every method and address of the route table; a mount by a file in it."""
    found = set()
    for route in routes(a_gateway("http://127.0.0.1:9"), make_registry()):
        if isinstance(route, Mount):
            assert route.path == "/static"
            found.add(("GET", "/static/pages.css"))
        else:
            assert isinstance(route, Route)
            found |= {(method, route.path) for method in (route.methods or set())}
    return found


def every_method() -> list[tuple[str, str]]:
    """Every routed address with every method, known to it or not."""
    return [(method, path) for path in sorted({path for _, path in routed()}) for method in METHODS]


def a_gateway(storage_url: str, **overrides: Any) -> GatewaySettings:
    """Settings of a gateway without a broker, whose quotas and rates no cell reaches."""
    values: dict[str, Any] = {
        "amqp_url": NO_BROKER,
        "internal_token": TOKEN,
        "database_url": "postgresql://nobody@127.0.0.1:1/nothing",
        "correcta_database_url": "postgresql://nobody@127.0.0.1:1/nothing",
        "storage_url": storage_url,
        "session_secret": SECRET,
        "site_url": SITE,
        "exports_per_institution": 100_000,
        "documents_per_institution": 100_000,
        "sheets_per_institution": 100_000,
        "starts_per_minute_user": 100_000,
        "starts_per_minute_institution": 100_000,
        "files_per_minute_service": 100_000,
        "files_per_minute_institution": 100_000,
        "direct_download_seconds": 0.001,
    }
    return GatewaySettings(**(values | overrides))


MakeMatrix = Callable[..., Any]


@pytest.fixture
def matrix(
    database_url: str, correcta_database_url: str, pool: asyncpg.Pool, tmp_path: Path, namespace: str
) -> MakeMatrix:
    """A gateway in this process, over real databases and a real storage, with these settings and objects."""

    @asynccontextmanager
    async def make(subjects: Mapping[str, Subject], **overrides: Any) -> AsyncIterator[Matrix]:
        async with running_storage(tmp_path.as_uri(), database_url, NO_BROKER, namespace) as storage_url:
            world = await make_world(Store(pool), storage_url, subjects.values())
            urls = {"database_url": database_url, "correcta_database_url": correcta_database_url}
            app = make_app(a_gateway(storage_url, **urls, **overrides))
            async with app.router.lifespan_context(app) as state:
                assert state is not None
                yield Matrix(app, state, world, narrowed="export_scope" in overrides)

    return make


def test_every_routed_address_has_a_row_and_every_row_is_routed() -> None:
    heads = {("HEAD", path) for method, path in RIGHTS if method == "GET" and path != "/static/pages.css"}
    assert routed() == RIGHTS.keys() | heads
    demo = {
        (method, route.path)
        for route in routes(a_gateway("http://127.0.0.1:9", demo=True, site_url="http://localhost"), make_registry())
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert demo - routed() == DEMO_RIGHTS.keys()


async def test_everybody_may_exactly_what_their_rights_say(matrix: MakeMatrix, pool: asyncpg.Pool) -> None:
    subjects = sessions_by_name() | await tokens_by_name(pool)
    async with matrix(subjects) as asked:
        before = await pool.fetchval("SELECT max(id) FROM exports.audit")
        await asked.ask(subjects)
        few = ("anonymous", "student", "teacher", "service with every scope")
        await asked.unknown({name: subjects[name] for name in few})
    assert not asked.wrong, "\n".join(asked.wrong[:30])
    assert asked.cells >= 1_500
    acted = await pool.fetch(
        "SELECT DISTINCT actor_id, institution_id FROM exports.audit WHERE id > $1 AND actor_id IS NOT NULL", before
    )
    let_in = {(each.user_id, each.institution_id) for each in subjects.values() if each.refusal is None}
    assert {(row["actor_id"], row["institution_id"]) for row in acted} <= let_in


async def test_a_narrowed_teacher_may_the_same_for_their_own_exams_only(matrix: MakeMatrix, pool: asyncpg.Pool) -> None:
    tokens = await tokens_by_name(pool)
    subjects = {name: session_of(person) for name, person in NARROWED.items()}
    subjects["service with every scope"] = tokens["service with every scope"]
    async with matrix(subjects, export_scope="course") as asked:
        await asked.ask(subjects)
    assert not asked.wrong, "\n".join(asked.wrong[:30])
    assert asked.cells >= 500


async def test_the_demos_doors_open_in_demo_mode_only(matrix: MakeMatrix) -> None:
    subjects = {name: sessions_by_name()[name] for name in ("anonymous", "student", "teacher")}
    async with matrix(subjects, demo=True) as asked:
        for (method, path), right in DEMO_RIGHTS.items():
            for name, subject in subjects.items():
                answer = await asked._answer(method, path, subject, Kind.OWN, [("Origin", SITE)])
                assert answer.status == right.answer, (method, path, name)
