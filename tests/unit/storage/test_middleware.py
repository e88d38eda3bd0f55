import httpx2
import pytest
from opentelemetry.trace import get_current_span
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from services.storage.middleware import BearerToken, RequestSpans
from services.storage.settings import DELETE, GET, PUT

TRACE = "0af7651916cd43dd8448eb211c80319c"
TOKEN = "internal-token-of-the-tests"
GRANTS = {TOKEN: PUT | GET | DELETE, "puts": PUT, "gets": GET, "both": PUT | GET}


async def _trace_id(_: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{get_current_span().get_span_context().trace_id:032x}")


def _client(middleware: Middleware, headers: dict[str, str]) -> httpx2.AsyncClient:
    methods = ["GET", "PUT", "DELETE", "POST"]
    app = Starlette(
        routes=[Route(path, _trace_id, methods=methods) for path in ("/files", "/healthz")], middleware=[middleware]
    )
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://storage", headers=headers)


async def test_a_request_belongs_to_its_callers_trace_and_a_probe_to_none() -> None:
    async with _client(Middleware(RequestSpans), {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}) as client:
        assert (await client.get("/files")).text == TRACE
        assert (await client.get("/healthz")).text == "0" * 32


@pytest.mark.parametrize(
    ("authorization", "status"),
    [(f"Bearer {TOKEN}", 200), (f"Bearer {TOKEN}x", 401), (f"bearer {TOKEN}", 401), (TOKEN, 401), ("", 401)],
)
async def test_only_a_token_opens_and_probes_need_none(authorization: str, status: int) -> None:
    async with _client(Middleware(BearerToken, grants=GRANTS), {"authorization": authorization}) as client:
        assert (await client.get("/files")).status_code == status
        assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("token", "allowed"),
    [("puts", {"PUT"}), ("gets", {"GET", "HEAD"}), ("both", {"PUT", "GET", "HEAD"})],
)
async def test_a_token_is_good_for_its_methods_only(token: str, allowed: set[str]) -> None:
    async with _client(Middleware(BearerToken, grants=GRANTS), {"authorization": f"Bearer {token}"}) as client:
        for method in ("GET", "HEAD", "PUT", "DELETE", "POST"):
            answer = await client.request(method, "/files")
            assert answer.status_code == (200 if method in allowed else 403), method
            if answer.status_code == 403 and method != "HEAD":
                assert answer.json()["code"] == "forbidden"


async def test_a_method_that_no_token_is_good_for_is_refused_to_all() -> None:
    async with _client(Middleware(BearerToken, grants={"puts": PUT}), {"authorization": "Bearer puts"}) as client:
        assert (await client.delete("/files")).status_code == 403


async def test_two_tokens_in_one_request_are_none() -> None:
    async with _client(Middleware(BearerToken, grants=GRANTS), {}) as client:
        twice = [("authorization", f"Bearer {TOKEN}"), ("authorization", f"Bearer {TOKEN}")]
        assert (await client.get("/files", headers=twice)).status_code == 401
