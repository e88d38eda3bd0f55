"""An upload is repeated until the file is stored whole, or for as long as it is worth it."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from services.renderer.errors import RendererError, StorageFull, StorageRefused, StorageUnavailable
from services.renderer.export.render import Artifact
from services.renderer.messaging.storage_client import RetryBudget, StorageClient
from tests.builders import AS_OF, an_export_requested

BODY = b"a finished document " * 200_000
NAME = "Rapport - Été, 100 %.pdf"
REQUEST = an_export_requested(requested_by="prof/é")


class FakeStorage:
    """Storage that answers as a test says, last of all as it should."""

    def __init__(self, *answers: int | Callable[[Request], Response]) -> None:
        self.answers = list(answers)
        self.seen: list[Request] = []
        self.bodies: list[bytes] = []

    async def put(self, request: Request) -> Response:
        self.seen.append(request)
        self.bodies.append(await request.body())
        answer = self.answers.pop(0) if self.answers else self.stored
        return Response(status_code=answer) if isinstance(answer, int) else answer(request)

    def stored(self, request: Request, **changes: Any) -> Response:
        sha256 = hashlib.sha256(self.bodies[-1]).hexdigest()
        told = {"key": "k", "size": len(self.bodies[-1]), "sha256": sha256, "expiresAt": "2026-01-20T11:00:00Z"}
        return JSONResponse(told | changes, status_code=201)

    def storage(self) -> StorageClient:
        app = Starlette(routes=[Route("/exports/{id}/file", self.put, methods=["PUT"])])
        return StorageClient(
            "http://storage", "secret", RetryBudget(away=1.5, full=0.6), transport=httpx2.ASGITransport(app=app)
        )


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    path = tmp_path / "export.pdf"
    path.write_bytes(BODY)
    return Artifact(path, NAME, "application/pdf", len(BODY), hashlib.sha256(BODY).hexdigest(), 7, 2, AS_OF, ())


async def test_the_file_arrives_whole_with_what_storage_must_know(artifact: Artifact) -> None:
    fake, shares = FakeStorage(), list[float]()
    file = await fake.storage().store(REQUEST, artifact, shares.append)
    assert fake.bodies == [BODY]
    assert (file.size, file.sha256, file.pages) == (len(BODY), hashlib.sha256(BODY).hexdigest(), 7)
    assert (file.key, file.filename) == ("k", NAME)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) == 4
    headers = fake.seen[0].headers
    assert headers["authorization"] == "Bearer secret"
    assert headers["content-length"] == str(len(BODY))
    assert unquote(headers["x-filename"]) == NAME
    assert unquote(headers["x-requested-by"]) == "prof/é"
    assert fake.seen[0].url.path == f"/exports/{REQUEST.export_id}/file"


@pytest.mark.parametrize("answers", [(503,), (500, 422), (507,), (408, 429)])
async def test_it_is_repeated(artifact: Artifact, answers: tuple[int, ...]) -> None:
    fake = FakeStorage(*answers)
    await fake.storage().store(REQUEST, artifact, lambda _: None)
    assert fake.bodies == [BODY] * (len(answers) + 1)


@pytest.mark.parametrize(
    ("status", "error"), [(503, StorageUnavailable), (507, StorageFull), (401, StorageUnavailable)]
)
async def test_it_is_given_up_in_time(artifact: Artifact, status: int, error: type[RendererError]) -> None:
    with pytest.raises(error):
        await FakeStorage(*[status] * 100).storage().store(REQUEST, artifact, lambda _: None)


async def test_an_export_whose_files_belong_to_somebody_else_is_given_up_at_once(artifact: Artifact) -> None:
    fake = FakeStorage(409)
    with pytest.raises(StorageRefused) as error:
        await fake.storage().store(REQUEST, artifact, lambda _: None)
    assert error.value.permanent
    assert len(fake.bodies) == 1


@pytest.mark.parametrize("changes", [{"sha256": "00" * 32}, {"size": 3}])
async def test_a_file_that_did_not_arrive_whole_is_sent_again(artifact: Artifact, changes: dict[str, Any]) -> None:
    fake = FakeStorage()
    fake.answers = [lambda request: fake.stored(request, **changes)]
    await fake.storage().store(REQUEST, artifact, lambda _: None)
    assert len(fake.bodies) == 2


async def test_an_answer_from_something_else_is_not_believed(artifact: Artifact) -> None:
    fake = FakeStorage(lambda _: PlainTextResponse("welcome"))
    await fake.storage().store(REQUEST, artifact, lambda _: None)
    assert len(fake.bodies) == 2


async def test_a_storage_that_is_away(artifact: Artifact) -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    transport = httpx2.MockTransport(refuse)
    storage = StorageClient("http://storage", "secret", RetryBudget(away=0.3), transport=transport)
    with pytest.raises(StorageUnavailable):
        await storage.store(REQUEST, artifact, lambda _: None)
    await storage.close()
