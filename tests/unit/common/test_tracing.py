"""A caller's trace goes on through us, whether or not we record anything."""

import httpx2
from opentelemetry.trace import SpanKind

from services.common.tracing import carry, following

TRACE = "0af7651916cd43dd8448eb211c80319c"
SENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}


async def test_without_a_collector_a_callers_trace_goes_on_and_nothing_is_recorded() -> None:
    request = httpx2.Request("GET", "http://storage/files")
    with following(SENT, "export render", SpanKind.CONSUMER) as span:
        await carry(request)
        assert not span.is_recording()
    assert request.headers["traceparent"].split("-")[1] == TRACE


async def test_outside_the_block_there_is_no_trace() -> None:
    with following(SENT, "export render", SpanKind.CONSUMER):
        pass
    request = httpx2.Request("GET", "http://storage/files")
    await carry(request)
    assert "traceparent" not in request.headers
