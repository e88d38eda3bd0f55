"""OpenTelemetry spans, sent to a collector (OTLP over HTTP) where one is named. A caller's trace context is passed on
either way.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2
from opentelemetry import context, propagate, trace
from opentelemetry.trace import Span, SpanKind

SEND_SECONDS = 3.0
"""How long a collector that doesn't answer may hold up an exit."""

tracer = trace.get_tracer("correcta-exports")


def configure(service: str, endpoint: str | None) -> None:
    """Send this process's spans to a collector, if there is one. Once, before the first span."""
    if endpoint is None:
        return
    # Loaded where it is used only: it brings an HTTP client of its own.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"correcta-exports-{service}"}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=SEND_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def stop() -> None:
    """Send what is not sent yet."""
    shutdown = getattr(trace.get_tracer_provider(), "shutdown", None)
    if shutdown is not None:
        shutdown()


@contextmanager
def following(carrier: Mapping[str, Any], name: str, kind: SpanKind) -> Iterator[Span]:
    """A span in the trace of whoever sent these headers; what is sent from the block belongs to it too."""
    token = context.attach(propagate.extract(carrier))
    try:
        with tracer.start_as_current_span(name, kind=kind) as span:
            yield span
    finally:
        context.detach(token)


async def carry(request: httpx2.Request) -> None:
    """An httpx2 hook: the request belongs to the trace of what asks it."""
    propagate.inject(request.headers)
