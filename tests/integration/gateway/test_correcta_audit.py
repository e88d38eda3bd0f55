"""Correcta's own audit log: written where the gateway may, never in an export's way."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from contracts.topology import Topology
from dev.sample.people import DELCOURT, VAUCLAIR
from dev.stack import accounts
from services.gateway.settings import GatewaySettings
from tests.integration.gateway.harness import running_gateway
from tests.integration.gateway.requests import BASE, EXAM, start
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

ROWS = 'SELECT * FROM "AuditLog" WHERE "metadata" ->> \'jobId\' = ANY($1::text[]) ORDER BY "createdAt", "action"'


async def test_an_export_is_noted_once_for_correctas_pages(
    settings: Callable[..., GatewaySettings],
    sock: Any,
    storage_url: str,
    topology: Topology,
    amqp_url: str,
    correcta_database_url: str,
) -> None:
    await accounts.run(correcta_database_url, "correcta_audit.sql")
    async with running_gateway(settings(correcta_audit=True), sock, storage_url, topology, amqp_url) as harness:
        teacher = harness.browser()
        headers = {"Idempotency-Key": "once"}
        jobs = [await start(teacher, kind, headers=headers if kind == "pdf" else {}) for kind in ("pdf", "xlsx", "pdf")]
        link = await asyncpg.connect(correcta_database_url)
        try:

            async def both() -> list[asyncpg.Record] | None:
                found = await link.fetch(ROWS, jobs)
                return found if len(found) >= 2 else None

            found = await wait_until(both)
            assert found is not None
            assert sorted(row["action"] for row in found) == ["EXPORT_CSV", "EXPORT_PDF"]
            for row in found:
                assert (row["actorId"], row["institutionId"]) == (DELCOURT.id, VAUCLAIR.id)
                assert (row["targetType"], row["targetId"], row["ipAddress"]) == ("EXAM", EXAM, "127.0.0.1")
                assert json.loads(row["metadata"]).keys() == {"jobId", "format"}
        finally:
            await link.close()


async def test_without_the_grant_exports_begin_all_the_same(
    settings: Callable[..., GatewaySettings],
    sock: Any,
    storage_url: str,
    topology: Topology,
    amqp_url: str,
    correcta_database_url: str,
) -> None:
    async with running_gateway(settings(correcta_audit=True), sock, storage_url, topology, amqp_url) as harness:
        teacher = harness.browser()
        job = await start(teacher)
        assert (await teacher.get(f"{BASE}/status", params={"jobId": job})).json()["status"] == "queued"

        async def counted() -> bool:
            return 'gateway_correcta_audit_total{written="no"} 1.0' in (await teacher.get("/metrics")).text

        await wait_until(counted)
    link = await asyncpg.connect(correcta_database_url)
    assert await link.fetch(ROWS, [job]) == []
    await link.close()


async def test_it_is_off_unless_asked_for(harness: Any, correcta_database_url: str) -> None:
    job = await start(harness.browser())
    await asyncio.sleep(0)
    link = await asyncpg.connect(correcta_database_url)
    assert await link.fetch(ROWS, [job]) == []
    await link.close()
