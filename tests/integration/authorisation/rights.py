"""Who may what, written by hand: a row for each address and method of the gateway. Without a row HEAD has the rights of
GET.
"""

from dataclasses import dataclass
from enum import StrEnum

from contracts.http import TokenScope

START, READ, FOLLOW, FETCH = (
    TokenScope.EXPORTS_START,
    TokenScope.EXPORTS_READ,
    TokenScope.EVENTS_READ,
    TokenScope.FILES_READ,
)


class About(StrEnum):
    """What an address is about, and so whose it has to be."""

    NOTHING = "the caller, or nothing"
    EXAM = "an exam of the caller's institution"
    EXPORT = "an export of such an exam"
    OWN_EXPORT = "an export that the caller asked for; a service: one of its institution"


@dataclass(frozen=True)
class Right:
    """`answer` is the status for whoever may: everybody (`public`), or teachers, and services with the `scope`; with
    `services`, the latter alone.
    """

    answer: int
    about: About = About.NOTHING
    scope: TokenScope | None = None
    public: bool = False
    ranged: bool = False
    services: bool = False


def everybody(answer: int) -> Right:
    """An address without authentication."""
    return Right(answer, public=True)


EXPORT = "/api/exams/{exam_id}/export"

RIGHTS: dict[tuple[str, str], Right] = {
    ("GET", "/"): everybody(307),
    ("GET", "/healthz"): everybody(200),
    ("GET", "/readyz"): everybody(200),
    ("GET", "/metrics"): everybody(200),
    ("GET", "/openapi.json"): everybody(200),
    ("GET", "/asyncapi.json"): everybody(200),
    ("GET", "/openapi.html"): everybody(200),
    ("GET", "/asyncapi.html"): everybody(200),
    ("GET", "/static/pages.css"): everybody(200),
    # Starting.
    ("POST", f"{EXPORT}/pdf"): Right(202, About.EXAM, START),
    ("POST", f"{EXPORT}/zip"): Right(202, About.EXAM, START),
    ("POST", f"{EXPORT}/csv"): Right(202, About.EXAM, START),
    ("POST", f"{EXPORT}/xlsx"): Right(202, About.EXAM, START),
    ("GET", f"{EXPORT}/csv"): Right(503, About.EXAM),  # started, but no renderer is there to end it in time
    ("HEAD", f"{EXPORT}/csv"): Right(200, About.EXAM),  # starts nothing
    # Reading and cancelling.
    ("GET", f"{EXPORT}/status"): Right(200, About.EXPORT, READ),
    ("GET", f"{EXPORT}/jobs"): Right(200, About.EXAM, READ),
    ("GET", "/api/exports"): Right(200, About.NOTHING, READ),
    ("DELETE", f"{EXPORT}/jobs/{{job_id}}"): Right(409, About.EXPORT),  # it has ended already
    # Following.
    ("GET", f"{EXPORT}/events"): Right(200, About.EXPORT, FOLLOW),
    ("GET", "/api/exports/events"): Right(200, About.NOTHING, FOLLOW),
    ("GET", "/api/events"): Right(200, About.NOTHING, FOLLOW, services=True),
    # Files.
    ("GET", f"{EXPORT}/download/{{filename}}"): Right(200, About.EXPORT, FETCH, ranged=True),
    ("GET", "/api/exports/{export_id}/file"): Right(200, About.OWN_EXPORT, FETCH, ranged=True),
    # Pages.
    ("GET", "/dashboard"): Right(200),
    ("GET", "/dashboard/exams/{exam_id}/grading"): Right(200, About.EXAM),
}

DEMO_RIGHTS: dict[tuple[str, str], Right] = {
    ("GET", "/demo/sign-in"): everybody(200),
    ("POST", "/demo/sign-in"): everybody(401),  # as nobody
    ("POST", "/demo/sign-out"): everybody(303),
}
"""Routed in demo mode only, where anybody may be any teacher of the sample."""
