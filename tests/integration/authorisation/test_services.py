"""The authorisation matrix of storage, which is for our own services, and of the renderer, which has probes only."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from contracts.states import Format, content_type
from dev.sample.people import DELCOURT
from services.renderer.app import make_app as make_renderer
from services.renderer.limits import Limits
from services.renderer.settings import RendererSettings
from services.storage.app import make_app as make_storage
from services.storage.settings import StorageSettings
from tests.integration.authorisation.asgi import Answer, ask
from tests.integration.authorisation.subjects import Headers
from tests.integration.gateway.harness import TOKEN, token_of
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

NO_BROKER = "amqp://127.0.0.1:1/"
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "BREW")
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
CONTENT = b"%PDF-1.7 rapport"
SHA256 = hashlib.sha256(CONTENT).hexdigest()

RIGHTS: Mapping[tuple[str, str], int] = {
    ("PUT", "/exports/{export_id}/file"): 201,
    ("GET", "/files/{export_id}/{sha256}"): 200,
    ("HEAD", "/files/{export_id}/{sha256}"): 200,
    ("GET", "/files/{export_id}/{sha256}/address"): 400,  # for how long was not said
    ("HEAD", "/files/{export_id}/{sha256}/address"): 400,
    ("DELETE", "/files/{export_id}/{sha256}"): 204,
}
"""The answer to those who may, about a file that is there."""

BLOB_RIGHTS: Mapping[tuple[str, str], int] = {
    ("PUT", "/blobs/{kind}/{digest}"): 201,
    ("GET", "/blobs/{kind}/{digest}"): 200,
    ("HEAD", "/blobs/{kind}/{digest}"): 200,
    ("POST", "/blobs/results"): 400,  # no keys were listed
}
"""The same about a blob, in this order."""

STRANGERS: Mapping[str, Headers] = {
    "nobody": (),
    "wrong token": (("Authorization", f"Bearer {TOKEN[:-1]}"),),
    "longer token": (("Authorization", f"Bearer {TOKEN}x"),),
    "no token": (("Authorization", "Bearer "),),
    "another scheme": (("Authorization", f"Basic {TOKEN}"),),
    "token twice": (("Authorization", f"Bearer {TOKEN}"),) * 2,
    "token as a cookie": (("Cookie", f"token={TOKEN}"),),
    "teacher's browser": (("Cookie", f"next-auth.session-token={token_of(DELCOURT)}"),),
    "teacher's program": (("Authorization", f"Bearer {token_of(DELCOURT)}"),),
    "service": (("Authorization", "Bearer cxt_" + "a" * 43),),
}
OURS: Mapping[str, tuple[Headers, frozenset[str]]] = {
    "internal token": ((("Authorization", f"Bearer {TOKEN}"),), frozenset({"PUT", "GET", "HEAD", "DELETE"})),
}
"""Our own services, and the methods that they may use."""


@dataclass
class Storage:
    """A storage in this process, over a real database and folder."""

    app: Starlette

    async def ask(self, method: str, path: str, headers: Headers, export_id: UUID, sha256: str = SHA256) -> Answer:
        """Send a request about an export's file, with all that storage needs to know of it."""
        described = (
            ("Content-Type", content_type(Format.PDF)),
            ("X-Institution-Id", "school"),
            ("X-Exam-Id", "exam"),
            ("X-Requested-By", "teacher"),
            ("X-Filename", "Rapport.pdf"),
        )
        target = path.format(export_id=export_id, sha256=sha256, kind="content", digest=sha256)
        return await ask(self.app, {}, method, target, (*headers, *described), CONTENT)

    async def stored(self) -> UUID:
        """The id of an export whose file is there."""
        export_id = uuid4()
        answer = await self.ask("PUT", "/exports/{export_id}/file", OURS["internal token"][0], export_id)
        assert answer.status == 201, answer.body
        return export_id


