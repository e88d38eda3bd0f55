"""Requests that mean two things, nothing, or more than anybody asked for: each ends as an error, with no effect."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from contracts.states import Format
from contracts.topology import Topology
from dev.sample.people import DELCOURT, MARCHETTI
from services.common.http.proxies import parse_networks
from services.gateway.settings import GatewaySettings
from tests.integration.gateway.harness import Harness, running_gateway, token_of
from tests.integration.gateway.requests import BASE, problem, reached, start
from tests.serving import Peer, connected
from tests.serving import request as raw

pytestmark = pytest.mark.integration

Gateway = Callable[..., AbstractAsyncContextManager[Harness]]


@pytest.fixture
def gateway(
    settings: Callable[..., GatewaySettings], sock: Any, storage_url: str, topology: Topology, amqp_url: str
) -> Gateway:
    """A gateway with settings of the test's."""

    def made(**overrides: Any) -> AbstractAsyncContextManager[Harness]:
        return running_gateway(settings(**overrides), sock, storage_url, topology, amqp_url)

    return made


def exports(pool: asyncpg.Pool) -> Any:
    return pool.fetchval("SELECT count(*) FROM exports.export")


async def asked(harness: Harness, line: str, *headers: str, body: bytes = b"") -> int:
    """The status of a request of a teacher's program, whose bytes the test writes itself."""
    credentials = f"Authorization: Bearer {token_of(DELCOURT)}"
    async with connected(urlsplit(harness.url).port or 0) as peer:
        await peer.send(
            raw(line, credentials, *headers, f"Content-Length: {len(body)}", "Connection: close", body=body)
        )
        found, _, content = await answered(peer)
        assert found < 500, content
        return found


async def answered(peer: Peer) -> tuple[int, bytes, bytes]:
    head, _, content = (await peer.closed()).partition(b"\r\n\r\n")
    return int(head.split()[1]), head, content


