"""A caller's trace goes on through us, whether or not we record anything."""

import httpx
from opentelemetry.trace import SpanKind, get_current_span
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from services.common.tracing import Traced, carry, following

TRACE = "0af7651916cd43dd8448eb211c80319c"
SENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}


async def test_without_a_collector_a_callers_trace_goes_on_and_nothing_is_recorded() -> None:
    request = httpx.Request("GET", "http://storage/files")
    with following(SENT, "export render", SpanKind.CONSUMER) as span:
        await carry(request)
        assert not span.is_recording()
    assert request.headers["traceparent"].split("-")[1] == TRACE


async def test_outside_the_block_there_is_no_trace() -> None:
    with following(SENT, "export render", SpanKind.CONSUMER):
        pass
    request = httpx.Request("GET", "http://storage/files")
    await carry(request)
    assert "traceparent" not in request.headers


async def test_a_request_belongs_to_its_callers_trace_and_a_probe_to_none() -> None:
    async def told(_: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{get_current_span().get_span_context().trace_id:032x}")

    app = Starlette(routes=[Route("/files", told), Route("/healthz", told)], middleware=[Middleware(Traced)])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://storage", headers=SENT) as client:
        assert (await client.get("/files")).text == TRACE
        assert (await client.get("/healthz")).text == "0" * 32
