"""What a renderer takes for a result: signed by a renderer, under this key, whole. Everything else is typeset anew."""

from collections.abc import Callable

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from contracts.blobs import ResultKeys
from contracts.topology import Role
from services.common.signing import SignaturePolicy, Signer, Verifier
from services.common.signing_keys import new_keys, trusted_list
from services.renderer.fleet.blob_client import AWAY_SECONDS, BlobClient, BlobGone, BlobsAway
from services.renderer.fleet.metrics import FleetMetrics
from services.renderer.workers.results import TypesetSegment, encode

KEYS = new_keys()
KEY, OTHER_KEY = "11" * 32, "22" * 32
RESULT = encode(TypesetSegment(b"a segment", 3))


class Storage:
    """Storage's blobs, kept in memory."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.status: int | None = None
        self.requests = 0

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests += 1
        if self.status is not None:
            return httpx2.Response(self.status)
        path = request.url.path
        if request.method == "POST":
            asked = ResultKeys.model_validate_json(request.content)
            there = tuple(key for key in asked.keys if f"/blobs/results/{key}" in self.blobs)
            return httpx2.Response(200, content=ResultKeys(keys=there).to_json())
        if request.method == "PUT":
            known = self.blobs.setdefault(path, request.content)
            return httpx2.Response(201 if known is request.content else 200 if known == request.content else 409)
        return httpx2.Response(200, content=self.blobs[path]) if path in self.blobs else httpx2.Response(404)


@pytest.fixture
def storage() -> Storage:
    return Storage()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


Make = Callable[..., BlobClient]


@pytest.fixture
def make(storage: Storage, registry: CollectorRegistry) -> Make:
    metrics = FleetMetrics(registry)

    def made(
        role: Role = Role.RENDERER, fingerprint: str = "same", clock: Callable[[], float] = lambda: 0.0
    ) -> BlobClient:
        return BlobClient(
            "http://storage",
            "token",
            fingerprint,
            Signer(KEYS[role]),
            Verifier(trusted_list(KEYS), SignaturePolicy.REQUIRE),
            metrics,
            transport=httpx2.MockTransport(storage),
            clock=clock,
        )

    return made


def refused(registry: CollectorRegistry, reason: str) -> float:
    return registry.get_sample_value("renderer_blobs_refused_total", {"reason": reason}) or 0.0


async def test_a_result_comes_back(make: Make) -> None:
    client = make()
    assert await client.present([KEY, OTHER_KEY]) == set()
    await client.put_result(KEY, RESULT)
    await client.put_result(KEY, RESULT)
    assert await client.present([KEY, OTHER_KEY]) == {KEY}
    assert await client.get_result(KEY) == RESULT
    with pytest.raises(BlobGone):
        await client.get_result(OTHER_KEY)


async def test_another_copys_result_is_never_taken(make: Make, storage: Storage, registry: CollectorRegistry) -> None:
    client = make()
    await client.put_result(KEY, RESULT)
    await client.put_result(OTHER_KEY, encode(TypesetSegment(b"another student's", 1)))
    one, other = storage.blobs
    storage.blobs[one], storage.blobs[other] = storage.blobs[other], storage.blobs[one]
    for key in (KEY, OTHER_KEY):
        with pytest.raises(BlobGone):
            await client.get_result(key)
    assert refused(registry, "wrong_signature") == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda blob: blob[:-1], "wrong_signature"),
        (lambda blob: b"\n" + blob.partition(b"\n")[2], "unsigned"),
        (lambda blob: b"ed25519:\n" + blob.partition(b"\n")[2], "malformed"),
        (lambda _: b"", "unsigned"),
    ],
)
async def test_a_changed_result_is_refused(
    make: Make, storage: Storage, registry: CollectorRegistry, change: Callable[[bytes], bytes], reason: str
) -> None:
    client = make()
    await client.put_result(KEY, RESULT)
    [path] = storage.blobs
    storage.blobs[path] = change(storage.blobs[path])
    with pytest.raises(BlobGone):
        await client.get_result(KEY)
    assert refused(registry, reason) == 1


async def test_no_other_service_makes_a_result(make: Make, storage: Storage, registry: CollectorRegistry) -> None:
    await make(Role.STORAGE).put_result(KEY, RESULT)
    with pytest.raises(BlobGone):
        await make().get_result(KEY)


async def test_a_signed_result_that_is_none_is_refused(make: Make, registry: CollectorRegistry) -> None:
    client = make()
    await client.put_result(KEY, b"not a result")
    with pytest.raises(BlobGone):
        await client.get_result(KEY)
    assert refused(registry, "damaged") == 1


async def test_renderers_that_draw_otherwise_share_no_result(make: Make, storage: Storage) -> None:
    await make().put_result(KEY, RESULT)
    assert await make(fingerprint="another").present([KEY]) == set()


async def test_content_is_what_its_name_says(make: Make, storage: Storage, registry: CollectorRegistry) -> None:
    client = make()
    digest = await client.put_content(b"an answer")
    assert await client.get_content(digest) == b"an answer"
    storage.blobs[f"/blobs/content/{digest}"] = b"another answer"
    with pytest.raises(BlobGone):
        await client.get_content(digest)
    assert refused(registry, "damaged") == 1


async def test_a_different_result_under_one_key_is_counted(
    make: Make, storage: Storage, registry: CollectorRegistry
) -> None:
    client = make()
    await client.put_result(KEY, RESULT)
    await client.put_result(KEY, encode(TypesetSegment(b"other bytes", 3)))
    assert registry.get_sample_value("renderer_blob_duplicates_total", {"kind": "different"}) == 1
    assert await client.get_result(KEY) == RESULT


@pytest.mark.parametrize("status", [401, 403, 413, 500, 503, 507])
async def test_where_storage_fails_it_is_not_asked_again_for_a_while(make: Make, storage: Storage, status: int) -> None:
    now = 0.0
    client = make(clock=lambda: now)
    storage.status = status
    for _ in range(5):
        with pytest.raises(BlobsAway):
            await client.present([KEY])
        with pytest.raises(BlobsAway):
            await client.put_result(KEY, RESULT)
    assert storage.requests == 1
    assert client.is_away
    storage.status, now = None, AWAY_SECONDS
    assert await client.present([KEY]) == set()


async def test_the_same_result_under_another_keys_signature_is_no_different_one(
    make: Make, storage: Storage, registry: CollectorRegistry
) -> None:
    client = make()
    await client.put_result(KEY, RESULT)
    client._signer = Signer()  # as good as any other: the bytes in storage differ from those that are sent
    await client.put_result(KEY, RESULT)
    assert registry.get_sample_value("renderer_blob_duplicates_total", {"kind": "different"}) == 0
