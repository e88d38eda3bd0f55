"""Each dependency away, slow, full or forgotten; each service killed, frozen or restarted. Nobody does anything."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

import aio_pika
import psutil
import pytest
import pytest_asyncio
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue

from contracts.topology import DELIVERY_LIMIT, Topology
from dev.chaos.cluster import Cluster
from dev.chaos.faults import BROKER, DATABASE
from dev.chaos.proxy import Proxy
from dev.sample import people
from dev.sample.subjects.informatique import INFORMATIQUE
from dev.stack.programs import rabbitmq_server
from tests.e2e.client import ExportClient, Frame
from tests.e2e.clusters import (
    attempts_begun,
    client_of,
    fetch_value,
    log_lines,
    outbox_is_empty,
    rearm,
    run_renderers,
    running_cluster,
    wait_until_ready,
)
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(private_folder: Path) -> AsyncIterator[Cluster]:
    async with running_cluster(private_folder / "outages", gateways=2, renderers=2, storages=2) as running:
        yield running


async def test_without_a_broker_every_start_is_a_202_and_all_leave_within_ten_seconds_of_its_return(
    cluster: Cluster, client: ExportClient
) -> None:
    await asyncio.to_thread(cluster.rabbit.stop)
    jobs, slowest = [], 0.0
    for _ in range(10):
        begin = time.monotonic()
        jobs.append(await client.start())
        slowest = max(slowest, time.monotonic() - begin)
    assert slowest < 2
    assert (await client.http.get("/readyz")).json()["status"] == "degraded"
    await asyncio.to_thread(cluster.rabbit.start)
    await wait_until(lambda: outbox_is_empty(cluster), 10)
    for job in jobs:
        assert (await client.ended(job))["status"] == "completed"


async def test_without_a_database_every_answer_is_503_and_a_stream_catches_up_after_its_return(
    cluster: Cluster, client: ExportClient
) -> None:
    done = await client.ended(await client.start())
    job = await client.start("pdf")
    frames: list[Frame] = []
    following = asyncio.create_task(client.follow(job, frames))
    await wait_until(lambda: frames)
    await asyncio.to_thread(cluster.postgres.kill)
    for _ in range(5):
        answers = [
            await client.post(),
            await client.get("status", jobId=job),
            await client.get("events", jobId=job),
            await client.http.get(done["result"]["downloadUrl"]),
            await client.http.get("/api/exports"),
        ]
        assert {answer.status_code for answer in answers} == {503}
        assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
    assert await cluster.restart(DATABASE, "stop", 0)
    async with asyncio.timeout(60):
        await following
    heard = time.time()
    assert [event for _, event, _ in frames][-1] == "completed"
    ended: datetime = await fetch_value(cluster, "SELECT ended_at FROM exports.export WHERE id = $1", UUID(job))
    assert heard - ended.timestamp() < 5
    assert frames[-1][2]["attempt"] == 1


async def test_with_storage_away_a_document_is_made_once_and_sent_until_it_is_taken(
    cluster: Cluster, client: ExportClient
) -> None:
    await run_renderers(cluster, "renderer-1")
    for name in ("storage-1", "storage-2"):
        await cluster.kill(name)
    job = await client.start("pdf")
    await wait_until(
        lambda: any(line["export"] == job for line in log_lines(cluster, "renderer-1", "upload.again")), 30
    )
    for name in ("storage-1", "storage-2"):
        await cluster.start(name)
    status = await client.ended(job)
    assert (status["status"], status["attempt"], attempts_begun(cluster, "renderer-1", job)) == ("completed", 1, 1)


async def test_a_storage_that_falls_silent_is_noticed_and_the_document_sent_again(
    cluster: Cluster, client: ExportClient
) -> None:
    await run_renderers(cluster, "renderer-1")
    await client.ended(await client.start())
    proxy = cluster.proxies["renderer-1", "storage"]
    proxy.half_open()
    begin = time.monotonic()
    job = await client.start()
    assert (await client.ended(job))["status"] == "completed"
    assert time.monotonic() - begin < 25
    assert attempts_begun(cluster, "renderer-1", job) == 1
    proxy.heal()


async def test_a_slow_storage_only_takes_time(cluster: Cluster, client: ExportClient) -> None:
    await run_renderers(cluster, "renderer-1")
    proxy = cluster.proxies["renderer-1", "storage"]
    proxy.slow(0.3)
    job = await client.start("pdf")
    status = await client.ended(job)
    proxy.heal()
    assert (status["status"], status["attempt"]) == ("completed", 1)


async def test_a_full_disk_is_tried_again_and_in_the_end_said(cluster: Cluster, client: ExportClient) -> None:
    await run_renderers(cluster, "renderer-1")
    for name in ("storage-1", "storage-2"):
        await cluster.kill(name)
        await cluster.start(name, "deposit.writing:raise=ENOSPC")
        await asyncio.to_thread(cluster.services[name].wait_until_ready, "/healthz")
    lasting, passing = await client.start("csv"), await client.start("csv")
    ended = await client.ended(lasting, 90)
    assert (ended["status"], ended["errorCode"], ended["attempt"]) == ("failed", "storage_full", 2)
    assert len([line for line in log_lines(cluster, "renderer-1", "upload.again") if line["export"] == lasting]) > 2
    assert attempts_begun(cluster, "renderer-1", lasting) == 2
    again = await client.start("csv")
    await wait_until(
        lambda: any(line["export"] == again for line in log_lines(cluster, "renderer-1", "upload.again")), 30
    )
    for name in ("storage-1", "storage-2"):
        await cluster.kill(name)
        await cluster.start(name)
    assert (await client.ended(again))["status"] == "completed"
    assert attempts_begun(cluster, "renderer-1", again) == 1
    assert (await client.ended(passing))["status"] in {"completed", "failed"}


async def test_a_killed_renderers_export_is_begun_again_within_five_seconds(
    cluster: Cluster, client: ExportClient
) -> None:
    await run_renderers(cluster, "renderer-1")
    await rearm(cluster, "renderer-1", "render.loaded:hang")
    job = await client.start("pdf")
    await wait_until(lambda: attempts_begun(cluster, "renderer-1", job))
    await cluster.start("renderer-2")
    await wait_until_ready(cluster, "renderer-2")
    workers = psutil.Process(cluster.services["renderer-1"].process.pid).children(recursive=True)
    await cluster.kill("renderer-1")
    await wait_until(lambda: attempts_begun(cluster, "renderer-2", job), 5)
    status = await client.ended(job)
    assert (status["status"], status["attempt"]) == ("completed", 1)
    await wait_until(lambda: not any(worker.is_running() for worker in workers))


async def test_a_frozen_renderers_export_is_taken_over_and_its_late_outcome_dropped(
    cluster: Cluster, client: ExportClient
) -> None:
    await run_renderers(cluster, "renderer-1")
    await rearm(cluster, "renderer-1", "render.loaded:hang=1")
    job = await client.start("pdf")
    await wait_until(lambda: attempts_begun(cluster, "renderer-1", job))
    frozen = cluster.services["renderer-1"].process
    frozen.signal(signal.SIGSTOP)
    await cluster.start("renderer-2")
    await wait_until_ready(cluster, "renderer-2")
    status = await client.ended(job, 60)
    frozen.signal(signal.SIGCONT)
    await wait_until(lambda: asyncio.to_thread(cluster.services["renderer-1"].answers, "/readyz"), 30)
    assert status["status"] == "completed"
    assert attempts_begun(cluster, "renderer-2", job) == 1
    ends = await fetch_value(
        cluster,
        "SELECT count(*) FROM exports.audit WHERE export_id = $1 AND action IN ('export.completed', 'export.failed')",
        UUID(job),
    )
    assert ends == 1


@pytest.mark.parametrize("service", ["gateway-1", "renderer-1"])
async def test_a_half_open_link_to_the_broker_is_noticed_within_twenty_seconds(
    cluster: Cluster, client: ExportClient, service: str
) -> None:
    await run_renderers(cluster, "renderer-1")
    await client.ended(await client.start())
    cluster.proxies[service, BROKER].half_open()
    begin = time.monotonic()
    job = await client.start()
    assert (await client.ended(job))["status"] == "completed"
    assert time.monotonic() - begin < 25, "noticed within 20 s, and what was lost meanwhile is sent or made again"


async def test_a_half_open_link_to_the_database_is_noticed_within_twenty_seconds(
    cluster: Cluster, client: ExportClient
) -> None:
    await client.ended(await client.start())
    cluster.proxies["gateway-1", DATABASE].half_open()
    begin = time.monotonic()

    async def accepted() -> bool:
        return (await client.post()).status_code == 202

    await wait_until(accepted, 25)
    assert time.monotonic() - begin < 20


async def test_a_broker_short_of_memory_holds_up_no_request(cluster: Cluster, client: ExportClient) -> None:
    control = rabbitmq_server().with_name("rabbitmqctl")

    async def watermark(share: str) -> None:
        process = await asyncio.create_subprocess_exec(
            str(control),
            "-n",
            "correcta@localhost",
            "set_vm_memory_high_watermark",
            share,
            env=cluster.rabbit.process.env,
        )
        assert await process.wait() == 0

    await watermark("0.00001")
    begin = time.monotonic()
    jobs = [await client.start() for _ in range(5)]
    assert time.monotonic() - begin < 5
    await watermark("0.4")
    for job in jobs:
        assert (await client.ended(job))["status"] == "completed"


async def taken(queue: AbstractQueue) -> None:
    """Take a message and leave it unsettled."""

    async def message() -> AbstractIncomingMessage | None:
        return await queue.get(fail=False)

    await wait_until(message)


async def test_a_request_that_no_renderer_survives_ends_as_failed(cluster: Cluster, client: ExportClient) -> None:
    await run_renderers(cluster)
    async with await aio_pika.connect(cluster.rabbit.url) as connection:
        queue = await (await connection.channel()).get_queue(Topology().small_requests.name)
        await queue.purge()  # what the renderers of other tests gave back
    job = await client.start()
    for _ in range(DELIVERY_LIMIT + 1):
        async with await aio_pika.connect(cluster.rabbit.url) as connection:
            await taken(await (await connection.channel()).get_queue(Topology().small_requests.name))
    status = await client.ended(job)
    assert (status["status"], status["errorCode"]) == ("failed", "renderer_crashed")
    await run_renderers(cluster, "renderer-1")


async def test_a_rolling_restart_under_load_shows_nobody_an_error(cluster: Cluster) -> None:
    await run_renderers(cluster, "renderer-1", "renderer-2")
    leaving: set[str] = set()

    def in_service() -> list[int]:
        names = [name for name in ("gateway-1", "gateway-2") if name not in leaving]
        return [int(cluster.services[name].url.rpartition(":")[2]) for name in names]

    balancer = Proxy(in_service)
    await balancer.start()
    stopping = asyncio.Event()
    made: list[str] = []

    async def work() -> None:
        """Each request on a connection of its own, as behind a proxy that balances them."""
        while not stopping.is_set():
            async with ExportClient(f"http://127.0.0.1:{balancer.port}", cluster.session_secret, keepalive=0) as one:
                one.http.headers["origin"] = cluster.services["gateway-1"].url
                made.append(await one.start())
                ended = await one.ended_without_error(made[-1])
                assert ended["status"] == "completed", ended
                answer = await one.http.get(ended["result"]["downloadUrl"])
                assert answer.status_code == 200, answer.text

    workers = [asyncio.create_task(work()) for _ in range(3)]
    try:
        for name in cluster.names:
            process = cluster.services[name].process
            leaving.add(name)
            await asyncio.to_thread(process.stop)
            assert process.status == 0, f"{name} ended with status {process.status}"
            await cluster.start(name)
            await wait_until_ready(cluster, name)
            leaving.discard(name)
            done, _ = await asyncio.wait(workers, timeout=0)
            for worker in done:
                worker.result()
    finally:
        stopping.set()
        results = await asyncio.gather(*workers, return_exceptions=True)
        await balancer.stop()
    assert results == [None] * len(workers)
    assert len(made) >= len(cluster.names)
    attempts = await fetch_value(cluster, "SELECT max(attempt) FROM exports.export WHERE id = ANY($1::uuid[])", made)
    assert attempts == 1, "no attempt burned"


async def test_another_institution_is_served_while_one_is_at_its_limit(cluster: Cluster, client: ExportClient) -> None:
    async with client_of(cluster, "gateway-2", person=people.KABORE, exam=INFORMATIQUE.id) as other:
        jobs = [await client.start("pdf") for _ in range(6)]
        begin = time.monotonic()
        assert (await other.ended(await other.start("xlsx")))["status"] == "completed"
        assert time.monotonic() - begin < 60
        for job in jobs:
            assert (await client.ended(job, 90))["status"] == "completed"
