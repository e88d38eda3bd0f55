"""Service tokens in PostgreSQL, the command that mints and revokes them, and what a service does with one over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest
from typer.testing import CliRunner, Result

from contracts.http import TokenScope
from contracts.states import FailureCode
from contracts.topology import Topology
from dev.sample.people import LAC, MARCHETTI, OKONKWO, VAUCLAIR
from services.gateway.errors import InvalidToken, TokenExpired, TokenRevoked
from services.gateway.settings import GatewaySettings
from services.gateway.tokens.__main__ import app
from services.gateway.tokens.store import TokenStore
from tests.builders import an_export_failed
from tests.gateway import an_export, expired
from tests.integration.gateway.harness import Harness, following, running_gateway, running_storage, states
from tests.integration.gateway.requests import BASE, FOREIGN_EXAM, OWNER, problem, reached, start
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

ALL = frozenset(TokenScope)
DAY = timedelta(days=1)
CONTENT = b"%PDF-1.7 rapport de la classe"


@pytest.fixture
def tokens(pool: asyncpg.Pool) -> TokenStore:
    """The tokens in the test's database."""
    return TokenStore(pool)


async def minted(tokens: TokenStore, scopes: frozenset[TokenScope] = ALL, institution: str = VAUCLAIR.id) -> str:
    token, _ = await tokens.mint(institution, "archive", scopes, DAY, "tests")
    return token


async def test_a_token_opens_what_it_was_minted_for_and_is_kept_as_a_digest_only(
    tokens: TokenStore, pool: asyncpg.Pool
) -> None:
    token, made = await tokens.mint("inst-1", "archive", frozenset({TokenScope.FILES_READ}), DAY, None)
    found = await tokens.authenticate(token)
    assert (found.id, found.institution_id, found.scopes) == (made.id, "inst-1", frozenset({TokenScope.FILES_READ}))
    assert token not in str(
        await pool.fetchrow("SELECT t::text, a::text FROM exports.service_token t, exports.audit a")
    )


async def test_tokens_that_open_nothing_say_why(tokens: TokenStore, pool: asyncpg.Pool) -> None:
    with pytest.raises(InvalidToken):
        await tokens.authenticate("cxt_" + "a" * 43)
    over, kept = await tokens.mint("inst-1", "over", ALL, DAY, None)
    await pool.execute("UPDATE exports.service_token SET expires_at = now() WHERE id = $1", kept.id)
    with pytest.raises(TokenExpired):
        await tokens.authenticate(over)
    revoked, kept = await tokens.mint("inst-1", "revoked", ALL, DAY, None)
    assert (await tokens.revoke(kept.id, None))[1]
    with pytest.raises(TokenRevoked):
        await tokens.authenticate(revoked)
    assert not any(token.last_used_at for token in await tokens.all())


async def test_the_last_use_is_seen_and_written_at_most_once_a_minute(tokens: TokenStore, pool: asyncpg.Pool) -> None:
    token, kept = await tokens.mint("inst-1", "archive", ALL, DAY, None)
    assert kept.last_used_at is None

    async def used() -> Any:
        await tokens.authenticate(token)
        return await pool.fetchval("SELECT last_used_at FROM exports.service_token")

    first = await used()
    assert first is not None
    assert await used() == first
    await pool.execute("UPDATE exports.service_token SET last_used_at = now() - interval '61 s'")
    assert await used() > first


async def test_a_scope_of_a_later_version_is_passed_over(tokens: TokenStore, pool: asyncpg.Pool) -> None:
    token = await minted(tokens, frozenset({TokenScope.FILES_READ}))
    await pool.execute("UPDATE exports.service_token SET scopes = array_append(scopes, 'exports:rewrite')")
    assert (await tokens.authenticate(token)).scopes == {TokenScope.FILES_READ}


@pytest.fixture
def command(database_url: str, correcta_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs the command on the test's databases, in a thread: it has an event loop of its own."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("CORRECTA_DATABASE_URL", correcta_database_url)

    async def run(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))

    return run


