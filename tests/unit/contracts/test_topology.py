import ast
import re
from pathlib import Path

import pytest

from contracts.events import EVENT_TYPES
from contracts.shards import FLEET_TYPES
from contracts.states import Format
from contracts.topology import (
    MAX_ATTEMPTS,
    ROUTES,
    SMALL_COPIES,
    SMALL_REQUEST_KEY,
    VERSIONS,
    Exchange,
    Role,
    Topology,
    destinations,
    publishers,
    request_key,
)
from tests.builders import an_export_requested

ROOT = Path(__file__).parents[3]

ANYWHERE = Topology()


def test_namespaces_share_no_name() -> None:
    names = [{queue.name for queue in topology.queues} | set(topology.exchanges) for topology in _three()]
    assert not names[0] & names[1]
    assert not names[1] & names[2]


def _three() -> tuple[Topology, Topology, Topology]:
    return Topology(), Topology("a"), Topology("b")


def test_dead_letters_stay_in_their_namespace() -> None:
    topology = Topology("a")
    assert topology.requests.arguments["x-dead-letter-exchange"] == topology.dead.exchange
    assert topology.retry.arguments["x-dead-letter-exchange"] == topology.requests.exchange
    assert topology.dead.exchange.startswith("a.")


def test_nothing_is_dead_lettered_through_the_default_exchange() -> None:
    named = {queue.arguments.get("x-dead-letter-exchange", "none of ours") for queue in ANYWHERE.queues}
    assert "" not in named


def test_what_is_published_to_an_exchange_of_ours_is_kept_by_one_queue() -> None:
    bound = [(queue.exchange, key) for queue in ANYWHERE.queues for key in queue.routing_keys]
    routed = {(route.exchange.value, route.type) for route in ROUTES if route.exchange is not Exchange.FACTS}
    routed |= {(exchange.value, SMALL_REQUEST_KEY) for exchange in (Exchange.REQUESTS, Exchange.RETRIES)}
    routed -= {(Exchange.SHARDS.value, kind) for kind in FLEET_TYPES}
    assert set(bound) - {(Exchange.DEAD.value, "#")} == routed | {(Exchange.FACTS.value, "export.progress.v1")}
    assert len(bound) == len(set(bound))


def test_every_event_is_a_fact_that_one_service_tells() -> None:
    assert all(len(publishers(kind, Exchange.FACTS)) == 1 for kind in EVENT_TYPES)


def test_an_event_goes_to_our_own_exchange_before_the_facts() -> None:
    assert destinations(Role.GATEWAY, "export.requested.v1") == (Exchange.REQUESTS, Exchange.FACTS)
    assert destinations(Role.RENDERER, "export.completed.v1") == (Exchange.OUTCOMES,)
    assert destinations(Role.STORAGE, "export.completed.v1") == ()


def test_only_the_broker_publishes_dead_letters() -> None:
    assert all(route.exchange is not Exchange.DEAD for route in ROUTES)


def test_deploys_and_lost_connections_burn_no_attempt() -> None:
    limit = ANYWHERE.requests.arguments["x-delivery-limit"]
    assert isinstance(limit, int)
    assert limit > MAX_ATTEMPTS


def test_what_must_not_be_lost_is_in_quorum_queues() -> None:
    kinds = {queue.name: queue.kind for queue in ANYWHERE.queues}
    assert kinds == {
        "renderer.requests.v2": "quorum",
        "renderer.requests.small": "quorum",
        "renderer.requests.retry.v2": "quorum",
        "renderer.requests.dead.v2": "quorum",
        "gateway.outcomes.v2": "quorum",
        "gateway.progress": "stream",
        "renderer.cancellations.v2": "stream",
    }
    assert {queue.name: queue.kind for queue in ANYWHERE.optional} == {
        "exports.facts": "stream",
        "renderer.fleet": "stream",
    }


def test_what_is_said_of_shards_reaches_every_renderer() -> None:
    keys = set(ANYWHERE.fleet.routing_keys)
    assert keys == set(FLEET_TYPES) - {"shard.offered.v1"} | {"shard.offered.v1.*", "shard.dead.v1"}


def test_shards_are_for_renderers_that_draw_alike_and_come_twice_at_most() -> None:
    queue = Topology("a").shards("0123456789abcdef" * 4)
    assert (queue.name, queue.kind) == ("a.renderer.shards.0123456789abcdef", "quorum")
    assert queue.routing_keys == ("shard.offered.v1.0123456789abcdef",)
    assert queue.arguments == {
        "x-delivery-limit": 1,
        "x-dead-letter-exchange": "a.correcta.exports.shards",
        "x-dead-letter-routing-key": "shard.dead.v1",
        "x-message-ttl": 600_000,
        "x-expires": 3_600_000,
    }, "the broker refuses to declare a queue again with other arguments: the name has to change with them"


