"""An identity provider's keys over real HTTP: fetched, kept while it is away, and never asked for too often."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from starlette.datastructures import Headers

from services.gateway.errors import NotSignedIn, ProviderAway
from services.gateway.identity import key_set, sessions
from services.gateway.identity.authentication import Authentication, Provider
from services.gateway.identity.key_set import MAX_BYTES, RETRY_SECONDS, KeySet
from services.gateway.identity.signed_tokens import Rules
from tests.waiting import wait_until

OLD = ECKey.generate_key("P-256", {"kid": "old"}, private=True)
NEW = ECKey.generate_key("P-256", {"kid": "new"}, private=True)


@dataclass
class FakeProvider:
    """What the provider answers, how often it was asked, and the time."""

    body: bytes = b""
    status: str = "200 OK"
    headers: str = ""
    asked: int = 0
    now: float = 0.0
    url: str = ""
    held: asyncio.Event = field(default_factory=asyncio.Event)

    def publish(self, *keys: ECKey) -> None:
        self.body = json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        await self.held.wait()
        head = f"HTTP/1.1 {self.status}\r\nContent-Length: {len(self.body)}\r\nConnection: close\r\n{self.headers}\r\n"
        writer.write(head.encode() + self.body)
        writer.close()


@asynccontextmanager
async def serving() -> AsyncIterator[FakeProvider]:
    provider = FakeProvider()
    provider.publish(OLD)
    provider.held.set()
    server = await asyncio.start_server(provider.answer, "127.0.0.1", 0)
    async with server:
        provider.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
        yield provider


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with serving() as made:
        yield made


@pytest.fixture
def keys(provider: FakeProvider) -> KeySet:
    return KeySet(provider.url, lambda: provider.now)


async def test_a_key_is_fetched_once_and_an_unknown_one_asked_for_once_a_minute(
    provider: FakeProvider, keys: KeySet
) -> None:
    assert await keys.find("old") is not None
    for _ in range(20):
        assert await keys.find("old") is not None
        assert await keys.find("new") is None
    assert provider.asked == 1
    provider.publish(OLD, NEW)
    provider.now += RETRY_SECONDS
    assert await keys.find("new") is not None
    assert provider.asked == 2


async def test_those_who_wait_for_one_fetch_share_it(provider: FakeProvider, keys: KeySet) -> None:
    provider.held.clear()
    waiting = [asyncio.create_task(keys.find("old")) for _ in range(10)]
    waiting[0].cancel()
    await wait_until(lambda: provider.asked)
    provider.held.set()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert all(isinstance(key, ECKey) for key in found[1:])
    assert provider.asked == 1


REFUSALS: list[dict[str, Any]] = [
    {"status": "500 Oh"},
    {"body": b"<html>"},
    {"body": b'{"keys": ["' + b"x" * MAX_BYTES + b'"]}'},
    {"status": "302 Found", "headers": "Location: /other\r\n"},
]


@pytest.mark.parametrize("answer", REFUSALS)
async def test_while_no_good_answer_comes_the_old_keys_stay(
    provider: FakeProvider, keys: KeySet, answer: dict[str, Any]
) -> None:
    assert await keys.find("old") is not None
    for name, value in answer.items():
        setattr(provider, name, value)
    provider.now += RETRY_SECONDS
    assert await keys.find("new") is None
    assert provider.asked == 2
    assert await keys.find("old") is not None


async def test_a_provider_that_hangs_holds_nobody_up_for_long(
    provider: FakeProvider, keys: KeySet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_set, "FETCH_SECONDS", 0.05)
    provider.held.clear()
    with pytest.raises(ProviderAway):
        await keys.find("old")
    provider.held.set()


async def test_what_the_provider_withdraws_is_gone_with_the_next_fetch(provider: FakeProvider, keys: KeySet) -> None:
    running = asyncio.create_task(keys.run())
    await wait_until(lambda: provider.asked)
    assert await keys.find("old") is not None
    running.cancel()
    await asyncio.wait([running])
    provider.publish(NEW)
    provider.now += RETRY_SECONDS
    await keys.refresh()
    assert await keys.find("old") is None


async def test_a_signed_bearer_token_is_a_session(provider: FakeProvider, keys: KeySet) -> None:
    now = datetime.now(UTC)
    content = {
        "sub": "user-1",
        "role": "TEACHER",
        "institutionId": "inst-1",
        "iss": "https://id.example",
        "aud": "correcta",
        "exp": int((now + timedelta(hours=1)).timestamp()),
    }
    cookie_names = sessions.cookie_names([sessions.COOKIE])
    rules = Rules(("ES256",), "https://id.example", "correcta")
    session_keys = sessions.keys(["a secret"], cookie_names)
    authentication = Authentication(cookie_names, session_keys, Provider(keys, rules))

    def headers(key: ECKey, cookie: str = "") -> Headers:
        token = jws.serialize_compact({"alg": "ES256", "kid": key.kid}, json.dumps(content), key)
        return Headers({"Authorization": f"Bearer {token}", "Cookie": cookie})

    found = await authentication.session(headers(OLD), now)
    assert (found.user_id, found.bearer) == ("user-1", True)
    with pytest.raises(NotSignedIn):
        await authentication.session(headers(NEW), now)
    token = sessions.mint(content, session_keys[0].key)
    assert (await authentication.session(Headers({"Authorization": f"Bearer {token}"}), now)).bearer
    assert not (await authentication.session(headers(NEW, f"{sessions.COOKIE}={token}"), now)).bearer


async def test_while_keys_were_never_fetched_a_cookie_counts_and_a_token_alone_cannot_be_judged(
    provider: FakeProvider, keys: KeySet
) -> None:
    provider.status = "503 Later"
    now = datetime.now(UTC)
    session_keys = sessions.keys(["a secret"], [sessions.COOKIE])
    rules = Rules(("ES256",), "https://id.example", "correcta")
    authentication = Authentication((sessions.COOKIE,), session_keys, Provider(keys, rules))
    bearer = jws.serialize_compact({"alg": "ES256", "kid": "old"}, "{}", OLD)
    with pytest.raises(ProviderAway):
        await authentication.session(Headers({"Authorization": f"Bearer {bearer}"}), now)
    claims = {"id": "user-1", "role": "TEACHER", "exp": int(now.timestamp()) + 60}
    cookie = f"{sessions.COOKIE}={sessions.mint(claims, session_keys[0].key)}"
    found = await authentication.session(Headers({"Authorization": f"Bearer {bearer}", "Cookie": cookie}), now)
    assert not found.bearer
