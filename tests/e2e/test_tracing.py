"""One export is one trace, from the teacher's request over the broker to the file in storage."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from dev.sample import people
from dev.sample.subjects.mathematiques import MATHEMATIQUES as EXAM
from dev.stack.services import Plan, Servers, Stack
from dev.teacher import Teacher
from tests.databases import MakeServers
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

Seen = set[tuple[str, str, bytes]]
"""Service, span, trace."""


@contextmanager
def otlp_collector() -> Iterator[tuple[str, Seen]]:
    """An OTLP collector: its address, and the spans it was sent."""
    seen: Seen = set()

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
            for resource in body.resource_spans:
                names = [each.value.string_value for each in resource.resource.attributes if each.key == "service.name"]
                spans = [span for scope in resource.scope_spans for span in scope.spans]
                seen.update((names[0], span.name, span.trace_id) for span in spans if self.path == "/v1/traces")
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
            assert list(teacher.follow(EXAM.id, job))[-1].type == "completed"

            def of_the_export() -> set[tuple[str, str]]:
                (trace,) = {trace for _, name, trace in seen if name == "POST start_csv"} or {b""}
                return {(service, name) for service, name, its_trace in seen if its_trace == trace}

            wanted = {
                ("correcta-exports-gateway", "POST start_csv"),
                ("correcta-exports-renderer", "export render"),
                ("correcta-exports-storage", "PUT /exports/{export_id}/file"),
            }
            await wait_until(lambda: wanted <= of_the_export(), 20)
        assert not any("healthz" in name or "readyz" in name for _, name, _ in seen)