async def test_the_command_mints_lists_and_revokes_and_each_is_audited(
    command: Callable[..., Any], tokens: TokenStore, pool: asyncpg.Pool
) -> None:
    asked = ["mint", "--institution", VAUCLAIR.id, "--name", "Archives", "--scope", "files:read", "--days", "30"]
    made = await command(*asked, "--by", "claire")
    assert made.exit_code == 0, made.output
    token = made.stdout.removesuffix("\n")
    kept = await tokens.authenticate(token)
    assert (kept.name, kept.scopes, (kept.expires_at - kept.created_at).days) == (
        "Archives",
        frozenset({TokenScope.FILES_READ}),
        30,
    )
    listed = await command("list", "--institution", VAUCLAIR.id)
    assert str(kept.id) in listed.stdout
    assert "good" in listed.stdout
    assert "used " in listed.stdout
    assert token not in listed.stdout
    assert (await command("list", "--institution", LAC.id)).stdout == ""
    ended = await command("revoke", str(kept.id), "--by", "claire")
    assert ended.exit_code == 0
    with pytest.raises(TokenRevoked):
        await tokens.authenticate(token)
    again = await command("revoke", str(kept.id))
    assert (again.exit_code, again.stderr.startswith("Revoked before")) == (0, True)
    rows = await pool.fetch("SELECT action, actor_id, institution_id, detail FROM exports.audit ORDER BY id")
    assert [(row["action"], row["actor_id"], row["institution_id"]) for row in rows] == [
        ("token.minted", "claire", VAUCLAIR.id),
        ("token.revoked", "claire", VAUCLAIR.id),
    ]
    assert all(json.loads(row["detail"])["tokenId"] == str(kept.id) for row in rows)


@pytest.mark.parametrize(
    "arguments",
    [
        ["mint", "--institution", "no-such-school", "--name", "x", "--scope", "files:read"],
        ["mint", "--institution", VAUCLAIR.id, "--name", "x", "--scope", "files:write"],
        ["mint", "--institution", VAUCLAIR.id, "--name", "x"],
        ["mint", "--institution", VAUCLAIR.id, "--name", " ", "--scope", "files:read"],
        ["mint", "--institution", VAUCLAIR.id, "--name", "a\nb", "--scope", "files:read"],
        ["mint", "--institution", VAUCLAIR.id, "--name", "x", "--scope", "files:read", "--days", "0"],
        ["revoke", str(uuid4())],
        ["revoke", "not-an-id"],
    ],
)
async def test_what_is_asked_wrongly_changes_nothing(
    command: Callable[..., Any], pool: asyncpg.Pool, arguments: list[str]
) -> None:
    assert (await command(*arguments)).exit_code == 2
    assert await pool.fetchval("SELECT count(*) FROM exports.service_token") == 0


async def test_the_command_says_that_a_database_is_away(
    command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    ended = await command("list")
    assert ended.exit_code == 1
    assert "A database is away" in ended.stderr


async def services(tokens: TokenStore) -> dict[str, Any]:
    """Whose export the only token's service started."""
    (token,) = await tokens.all()
    return OWNER | {"requested_by": token.user_id}


async def test_a_service_starts_an_export_follows_it_and_fetches_the_file(
    harness: Harness, tokens: TokenStore, pool: asyncpg.Pool
) -> None:
    service = harness.service(await minted(tokens))
    job = await start(service)
    async with following(service, f"{BASE}/events", params={"jobId": job}) as frames:
        file = (await harness.complete(job, CONTENT, owner=await services(tokens))).file
        assert [frame.event async for frame in frames][-1] == "completed"
    answer = await service.get(f"/api/exports/{job}/file")
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["etag"] == f'"{file.sha256}"'
    assert answer.headers["content-disposition"].startswith('attachment; filename="Rapport.pdf"')
    assert answer.headers["cache-control"] == "private, no-store"
    part = await service.get(f"/api/exports/{job}/file", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, CONTENT[:4])
    same = await service.get(f"/api/exports/{job}/file", headers={"If-None-Match": f'"{file.sha256}"'})
    assert same.status_code == 304
    head = await service.head(f"/api/exports/{job}/file")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(CONTENT)), b"")
    (token,) = await tokens.all()
    rows = await pool.fetch("SELECT action, actor_id FROM exports.audit WHERE export_id = $1 ORDER BY id", UUID(job))
    assert {row["actor_id"] for row in rows} == {token.user_id, None}
    assert [row["action"] for row in rows if row["actor_id"]] == ["export.requested", *["export.downloaded"] * 2]
    assert await pool.fetchval("SELECT requested_by FROM exports.export") == token.user_id


