from contracts.events import EVENT_TYPES
from contracts.topology import MAX_ATTEMPTS, Topology

ANYWHERE = Topology()


def test_namespaces_share_no_name() -> None:
    names = [{queue.name for queue in topology.queues} | {topology.exchange} for topology in _three()]
    assert not names[0] & names[1]
    assert not names[1] & names[2]


def _three() -> tuple[Topology, Topology, Topology]:
    return Topology(), Topology("a"), Topology("b")


def test_dead_letters_stay_in_their_namespace() -> None:
    topology = Topology("a")
    assert topology.requests.arguments["x-dead-letter-routing-key"] == topology.dead.name
    assert topology.retry.arguments["x-dead-letter-routing-key"] == topology.requests.name


def test_every_event_is_kept_by_some_queue() -> None:
    bound = {key for queue in ANYWHERE.queues for key in queue.routing_keys}
    assert bound == set(EVENT_TYPES)


def test_deploys_and_lost_connections_burn_no_attempt() -> None:
    limit = ANYWHERE.requests.arguments["x-delivery-limit"]
    assert isinstance(limit, int)
    assert limit > MAX_ATTEMPTS


def test_what_must_not_be_lost_is_in_quorum_queues() -> None:
    kinds = {queue.name: queue.kind for queue in ANYWHERE.queues}
    assert kinds == {
        "renderer.requests": "quorum",
        "renderer.requests.retry": "quorum",
        "renderer.requests.dead": "quorum",
        "gateway.outcomes": "quorum",
        "gateway.progress": "stream",
        "renderer.cancellations": "stream",
    }


def test_a_queue_is_declared_after_the_one_its_dead_letters_go_to() -> None:
    order = [queue.name for queue in ANYWHERE.queues]
    assert order.index(ANYWHERE.dead.name) < order.index(ANYWHERE.requests.name) < order.index(ANYWHERE.retry.name)
