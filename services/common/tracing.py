"""OpenTelemetry spans, sent to a collector (OTLP over HTTP) where one is named, and the ids that spans and log lines
have in common: a trace's, which is in every line, and an export's, by which its whole story is found.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import UUID

import httpx2
import structlog
from opentelemetry import context, propagate, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span, SpanKind

from contracts import VERSION
from contracts.envelope import subject

SEND_SECONDS = 3.0
"""How long a collector that doesn't answer may hold up an exit."""

EXPORT = "correcta.export.id"
"""The attribute of a span that names its export."""

tracer = trace.get_tracer("correcta-exports")


def configure(service: str, endpoint: str | None) -> None:
    """Give this process's spans ids, and send them to a collector, if there is one. Once, before the first span."""
    provider = TracerProvider(
        resource=Resource.create({"service.name": f"correcta-exports-{service}", "service.version": VERSION})
    )
    if endpoint is not None:
        # Loaded where it is used only: it brings an HTTP client of its own.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

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


def current_trace() -> str | None:
    """The id of the trace that is under way, as collectors write it: 32 hex digits."""
    span = trace.get_current_span().get_span_context()
    return trace.format_trace_id(span.trace_id) if span.is_valid else None


@contextmanager
def of_export(export_id: UUID) -> Iterator[None]:
    """The current span and the log lines of the block name an export."""
    trace.get_current_span().set_attribute(EXPORT, str(export_id))
    with structlog.contextvars.bound_contextvars(export=str(export_id)):
        yield


@contextmanager
def handling(headers: Mapping[str, Any], name: str) -> Iterator[None]:
    """A span of the handling of a message, in its sender's trace; it and the log lines of the block name the export
    that the message says it is about.
    """
    with following(headers, name, SpanKind.CONSUMER), ExitStack() as held:
        if (export_id := subject(headers)) is not None:
            held.enter_context(of_export(export_id))
        yield


async def carry(request: httpx2.Request) -> None:
    """An httpx2 hook: the request belongs to the trace of what asks it."""
    propagate.inject(request.headers)