async def test_a_service_sees_every_export_of_its_institution_and_no_other(
    harness: Harness, tokens: TokenStore
) -> None:
    job = await start(harness.browser())
    answer = await harness.browser(MARCHETTI).post(f"/api/exams/{FOREIGN_EXAM}/export/pdf", json={})
    foreign = answer.json()["jobId"]
    await harness.complete(job, CONTENT)
    await reached(harness.browser(), job, "completed")
    service = harness.service(await minted(tokens))
    for path in ("/api/exports", f"{BASE}/jobs"):
        assert [each["jobId"] for each in (await service.get(path)).json()["jobs"]] == [job]
    assert (await service.get(f"/api/exports/{job}/file")).content == CONTENT
    gone = await service.get(f"/api/exports/{foreign}/file")
    absent = await service.get(f"/api/exports/{uuid4()}/file")
    assert problem(gone) == problem(absent) == (404, "export_not_found")
    assert problem(await service.get("/api/exports/not-an-id/file")) == (404, "export_not_found")


async def test_a_services_stream_tells_of_every_export_of_its_institution(harness: Harness, tokens: TokenStore) -> None:
    service = harness.service(await minted(tokens, frozenset({TokenScope.EVENTS_READ})))
    before = await start(harness.browser())
    async with following(service, "/api/exports/events") as frames:
        told = states(frames)
        assert (await anext(told))["jobId"] == before
        await harness.browser(MARCHETTI).post(f"/api/exams/{FOREIGN_EXAM}/export/pdf", json={})
        later = await start(harness.browser(OKONKWO))
        assert (await anext(told))["jobId"] == later


async def test_a_token_is_final(harness: Harness, tokens: TokenStore) -> None:
    expected = {"cxt_" + "a" * 43: (401, "invalid_token"), "cxt_short": (401, "invalid_token")}
    expected[await minted(tokens, frozenset({TokenScope.FILES_READ}))] = (403, "insufficient_scope")
    for token, refusal in expected.items():
        answer = await harness.browser().get("/api/exports", headers={"Authorization": f"Bearer {token}"})
        assert problem(answer) == refusal
    several = httpx2.Headers([("Authorization", "Basic dXNlcg=="), ("Authorization", f"Bearer {await minted(tokens)}")])
    assert problem(await harness.browser().get("/api/exports", headers=several)) == (401, "invalid_token")


async def test_addresses_for_teachers_refuse_every_token(harness: Harness, tokens: TokenStore) -> None:
    service = harness.service(await minted(tokens))
    job = await start(service)
    assert problem(await service.delete(f"{BASE}/jobs/{job}")) == (403, "session_required")
    assert problem(await service.get(f"{BASE}/csv")) == (403, "session_required")
    assert (await service.get("/dashboard")).status_code == 403


@pytest.fixture
async def quick(
    settings: Callable[..., GatewaySettings], sock: Any, storage_url: str, topology: Topology, amqp_url: str
) -> AsyncIterator[Harness]:
    """A gateway that rechecks its streams at once."""
    soon = settings(stream_recheck_seconds=0.05)
    async with running_gateway(soon, sock, storage_url, topology, amqp_url) as running:
        yield running


@pytest.mark.parametrize("path", ["/api/exports/events", f"{BASE}/events"])
async def test_revoking_a_token_ends_its_streams_and_refuses_its_next_request(
    quick: Harness, tokens: TokenStore, path: str
) -> None:
    token, kept = await tokens.mint(VAUCLAIR.id, "archive", ALL, DAY, None)
    service = quick.service(token)
    job = await start(service)
    async with following(service, path, params={"jobId": job}) as frames:
        while (await anext(frames)).event != "progress":
            pass
        await tokens.revoke(kept.id, None)
        assert {frame.event async for frame in frames} <= {"alive"}
    assert problem(await service.get("/api/exports")) == (401, "token_revoked")


