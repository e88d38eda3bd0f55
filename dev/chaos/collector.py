"""Collects the state after a run into its history: rows and status changes, queue lengths, logs.

It reads the database and the broker themselves; of what a service says about itself only its log's list of attempts.
"""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import aio_pika
import asyncpg

from contracts.topology import Queue, Topology
from dev.chaos.history import History
from dev.stack.programs import rabbitmq_server
from dev.stack.rabbitmq import PrivateRabbit, RabbitCluster

TRIGGER = """
CREATE TABLE IF NOT EXISTS public.chaos_transition
    (at timestamptz DEFAULT clock_timestamp(), export uuid, before text, after text);
CREATE OR REPLACE FUNCTION public.chaos_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.chaos_transition (export, before, after) VALUES (NEW.id, OLD.status, NEW.status);
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS chaos_note ON exports.export;
CREATE TRIGGER chaos_note AFTER UPDATE ON exports.export
    FOR EACH ROW WHEN (NEW.status NOT IN ('queued', 'active') AND NEW.downloads = OLD.downloads)
    EXECUTE FUNCTION public.chaos_note();
"""
"""Every write to an ended row is noted, also one that changes nothing; but for its downloads, which are counted."""

ATTEMPT, FIRED = "export.attempt_begun", "failpoint.fired"


async def install_trigger(url: str) -> None:
    """Have the database itself note every end of an export."""
    link = await asyncpg.connect(url)
    try:
        await link.execute(TRIGGER)
    finally:
        await link.close()


async def unfinished(url: str) -> int:
    """Exports that have not ended, and events that have not left."""
    link = await asyncpg.connect(url)
    try:
        sql = """SELECT (SELECT count(*) FROM exports.export WHERE status IN ('queued', 'active'))
                      + (SELECT count(*) FROM exports.outbox)"""
        return int(await link.fetchval(sql))
    finally:
        await link.close()


async def note_database(url: str, history: History) -> None:
    """Note the rows, the transitions, the outbox and the audit as they are."""
    link = await asyncpg.connect(url)
    try:
        for row in await link.fetch("SELECT * FROM public.chaos_transition ORDER BY at"):
            at = row["at"].timestamp()
            history.note("transition", at, export=row["export"], before=row["before"], after=row["after"])
        for row in await link.fetch("SELECT * FROM exports.export ORDER BY requested_at"):
            ended = row["ended_at"].timestamp() if row["ended_at"] else None
            history.note(
                "row",
                export=row["id"],
                key=row["idempotency_key"],
                status=row["status"],
                sha256=row["file_sha256"],
                code=row["failure_code"],
                attempt=row["attempt"],
                ended=ended,
                requested=row["requested_at"].timestamp(),
            )
        history.note("outbox", rows=await link.fetchval("SELECT count(*) FROM exports.outbox"))
        settings = await link.fetch("SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'server_version')")
        history.note("database", **{row["name"]: row["setting"] for row in settings})
    finally:
        await link.close()


async def all_settled(rabbit: PrivateRabbit | RabbitCluster) -> bool:
    """Whether the queues are empty, counting messages that a consumer holds and has not acknowledged."""
    command = [str(rabbitmq_server().with_name("rabbitmqctl")), "-q", "-n", rabbit.name, "list_queues"]
    asked = await asyncio.create_subprocess_exec(
        *command, "name", "messages", env=rabbit.env, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asked.communicate()
    counts = dict(line.split("\t", 1) for line in output.decode().splitlines() if "\t" in line)
    return asked.returncode == 0 and all(counts.get(queue.name, "0") == "0" for queue in _queues())


def _queues() -> tuple[Queue, ...]:
    topology = Topology()
    return topology.requests, topology.small_requests, topology.retry, topology.dead, topology.outcomes


async def queue_lengths(url: str) -> dict[str, int]:
    """What every queue holds. Ask it when nobody consumes any more: a delivered message is not counted."""
    held: dict[str, int] = {}
    async with await aio_pika.connect(url.split(" ")[0]) as connection:
        channel = await connection.channel()
        for queue in _queues():
            found = await channel.declare_queue(queue.name, passive=True)
            held[queue.name] = found.declaration_result.message_count or 0
    return held


def note_logs(folder: Path, history: History) -> None:
    """Note what the services wrote down: attempts begun, failpoints that fired, and crashes of their own."""
    for path in sorted(folder.glob("*.log")):
        for line in _lines(path):
            event = line.get("event")
            if event == ATTEMPT:
                history.note("attempt", _moment(line), service=path.stem, export=line.get("export"))
            elif event == FIRED:
                history.note("fired", _moment(line), service=path.stem, failpoint=line["failpoint"])
            elif line.get("level") in ("error", "critical") and "exception" in line:
                history.note("crashed", _moment(line), service=path.stem, event=event, words=line["exception"][-400:])


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("{"):
            try:
                yield json.loads(line)
            except ValueError:
                continue  # cut off by a kill


def _moment(line: dict[str, Any]) -> float:
    written = line["time"]
    return written if isinstance(written, float) else datetime.fromisoformat(written).timestamp()