async def test_ranges_of_other_digits_are_no_ranges(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    await harness.complete(job, b"0123456789", "r.pdf")
    url = (await reached(teacher, job, "completed"))["result"]["downloadUrl"]
    assert await asked(harness, f"GET {url}", "Range: bytes=2-3") == 206
    for value in ("bytes=\u00b2-3", "bytes=0-\u00b9", "\xff", "bytes=1-2\u00a0", "bytes=" + "9" * 5000 + "-"):
        assert await asked(harness, f"GET {url}", f"Range: {value}") in (200, 416)
    assert await asked(harness, f"GET {url}", "Range: bytes=2-3", 'If-Range: "\u00e9"') == 200
    assert await asked(harness, f"GET {url}", 'If-None-Match: "\u00e9"') == 200


async def test_ids_of_other_digits_are_nobodys_and_parameters_are_given_once(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    arabic = job.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    for route in ("status", "events"):
        for strange in (arabic, f"{{{job}}}", f"urn:uuid:{job}", job.replace("-", ""), f"{job} "):
            answer = await teacher.get(f"{BASE}/{route}", params={"jobId": strange})
            assert problem(answer) == (404, "export_not_found")
        answer = await teacher.get(f"{BASE}/{route}", params={"jobId": [job, job]})
        assert problem(answer) == (400, "repeated_parameter")
    assert problem(await teacher.delete(f"{BASE}/jobs/{arabic}")) == (404, "export_not_found")


AMBIGUOUS = (
    (b'{"classIds":["one"],"classIds":[]}', "duplicate_member"),
    (b'{"options":{"audience":"anonymous","audience":"jury"}}', "duplicate_member"),
    (b'{"classIds":["\\ud800"]}', "invalid_json"),
    (b'{"options":NaN}', "invalid_json"),
    (b"\xef\xbb\xbf{}", "invalid_json"),
    ("{}".encode("utf-16"), "invalid_json"),
    (b"[" * 60_000, "invalid_json"),
    (b'{"classIds":["\\u0000"]}', "class_not_found"),
    (b'{"options":{"duplex":1e400}}', "invalid_json"),
)


async def test_a_body_that_can_be_read_in_two_ways_begins_nothing(harness: Harness, pool: asyncpg.Pool) -> None:
    teacher = harness.browser()
    for body, code in AMBIGUOUS:
        status, found = problem(await teacher.post(f"{BASE}/pdf", content=body))
        assert (found, status < 500) == (code, True)
    assert await exports(pool) == 0


STRANGE = ("\u00b2", "\xff\xfe", "0" * 2000, "-1", "1e400", "NaN", '"', "%00", "\t", "\u00a0")
HEADERS = (
    "Range", "If-Range", "If-None-Match", "Idempotency-Key", "Last-Event-ID", "Accept-Language", "X-Export-States",
    "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Cookie", "Origin", "Referer", "Traceparent", "Tracestate",
    "Baggage", "Sec-Fetch-Site", "Sec-Purpose", "Content-Type", "Content-Encoding", "Accept", "X-Csrf-Token", "Via",
)  # fmt: skip


async def test_no_header_makes_the_gateway_fail(harness: Harness) -> None:
    job = await start(harness.browser())
    for line, status in (
        ("GET /api/exports", 200),
        (f"GET {BASE}/status?jobId={job}", 200),
        (f"GET {BASE}/download/none.pdf", 404),
        (f"HEAD {BASE}/csv", 403),
    ):
        for value in STRANGE:
            assert await asked(harness, line, *(f"{name}: {value}" for name in HEADERS)) == status
    for value in STRANGE:
        await asked(harness, f"POST {BASE}/csv", *(f"{name}: {value}" for name in HEADERS), body=b"{}")


async def test_no_address_makes_the_gateway_fail(harness: Harness) -> None:
    for value in ("%00", "%ff", "%ed%a0%80", "%d9%a3", "%c2%b2", "a" * 4000, "..%2f..", "%0d%0aX:%20y", "%F0%9F%98%80"):
        for line in (
            f"GET /api/exams/{value}/export/status?jobId={value}",
            f"GET {BASE}/status?jobId={value}",
            f"GET {BASE}/events?jobId={value}",
            f"GET {BASE}/download/{value}",
            f"GET {BASE}/jobs?lang={value}",
            f"HEAD /api/exams/{value}/export/csv?classId={value}",
            f"DELETE {BASE}/jobs/{value}",
            f"GET /dashboard/exams/{value}/grading",
            f"GET /static/{value}",
            f"GET /{value}",
        ):
            await asked(harness, line)


async def test_a_redirect_never_names_the_host_of_the_request(harness: Harness) -> None:
    answer = await harness.program().get("/api/exports/", headers={"Host": "elsewhere.example"})
    assert problem(answer) == (404, "not_found")


async def test_head_of_the_csv_link_begins_nothing(harness: Harness, pool: asyncpg.Pool) -> None:
    answer = await harness.browser().head(f"{BASE}/csv")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "content-length" not in answer.headers
    assert (await harness.browser(MARCHETTI).head(f"{BASE}/csv")).status_code == 404
    assert (await harness.nobody().head(f"{BASE}/csv")).status_code == 401
    assert await exports(pool) == 0


async def test_a_browser_that_looks_ahead_begins_nothing(harness: Harness, pool: asyncpg.Pool) -> None:
    teacher = harness.browser()
    for name, purpose in (
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("Sec-Purpose", "prefetch;anonymous-client-ip"),
        ("Purpose", "prefetch"),
        ("X-Purpose", "preview"),
        ("X-Moz", "prefetch"),
    ):
        answer = await teacher.get(f"{BASE}/csv", headers={name: purpose, "Sec-Fetch-Site": "same-origin"})
        assert problem(answer) == (503, "prefetch_refused")
        assert answer.headers["cache-control"] == "no-store"
    assert await exports(pool) == 0


async def test_a_page_of_another_site_begins_nothing(harness: Harness, pool: asyncpg.Pool) -> None:
    teacher = harness.browser()
    for site, (mode, dest) in product(
        ("cross-site", "same-site"), (("no-cors", "image"), ("cors", "empty"), ("navigate", "iframe"), ("", ""))
    ):
        embedded = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        assert problem(await teacher.get(f"{BASE}/csv", headers=embedded)) == (403, "csrf_refused")
    assert await exports(pool) == 0


async def test_a_link_to_the_csv_may_stand_anywhere(gateway: Gateway, pool: asyncpg.Pool) -> None:
    async with gateway(direct_download_seconds=0.01) as harness:
        for site in ("cross-site", "same-site", "same-origin", "none"):
            followed = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
            answer = await harness.browser().get(f"{BASE}/csv", headers=followed)
            assert problem(answer) == (503, "export_still_running")
        assert await exports(pool) == 1


async def test_starts_have_a_rate_and_polls_have_none(gateway: Gateway, pool: asyncpg.Pool) -> None:
    async with gateway(starts_per_minute_user=2, direct_download_seconds=0.01) as harness:
        teacher = harness.browser()
        job = await start(teacher)
        assert problem(await teacher.get(f"{BASE}/csv")) == (503, "export_still_running")
        for refused in (await teacher.post(f"{BASE}/zip", json={}), await teacher.get(f"{BASE}/csv")):
            assert problem(refused) == (429, "too_many_requests")
            assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert await exports(pool) == 2
        for _ in range(5):
            assert (await teacher.get(f"{BASE}/status", params={"jobId": job})).status_code == 200
            assert (await teacher.head(f"{BASE}/csv")).status_code == 200
        assert (await teacher.delete(f"{BASE}/jobs/{job}")).status_code == 200
        metrics = (await harness.nobody().get("/metrics")).text
        assert 'gateway_limited_total{action="start",scope="user"} 2.0' in metrics


async def test_the_audit_names_the_client_whom_a_trusted_proxy_names(gateway: Gateway, pool: asyncpg.Pool) -> None:
    async def address(harness: Harness, forwarded_for: str) -> Any:
        teacher = harness.browser()
        teacher.headers["X-Forwarded-For"] = forwarded_for
        job = await start(teacher, Format.CSV)
        sql = "SELECT ip_address FROM exports.audit WHERE export_id = $1"
        return await pool.fetchval(sql, job)

    async with gateway() as harness:
        assert await address(harness, "203.0.113.9, 198.51.100.1") == "198.51.100.1"
        assert await address(harness, "[::ffff:198.51.100.1]:4711, 127.0.0.1") == "198.51.100.1"
        assert await address(harness, "x" * 10_000) == "127.0.0.1"
        assert await address(harness, "'; DROP TABLE audit; --") == "127.0.0.1"


async def test_nobody_is_believed_where_nobody_is_trusted(gateway: Gateway, pool: asyncpg.Pool) -> None:
    async with gateway(trusted_proxies=parse_networks("none")) as harness:
        teacher = harness.browser()
        teacher.headers["X-Forwarded-For"] = "198.51.100.1"
        await start(teacher)
        assert await pool.fetchval("SELECT ip_address FROM exports.audit") == "127.0.0.1"
