"""One export is one trace, from the teacher's request over the broker to the file in storage and the news of it, and
its story is read from the logs of all services by its id.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from dev.sample import people
from dev.sample.subjects.mathematiques import MATHEMATIQUES as EXAM
from dev.stack.services import Plan, Servers, Stack
from dev.teacher import Teacher
from services.common.tracing import EXPORT
from tests.databases import MakeServers
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

SPANS = {
    ("gateway", "POST start_csv"),
    ("gateway", "publish export.requested.v1"),
    ("renderer", "export render"),
    ("storage", "PUT /exports/{export_id}/file"),
    ("gateway", "apply outcome"),
    ("gateway", "publish export.completed.v1"),
}
STORY = [
    ("gateway", "export.requested"),
    ("gateway", "event.published"),  # the request, to renderers
    ("gateway", "event.published"),  # and as a fact, to everybody
    ("renderer", "export.attempt_begun"),
    ("gateway", "event.published"),  # that it has begun
    ("storage", "deposit.stored"),
    ("renderer", "export.attempt_ended"),
    ("gateway", "outcome"),
    ("gateway", "event.published"),
    ("gateway", "file.sent"),
    ("gateway", "event.published"),  # that it was downloaded
]
"""Every line that names an export of which nothing went wrong."""


@dataclass(frozen=True)
class SeenSpan:
    """One span, as a collector is told."""

    service: str
    name: str
    trace_id: str
    export: str | None


Seen = list[SeenSpan]


def _seen(service: str, span: Span) -> SeenSpan:
    exports = [each.value.string_value for each in span.attributes if each.key == EXPORT]
    return SeenSpan(service, span.name, span.trace_id.hex(), exports[0] if exports else None)


@contextmanager
def otlp_collector() -> Iterator[tuple[str, Seen]]:
    """An OTLP collector: its address, and the spans it was sent."""
    seen: Seen = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
            for resource in body.resource_spans:
                names = [each.value.string_value for each in resource.resource.attributes if each.key == "service.name"]
                spans = [span for scope in resource.scope_spans for span in scope.spans]
                seen.extend(_seen(names[0], span) for span in spans if self.path == "/v1/traces")
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()


@pytest.fixture
def own_servers(make_servers: MakeServers) -> Iterator[Servers]:
    """Servers that no other stack connects to: another renderer would take the request."""
    with make_servers("traced") as made:
        yield made


async def test_an_export_is_one_trace_through_all_services(own_servers: Servers, private_folder: Path) -> None:
    with otlp_collector() as (url, seen):
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        plan = Plan(settings=dict.fromkeys(("gateway", "renderer", "storage"), settings))
        with (
            Stack(private_folder / "traced", own_servers, plan) as stack,
            Teacher(stack.url, people.OKONKWO, stack.session_secret) as teacher,
        ):
            job = teacher.start(EXAM.id, "csv")
            *_, end = teacher.follow(EXAM.id, job)
            teacher.download(end.data["result"], private_folder / "traced.csv")

            def of_the_export() -> set[tuple[str, str]]:
                of_start = [span.trace_id for span in seen if span.name == "POST start_csv"] or [""]
                return {
                    (span.service.removeprefix("correcta-exports-"), span.name)
                    for span in seen
                    if span.trace_id == of_start[0] and span.export == job
                }

            await wait_until(lambda: of_the_export() >= SPANS, 20)
            (trace_id,) = {span.trace_id for span in seen if span.name == "POST start_csv"}
            lines = [line for path in (stack.folder / "logs").glob("*.log") for line in _lines(path)]
        assert not any("healthz" in span.name or "readyz" in span.name for span in seen)
    story = [line for line in lines if line.get("export") == job]
    told = [(line["service"], line["event"]) for line in sorted(story, key=lambda line: line["time"])]
    assert sorted(told) == sorted(STORY), told
    of_trace = {line["event"] for line in story if line["trace_id"] == trace_id}
    assert of_trace == {event for _, event in STORY} - {"file.sent"}, "a download is a request of its own"


def _lines(path: Path) -> list[dict[str, Any]]:
    """Every line of a log, each of which is a JSON object."""
    return [json.loads(line) for line in path.read_text().splitlines()]