@pytest.mark.parametrize(
    ("kind", "copies", "small"),
    [
        (Format.PDF, None, False),
        (Format.PDF, SMALL_COPIES, True),
        (Format.ZIP, SMALL_COPIES + 1, False),
        (Format.CSV, None, True),
        (Format.XLSX, 5000, True),
    ],
)
def test_small_exports_have_a_queue_of_their_own(kind: Format, copies: int | None, small: bool) -> None:
    key = request_key(an_export_requested(format=kind, copies=copies))
    queue = ANYWHERE.small_requests if small else ANYWHERE.requests
    assert key in queue.routing_keys
    assert key in ANYWHERE.retry.routing_keys


def test_no_export_waits_for_what_the_fleet_needs() -> None:
    assert ANYWHERE.fleet not in ANYWHERE.queues
    assert Exchange.SHARDS.value not in ANYWHERE.exchanges


def test_a_queue_is_declared_after_the_one_its_dead_letters_go_to() -> None:
    order = [queue.name for queue in ANYWHERE.queues]
    assert order.index(ANYWHERE.dead.name) < order.index(ANYWHERE.requests.name) < order.index(ANYWHERE.retry.name)


EVER_DECLARED: dict[str, dict[str, str | int]] = {
    "renderer.requests": {
        "x-delivery-limit": 6,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": "renderer.requests.dead",
    },
    "renderer.requests.retry": {
        "x-message-ttl": 5_000,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": "renderer.requests",
    },
    "renderer.requests.dead": {"x-delivery-limit": 1_000_000},
    "gateway.outcomes": {"x-delivery-limit": 1_000_000},
    "gateway.progress": {"x-max-age": "1h", "x-stream-max-segment-size-bytes": 10_000_000},
    "renderer.cancellations": {"x-max-age": "24h", "x-stream-max-segment-size-bytes": 1_000_000},
    "renderer.requests.v2": {"x-delivery-limit": 6, "x-dead-letter-exchange": "correcta.exports.dead"},
    "renderer.requests.small": {"x-delivery-limit": 6, "x-dead-letter-exchange": "correcta.exports.dead"},
    "renderer.requests.retry.v2": {"x-message-ttl": 5_000, "x-dead-letter-exchange": "correcta.exports.requests"},
    "renderer.requests.dead.v2": {"x-delivery-limit": 1_000_000},
    "gateway.outcomes.v2": {"x-delivery-limit": 1_000_000},
    "renderer.cancellations.v2": {"x-max-age": "24h", "x-stream-max-segment-size-bytes": 1_000_000},
    "exports.facts": {
        "x-max-age": "7D",
        "x-max-length-bytes": 1_000_000_000,
        "x-stream-max-segment-size-bytes": 50_000_000,
    },
    "renderer.fleet": {"x-max-age": "1h", "x-stream-max-segment-size-bytes": 10_000_000},
}
"""The arguments of each queue as brokers in production have them. Nothing here is ever changed, only added to."""


def test_arguments_never_change_under_a_name() -> None:
    queues = (*ANYWHERE.queues, *ANYWHERE.optional)
    changed = [queue.name for queue in queues if EVER_DECLARED.get(queue.name) != queue.arguments]
    assert not changed, "raise its version in contracts.topology.VERSIONS and add its new name here"


def test_a_new_version_is_a_new_name_that_knows_the_former_ones() -> None:
    topology = Topology("a", {**VERSIONS, "renderer.requests.retry": 3})
    assert topology.retry.name == "a.renderer.requests.retry.v3"
    assert topology.retry.former_names == ("a.renderer.requests.retry", "a.renderer.requests.retry.v2")
    assert topology.progress.former_names == ()


@pytest.mark.parametrize("service", Role)
def test_a_service_publishes_the_events_that_it_makes(service: Role) -> None:
    models = {model.__name__: kind for kind, model in EVENT_TYPES.items()}
    folder = ROOT / "services" / service
    made = {models[name] for path in _modules(folder) for name in _events_made(path) if name in models}
    others = (Exchange.RETRIES, Exchange.SHARDS)
    routes = [route for route in ROUTES if route.role == service and route.exchange not in others]
    assert made == {route.type for route in routes}


def _modules(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.py") if "cli" not in path.parts]


def _events_made(path: Path) -> set[str]:
    """What a module imports from the events and calls: patterns of a `match` are no calls."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported = {alias.name for node in imports if node.module == "contracts.events" for alias in node.names}
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return imported & {called.id for called in calls if isinstance(called, ast.Name)}


def test_alerts_dashboards_and_scaling_name_queues_that_exist() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "deploy").rglob("*") if path.is_file()]
    named = {name for text in texts for name in re.findall(r'(?:queue=\\?"|queueName: )([\w.]+)', text)}
    assert named
    assert named <= {queue.name for queue in ANYWHERE.queues}
