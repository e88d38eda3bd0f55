"""Requests as Correcta's client makes them, and what every answer to them must look like."""

from typing import Any

import httpx2

from contracts.http import Problem, Status
from dev.sample.identity import identifier
from dev.sample.people import DELCOURT, MARCHETTI
from tests.waiting import wait_until

EXAM = identifier("exam", "mathematiques")
FOREIGN_EXAM = identifier("exam", "pourcentages")
BASE = f"/api/exams/{EXAM}/export"
OWNER = {"institution_id": DELCOURT.school.id if DELCOURT.school else "", "exam_id": EXAM, "requested_by": DELCOURT.id}
"""Whose exports the events of these tests are about: those that `start` makes for the usual teacher."""

STRANGERS = {
    "institution_id": MARCHETTI.school.id if MARCHETTI.school else "",
    "exam_id": FOREIGN_EXAM,
    "requested_by": MARCHETTI.id,
}
"""An export of another institution."""


async def start(client: httpx2.AsyncClient, kind: str = "pdf", **options: Any) -> str:
    """Start an export of `EXAM`; its id."""
    answer = await client.post(f"{BASE}/{kind}", **({"json": {}} | options))
    assert answer.status_code == 202, answer.text
    assert answer.json().keys() == {"jobId", "status"}
    assert answer.json()["status"] == "queued"
    return str(answer.json()["jobId"])


async def status(client: httpx2.AsyncClient, job: str) -> dict[str, Any]:
    """The status answer of an export."""
    answer = await client.get(f"{BASE}/status", params={"jobId": job})
    assert answer.status_code == 200, answer.text
    Status.model_validate_json(answer.content)
    found: dict[str, Any] = answer.json()
    return found


async def reached(client: httpx2.AsyncClient, job: str, wanted: str) -> dict[str, Any]:
    """The status answer once it says `wanted`."""

    async def there() -> dict[str, Any] | None:
        found = await status(client, job)
        return found if found["status"] == wanted else None

    now: dict[str, Any] | None = await wait_until(there)
    assert now is not None
    return now


def problem(answer: httpx2.Response) -> tuple[int, str]:
    """Status and code of an answer that must be problem+json with Correcta's `error` beside it."""
    body = Problem.model_validate_json(answer.content)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body.status == answer.status_code
    assert body.error == body.detail
    assert body.title
    return answer.status_code, body.code