async def test_an_export_without_a_file_says_so(harness: Harness, tokens: TokenStore) -> None:
    service = harness.service(await minted(tokens))
    job = await start(service)
    answer = await service.get(f"/api/exports/{job}/file")
    assert problem(answer) == (409, "export_has_no_file")
    assert (answer.json()["exportStatus"], answer.headers["retry-after"]) == ("queued", "5")
    claim = await services(tokens) | {"export_id": job}
    await harness.publisher.publish(an_export_failed(**claim, code=FailureCode.NO_COPIES))
    await reached(service, job, "failed")
    answer = await service.get(f"/api/exports/{job}/file")
    assert (answer.json()["exportStatus"], "retry-after" in answer.headers) == ("failed", False)


async def test_an_expired_file_is_gone(harness: Harness, tokens: TokenStore) -> None:
    service = harness.service(await minted(tokens))
    job = await start(service)
    owner = await services(tokens)
    event = await harness.complete(job, CONTENT, owner=owner)
    await reached(service, job, "completed")
    await harness.storages_publisher.publish(expired(an_export(**owner, id=event.export_id), event.file.key))

    async def gone() -> bool:
        return (await service.get(f"/api/exports/{job}/file")).status_code == 410

    await wait_until(gone)


async def test_a_teacher_fetches_their_own_file_by_its_id_and_no_colleagues(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    await harness.complete(job, CONTENT)
    await reached(teacher, job, "completed")
    assert (await teacher.get(f"/api/exports/{job}/file")).content == CONTENT
    for person in (OKONKWO, MARCHETTI):
        assert problem(await harness.browser(person).get(f"/api/exports/{job}/file")) == (404, "export_not_found")


async def test_a_service_is_redirected_to_the_bucket_where_that_is_wanted(
    settings: Callable[..., GatewaySettings],
    sock: Any,
    database_url: str,
    bucket_url: str,
    topology: Topology,
    amqp_url: str,
    tokens: TokenStore,
    pool: asyncpg.Pool,
) -> None:
    namespace = topology.namespace
    async with (
        running_storage(bucket_url, database_url, amqp_url, namespace, storage_allow_http=True) as storage_url,
        running_gateway(
            settings(storage_url=storage_url, file_address_seconds=30), sock, storage_url, topology, amqp_url
        ) as harness,
    ):
        teacher, service = harness.browser(), harness.service(await minted(tokens))
        job = await start(teacher)
        await harness.complete(job, CONTENT)
        await reached(teacher, job, "completed")
        answer = await service.get(f"/api/exports/{job}/file")
        assert (answer.status_code, answer.headers["cache-control"]) == (307, "no-store")
        async with httpx2.AsyncClient(trust_env=False) as anybody:
            assert (await anybody.get(answer.headers["location"])).content == CONTENT
        assert "Expires=30" in answer.headers["location"]
        assert (await teacher.get(f"/api/exports/{job}/file")).content == CONTENT, "browsers never leave the site"
        assert (await service.head(f"/api/exports/{job}/file")).status_code == 200
        foreign = harness.service(await minted(tokens, institution=LAC.id))
        assert problem(await foreign.get(f"/api/exports/{job}/file")) == (404, "export_not_found")
    assert await pool.fetchval("SELECT downloads FROM exports.export") == 2


async def test_a_service_needs_no_csrf_proof_and_its_keys_are_its_own(harness: Harness, tokens: TokenStore) -> None:
    one, other = harness.service(await minted(tokens)), harness.service(await minted(tokens))
    job = await start(one, headers={"Idempotency-Key": "closing"})
    assert await start(one, headers={"Idempotency-Key": "closing"}) == job
    assert await start(other, headers={"Idempotency-Key": "closing"}) != job


async def test_a_service_fetches_at_a_rate_and_a_teacher_at_any(
    settings: Callable[..., GatewaySettings],
    sock: Any,
    storage_url: str,
    topology: Topology,
    amqp_url: str,
    tokens: TokenStore,
) -> None:
    values = settings(files_per_minute_service=2)
    async with running_gateway(values, sock, storage_url, topology, amqp_url) as harness:
        teacher, service = harness.browser(), harness.service(await minted(tokens))
        job = await start(teacher)
        await harness.complete(job, CONTENT)
        await reached(teacher, job, "completed")
        answers = [await service.get(f"/api/exports/{job}/file") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert problem(answers[2]) == (429, "too_many_requests")
        assert [(await teacher.get(f"/api/exports/{job}/file")).status_code for _ in range(3)] == [200] * 3
