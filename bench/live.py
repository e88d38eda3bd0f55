"""The services as they run: from the click to the file, clicks under load, the broker away, the relay's pace."""

import asyncio
import math
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx2

from bench import exam_rows, exams
from bench.speed import CHANGED
from dev.sample.subjects.mathematiques import MATHEMATIQUES
from dev.stack.local import Local, running
from dev.stack.services import Plan, Stack
from dev.teacher import Teacher
from services.gateway.identity import csrf, sessions

COPIES = 30
CLASS = 200
CLICKS = 1_000
CLICKERS = 8
CLICKS_PER_SECOND = 50
ROUNDS = 3


@dataclass(frozen=True)
class Clicks:
    """How long POSTs took, in milliseconds, and how many a second were answered."""

    p50: float
    p99: float
    worst: float
    per_second: float


@dataclass(frozen=True)
class Live:
    """`exports` tells for each exam how many seconds passed from the POST to the last byte on disk, run by run.
    `relayed` is how many requests a second went from the database to the broker, confirmed.
    """

    exports: dict[str, list[float]]
    clicks: Clicks
    clicks_without_broker: Clicks
    relayed: float


def measure(say: Callable[[str], None]) -> Live:
    """Start a stack, and stop it."""
    exports = _exports(say) | _exports_again(say)
    caps = (
        "REQUESTS_AHEAD",
        "EXPORTS_PER_INSTITUTION",
        "DOCUMENTS_PER_INSTITUTION",
        "STARTS_PER_MINUTE_USER",
        "STARTS_PER_MINUTE_INSTITUTION",
    )
    plan = Plan(renderers=0, settings={"gateway": dict.fromkeys(caps, "1000000")})
    with running("bench", plan) as local:
        _forget(local)
        clicks = _click(local.stack)
        say(f"POST: {clicks}")
        local.rabbit.stop()
        away = _click(local.stack)
        say(f"POST without the broker: {away}")
        local.rabbit.start()
        relayed = _relayed(local)
        say(f"relayed after the outage: {relayed:.0f} events/s")
        _forget(local)
    return Live(exports, clicks, away, relayed)


def _exports(say: Callable[[str], None]) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {}
    with running("bench", Plan(settings={"renderer": {"CACHE_BYTES": "0"}})) as local:
        _forget(local)
        generated = asyncio.run(exam_rows.load(correcta_url(local), exams.exam(COPIES), f"g{COPIES}"))
        with Teacher(local.stack.url, exam_rows.TEACHER, local.stack.session_secret) as teacher:
            for name, exam_id in (
                (f"{COPIES} generated copies", generated),
                ("37 copies of the sample", MATHEMATIQUES.id),
            ):
                taken[name] = [_export(teacher, exam_id) for _ in range(ROUNDS)]
                say(f"POST to file, {name}: " + ", ".join(f"{seconds:.2f} s" for seconds in taken[name]))
    return taken


def _exports_again(say: Callable[[str], None]) -> dict[str, list[float]]:
    """The report of a class that has one already, after a few copies were marked again."""
    name = f"{CLASS} generated copies, {CHANGED} of them marked again since the last export"
    with running("bench") as local:
        _forget(local)
        exam_id = asyncio.run(exam_rows.load(correcta_url(local), exams.exam(CLASS), f"g{CLASS}"))
        taken = []
        with Teacher(local.stack.url, exam_rows.TEACHER, local.stack.session_secret) as teacher:
            _export(teacher, exam_id)
            for _ in range(ROUNDS):
                asyncio.run(exam_rows.mark_again(correcta_url(local), exam_id, CHANGED))
                taken.append(_export(teacher, exam_id))
        say(f"POST to file, {name}: " + ", ".join(f"{seconds:.2f} s" for seconds in taken))
    return {name: taken}


def correcta_url(local: Local) -> str:
    """Correcta's database, with the right to write."""
    database = local.stack.servers.correcta_database_url.rpartition("/")[2]
    return local.postgres.url_of(database)


def _export(teacher: Teacher, exam_id: str) -> float:
    start = time.perf_counter()
    job = teacher.start(exam_id, "pdf")
    *_, last = teacher.follow(exam_id, job)
    with tempfile.TemporaryDirectory() as folder:
        teacher.download(last.data["result"], Path(folder) / "report.pdf")
    return time.perf_counter() - start


def _click(stack: Stack) -> Clicks:
    """Exports asked for at a steady pace, over several connections."""
    token = school_token(stack)
    start = time.perf_counter()
    with ThreadPoolExecutor(CLICKERS) as clickers:
        shares = list(clickers.map(lambda n: _clicks_of_one(stack.url, token, n), range(CLICKERS)))
    seconds = time.perf_counter() - start
    return summarised([taken for share in shares for taken in share], seconds)


def school_token(stack: Stack) -> str:
    """The sample teacher's session at this stack."""
    from dev.teacher import session_token

    return session_token(exam_rows.TEACHER, stack.session_secret)


def _clicks_of_one(url: str, token: str, number: int) -> list[float]:
    """Milliseconds from when each click was due: one that had to wait for the one before counts the wait."""
    taken = []
    cookies, headers = {sessions.COOKIE: token, csrf.COOKIE: "x" * 32}, {csrf.HEADER: "x" * 32, "origin": url}
    with httpx2.Client(base_url=url, cookies=cookies, headers=headers, timeout=60, trust_env=False) as http:
        http.get("/healthz")
        begin = time.perf_counter() + 0.2
        for click in range(number, CLICKS, CLICKERS):
            due = begin + click / CLICKS_PER_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            answer = http.post(f"/api/exams/{MATHEMATIQUES.id}/export/pdf", json={})
            taken.append(1000 * (time.perf_counter() - due))
            if answer.status_code != 202:
                raise RuntimeError(answer.text)
    return taken


def summarised(milliseconds: Sequence[float], seconds: float) -> Clicks:
    """Quantiles of what was measured within `seconds`."""
    return Clicks(
        quantile(milliseconds, 0.5), quantile(milliseconds, 0.99), max(milliseconds), len(milliseconds) / seconds
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _relayed(local: Local) -> float:
    """From the first request that goes out after the outage to the last."""
    start, first, left = 0.0, 0, 0
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        left = asyncio.run(_unpublished(local))
        if not start:
            start, first = time.perf_counter(), left
        if left == 0:
            return first / (time.perf_counter() - start)
        if left == first:
            start = time.perf_counter()
        time.sleep(0.02)
    raise RuntimeError(f"{left} requests were not relayed")


async def _unpublished(local: Local) -> int:
    connection = await asyncpg.connect(local.stack.servers.database_url)
    try:
        return int(await connection.fetchval("select count(*) from exports.outbox"))
    finally:
        await connection.close()


def _forget(local: Local) -> None:
    """Requests that nobody is to work on."""
    asyncio.run(_empty(local))


async def _empty(local: Local) -> None:
    connection = await asyncpg.connect(local.stack.servers.database_url)
    try:
        await connection.execute("truncate exports.export, exports.outbox cascade")
    finally:
        await connection.close()
