"""Over HTTP: credentials that are not ours, secrets that change, names and hosts that an operator sets."""

import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from contracts.topology import Topology
from dev.sample.people import DELCOURT
from services.gateway.identity import csrf, sessions
from services.gateway.settings import GatewaySettings
from tests.integration.gateway.harness import SECRET, Harness, claims_of, running_gateway, token_of
from tests.integration.gateway.requests import BASE, problem, start

pytestmark = pytest.mark.integration

NEXT_SECRET = secrets.token_hex(16)
ELSEWHERE = "https://lms.example"


@pytest.mark.parametrize("authorization", ["Basic dXNlcjpwYXNz", "Negotiate YIIZ", "Bearer of.an.intranet"])
async def test_a_proxys_credential_beside_a_good_cookie_changes_nothing(harness: Harness, authorization: str) -> None:
    teacher = harness.browser()
    teacher.headers["Authorization"] = authorization
    await start(teacher)
    forged = await teacher.post(f"{BASE}/pdf", json={}, headers={csrf.HEADER: ""})
    assert problem(forged) == (403, "csrf_refused"), "the cookie was used, so its protection holds"
    teacher.cookies.delete(sessions.COOKIE)
    assert problem(await teacher.get("/api/exports")) == (401, "not_signed_in")


async def test_a_service_token_is_final_whatever_stands_beside_it(harness: Harness) -> None:
    teacher = harness.browser()
    for values in (["Bearer cxt_unknown"], ["Basic dXNlcg==", "Bearer cxt_unknown"]):
        headers = httpx2.Headers([("Authorization", value) for value in values])
        assert problem(await teacher.get("/api/exports", headers=headers)) == (401, "invalid_token")


@pytest.fixture
async def configured(
    settings: Callable[..., GatewaySettings], sock: Any, storage_url: str, topology: Topology, amqp_url: str
) -> AsyncIterator[Harness]:
    """A gateway whose names, secrets and hosts are an operator's."""
    own = settings(
        session_secret=NEXT_SECRET,
        session_secret_previous=SECRET,
        session_cookie_name="__Secure-lycee.session, lycee.session",
        csrf_cookie_name="lycee-csrf",
        csrf_allowed_origins=ELSEWHERE,
        allowed_hosts="127.0.0.1",
    )
    async with running_gateway(own, sock, storage_url, topology, amqp_url, whole=False) as running:
        yield running


async def test_an_operators_names_secrets_and_hosts_hold(configured: Harness) -> None:
    client = configured.nobody()
    client.headers.update({"Origin": ELSEWHERE, csrf.HEADER: "token"})
    client.cookies.set("lycee-csrf", "token")
    for name, token in (
        ("lycee.session", token_of(DELCOURT)),
        ("lycee.session", sessions.mint(claims_of(DELCOURT), sessions.derive_key(NEXT_SECRET))),
    ):
        client.cookies.set(name, token)
        await start(client)
    client.cookies.set("lycee.session", sessions.mint(claims_of(DELCOURT), sessions.derive_key("a third one")))
    assert problem(await client.get("/api/exports")) == (401, "not_signed_in")

    usual = configured.browser()
    assert problem(await usual.get("/api/exports")) == (401, "not_signed_in"), "the usual cookie is none here"

    client.cookies.set("lycee.session", token_of(DELCOURT))
    client.cookies.delete("lycee-csrf")
    page = await client.get("/dashboard")
    assert 'data-csrf-cookie="lycee-csrf"' in page.text
    assert page.headers["set-cookie"].startswith("lycee-csrf=")

    for host in ("evil.example", "127.0.0.1.evil.example"):
        assert problem(await client.get("/api/exports", headers={"Host": host})) == (400, "unknown_host")
        assert (await client.get("/healthz", headers={"Host": host})).status_code == 200


async def test_csrf_protection_can_be_switched_off(
    settings: Callable[..., GatewaySettings], sock: Any, storage_url: str, topology: Topology, amqp_url: str
) -> None:
    open_ = settings(csrf_enabled=False)
    async with running_gateway(open_, sock, storage_url, topology, amqp_url, whole=False) as running:
        client = running.nobody()
        client.cookies.set(sessions.COOKIE, token_of(DELCOURT))
        await start(client)
