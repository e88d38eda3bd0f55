"""No service's log tells a name, an answer, a mark of a person, a credential or an address, whatever goes wrong."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aio_pika
import asyncpg
import httpx2
import pytest
import pytest_asyncio

from contracts.envelope import PREFIX
from contracts.events import EVENT_TYPES
from contracts.topology import Exchange, Topology
from dev.chaos.cluster import Cluster
from services.gateway.identity import sessions
from tests.e2e.client import EXAM, ExportClient
from tests.e2e.clusters import client_of, rearm, running_cluster
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

CANARY = "Zqcanary"
"""A word that no program says of itself, in everything that people and strangers write."""

CLIENT = "203.0.113.77"
EVENT = re.compile(r'"event": "([a-z_.]+)"')

PEOPLE = f"""
UPDATE "User" SET "name" = 'Élève {CANARY} ' || "id", "email" = '{CANARY}.' || "id" || '@lycee.example'
WHERE "role" = 'STUDENT';
UPDATE "Exam" SET "title" = 'Contrôle {CANARY}\r\n' || chr(8238) || "title";
UPDATE "Class" SET "name" = '{CANARY} ' || "name";
UPDATE "AnswerSegment" SET "content" = "content" || ' {CANARY} $\\frac{{{CANARY}$ ![x](http://{CANARY}.example/x.png)';
UPDATE "Grade" SET "feedback" = '{CANARY} $\\undefined{{{CANARY}}}$' WHERE "feedback" IS NOT NULL;
"""


TALKATIVE = {"LOG_LEVEL": "DEBUG", "SIGNATURES": "accept"}
"""Everything is logged, and messages without a signature are read before they are refused."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(private_folder: Path) -> AsyncIterator[Cluster]:
    settings = dict.fromkeys(("gateway", "renderer", "storage"), TALKATIVE)
    async with running_cluster(private_folder / "privacy", settings, gateways=1, renderers=1, storages=1) as running:
        yield running


async def hostile_requests(cluster: Cluster, client: ExportClient) -> None:
    """What strangers and broken clients send to gateway and storage."""
    base = f"/api/exams/{EXAM}/export"
    headers = {"X-Forwarded-For": CLIENT, "User-Agent": CANARY, "Referer": f"https://{CANARY}.example/"}
    bodies = (f'{{"options": {{"{CANARY}": 1}}}}', f'{{"classIds": ["{CANARY}"]}}', f"{{{CANARY}", f'"{CANARY}"')
    for body in bodies:
        await client.http.post(f"{base}/pdf", content=body, headers=headers | {"Content-Type": "application/json"})
    await client.http.post(f"{base}/pdf", json={}, headers=headers | {"Idempotency-Key": CANARY * 100})
    for path in (f"status?jobId={CANARY}", f"download/{CANARY}.pdf", f"csv?classId={CANARY}", f"events?jobId={CANARY}"):
        await client.http.get(f"{base}/{path}", headers=headers | {"Range": f"bytes={CANARY}"})
    await client.http.get(f"/api/exams/{CANARY}/export/jobs", headers=headers)
    async with httpx2.AsyncClient(base_url=client.http.base_url, trust_env=False) as nobody:
        for value in (f"Basic {CANARY}", f"Bearer {CANARY}", f"Bearer cxt_{CANARY}"):
            await nobody.get("/api/exports", headers=headers | {"Authorization": value})
        await nobody.get("/api/exports", headers=headers | {"Cookie": f"{sessions.COOKIE}={CANARY}"})
    storage = next(service.url for name, service in cluster.services.items() if name.startswith("storage"))
    async with httpx2.AsyncClient(base_url=storage, trust_env=False) as nobody:
        await nobody.put(f"/exports/{CANARY}/file", content=CANARY, headers={"X-Filename": CANARY})
        await nobody.get(f"/files/{CANARY}/{CANARY}", headers={"Authorization": f"Bearer {CANARY}"})


async def hostile_messages(cluster: Cluster) -> None:
    """What somebody publishes who may write to every exchange."""
    topology = Topology(cluster.servers.namespace)
    async with await aio_pika.connect(cluster.rabbit.url) as connection, connection.channel() as channel:
        for exchange in Exchange:
            to = await channel.get_exchange(topology.exchange(exchange))
            for kind in (*EVENT_TYPES, CANARY):
                wrong = json.dumps({"exportId": CANARY, "institutionId": CANARY, CANARY: CANARY})
                for told, body in ((kind, CANARY), (kind, wrong), (f"{kind} {CANARY}", wrong)):
                    headers: Any = {f"{PREFIX}type": told, f"{PREFIX}subject": CANARY, f"{PREFIX}id": CANARY}
                    message = aio_pika.Message(body.encode(), headers=headers, message_id=CANARY)
                    await to.publish(message, routing_key=kind, mandatory=False)


def lines(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Every line that a service has logged, with its name."""
    for name in cluster.services:
        for line in (cluster.folder / "logs" / f"{name}.log").read_text("utf-8").splitlines():
            yield name, line


def secrets_of(cluster: Cluster) -> Iterator[str]:
    """Keys, tokens and passwords in the environment of the services."""
    for service in cluster.services.values():
        for name, value in (service.process.env or {}).items():
            if name.endswith(("_KEY", "_SECRET", "_TOKEN")):
                yield value
            elif name.endswith("_URL") and (password := urlsplit(value).password):
                yield password


async def test_logs_tell_no_personal_datum(cluster: Cluster) -> None:
    link = await asyncpg.connect(cluster.servers.correcta_database_url)
    try:
        await link.execute(PEOPLE)
        copy = await link.fetchval('SELECT "id" FROM "Attempt" WHERE "examId" = $1 ORDER BY "id" LIMIT 1', EXAM)
    finally:
        await link.close()
    await asyncio.gather(
        rearm(cluster, "renderer-1", f"render.loaded:raise:once,worker.copy@{copy}:kill"),
        rearm(cluster, "storage-1", "deposit.received:raise=ENOSPC:once"),
    )
    async with client_of(cluster) as client:
        token = client.http.cookies[sessions.COOKIE]
        jobs = [await client.start(kind) for kind in ("pdf", "zip", "csv", "xlsx")]
        await hostile_requests(cluster, client)
        await hostile_messages(cluster)
        ended = [await client.ended(job, 90) for job in jobs]
        assert {status["status"] for status in ended} == {"completed"}
        assert CANARY in ended[0]["result"]["filename"]
        for status in ended:
            assert (await client.http.get(status["result"]["downloadUrl"])).status_code == 200
        await asyncio.to_thread(cluster.postgres.stop)
        assert (await client.get("jobs")).status_code == 503
        await asyncio.to_thread(cluster.postgres.start)
        await wait_until(lambda: _answers(client))
    told = list(lines(cluster))
    assert {name.split("-")[0] for name, _ in told} >= {"gateway", "renderer", "storage"}
    events = {match[1] for _, line in told if (match := EVENT.search(line))}
    assert events >= {"message.refused", "request.refused", "copy.not_rendered", "request.unreadable"}
    assert events >= {"event.of_unknown_type", "export.attempt_crashed", "upload.again"}
    secret = (CANARY, CANARY.lower(), CLIENT, token, *secrets_of(cluster))
    assert [(name, line[:500]) for name, line in told if any(each in line for each in secret)] == []


async def _answers(client: ExportClient) -> bool:
    return (await client.get("jobs")).status_code == 200