@pytest.fixture
async def storage(database_url: str, tmp_path: Path, namespace: str) -> AsyncIterator[Storage]:
    """A storage that has no broker."""
    settings = StorageSettings(
        amqp_url=NO_BROKER,
        internal_token=TOKEN,
        broker_namespace=namespace,
        database_url=database_url,
        storage_root=tmp_path.as_uri(),
    )
    app = await make_storage(settings)
    async with app.router.lifespan_context(app):
        yield Storage(app)


def routed(app: Starlette) -> set[tuple[str, str]]:
    """Every method and address of a route table."""
    assert all(isinstance(route, Route) for route in app.routes)
    return {
        (method, route.path) for route in app.routes if isinstance(route, Route) for method in (route.methods or set())
    }


def probes() -> set[tuple[str, str]]:
    return {(method, path) for method in ("GET", "HEAD") for path in PROBES}


async def test_storage_is_for_our_own_services_only(storage: Storage) -> None:
    assert routed(storage.app) == RIGHTS.keys() | BLOB_RIGHTS.keys() | probes()
    kept = await storage.stored()
    cells = 0
    for path in {path for _, path in (*RIGHTS, *BLOB_RIGHTS)}:
        for method in METHODS:
            for name, headers in STRANGERS.items():
                answers = [await storage.ask(method, path, headers, each) for each in (kept, uuid4())]
                cells += 2
                assert {answer.status for answer in answers} == {401}, (method, path, name)
                assert answers[0] == answers[1], (method, path, name)
    assert (await storage.ask("GET", "/files/{export_id}/{sha256}", OURS["internal token"][0], kept)).body == CONTENT
    assert cells == 2 * len(METHODS) * len(STRANGERS) * 5


async def test_each_of_our_services_may_what_its_token_says(storage: Storage) -> None:
    for name, (headers, methods) in OURS.items():
        for (method, path), answer in RIGHTS.items():
            kept = uuid4() if method == "PUT" else await storage.stored()
            wanted = answer if method in methods else 403
            assert (await storage.ask(method, path, headers, kept)).status == wanted, (method, path, name)
            if method == "PUT":
                continue
            for export_id, sha256 in ((uuid4(), SHA256), (kept, "0" * 64), (kept, "..")):
                wanted = 404 if method in methods else 403
                absent = await storage.ask(method, path, headers, export_id, sha256)
                assert absent.status == wanted, (method, path, name, sha256)


async def test_our_services_share_blobs(storage: Storage) -> None:
    headers, _ = OURS["internal token"]
    for (method, path), answer in BLOB_RIGHTS.items():
        assert (await storage.ask(method, path, headers, uuid4())).status == answer, (method, path)
    for method in set(METHODS) - {method for method, _ in BLOB_RIGHTS} | {"DELETE", "PATCH"}:
        assert (await storage.ask(method, "/blobs/{kind}/{digest}", headers, uuid4())).status in (403, 405), method


async def test_probes_are_open_and_know_no_other_method(storage: Storage) -> None:
    async def is_ready() -> bool:
        return (await ask(storage.app, {}, "GET", "/readyz")).status == 200

    await wait_until(is_ready)
    for path in PROBES:
        for method in METHODS:
            for headers in ((), OURS["internal token"][0]):
                answer = await ask(storage.app, {}, method, path, headers)
                assert answer.status == (200 if method in {"GET", "HEAD"} else 405), (method, path)


async def test_a_renderer_has_probes_only(correcta_database_url: str, tmp_path: Path) -> None:
    settings = RendererSettings(
        amqp_url=NO_BROKER,
        internal_token=TOKEN,
        correcta_database_url=correcta_database_url,
        storage_url="http://127.0.0.1:9",
        work_folder=tmp_path,
    )
    app = await make_renderer(settings, Limits())
    assert routed(app) == probes()
    for path in ("/", "/exports", "/files", "/openapi.json"):
        for method in METHODS:
            assert (await ask(app, {}, method, path)).status == 404
