"""Writes `deploy/rabbitmq/services.json` and `subscriber.json`: accounts at the broker and what each may do there, from
`contracts.topology`, in RabbitMQ's own format (definitions).

`${NAME}` stands for what differs between deployments; `deploy/rabbitmq/definitions.sh` puts it in. Names of queues are
matched with any version, so that a queue's next version needs no other rights.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contracts.shards import ShardOffered
from contracts.topology import ANY_KEY, FINGERPRINT_DIGITS, ROUTES, Exchange, Queue, Role, Topology, offer_key
from dev import generated
from dev.paths import ROOT

FOLDER = ROOT / "deploy" / "rabbitmq"
SERVICES, SUBSCRIBER = FOLDER / "services.json", FOLDER / "subscriber.json"

NOTHING, ANYTHING = "^$", ".*"
EVENTS = "^export\\..+$"
"""The keys with which a subscriber may bind."""

FINGERPRINT = f"[0-9a-f]{{{FINGERPRINT_DIGITS}}}"
OFFERS = re.escape(offer_key("")) + FINGERPRINT
"""The keys of shards, as a regular expression."""

PREFIX, PATTERN = "${PREFIX}", "^${PREFIX_PATTERN}"
"""A namespace in front of a name, and of a regular expression for names."""

BACKLOG_BYTES = 1_000_000_000
"""What a subscriber's queue holds while it is away: about a million events. Beyond, its oldest are dropped, so that it
never fills the broker's disk, at which every publisher would be stopped.
"""

Definitions = dict[str, list[dict[str, Any]]]

TOPOLOGY = Topology()

CONSUMED: Mapping[Role, tuple[Queue, ...]] = {
    # Also those that it only declares: a dead-letter exchange needs the right to read.
    Role.GATEWAY: (*TOPOLOGY.queues, *TOPOLOGY.optional),
    Role.RENDERER: (TOPOLOGY.requests, TOPOLOGY.small_requests, TOPOLOGY.cancellations, TOPOLOGY.fleet),
    Role.STORAGE: (),
}


def services() -> Definitions:
    """An account for each service. The gateway declares everything, empties queues of former versions through their
    exchanges, and so may do more than its routes; the others may declare nothing.
    """
    return {
        "vhosts": [{"name": "${VHOST}"}],
        "users": [_user(PREFIX + role, f"${{{role.upper()}_BROKER_PASSWORD}}") for role in Role],
        "permissions": [_permission(PREFIX + role, **_rights(role)) for role in Role],
        "topic_permissions": [
            _topics(PREFIX + role, exchange, write=_keys(_written(role, exchange)), read=_bound(role, exchange))
            for role in Role
            for exchange in _exchanges(role)
        ],
    }


def subscriber() -> Definitions:
    """The account of a subscriber: queues of its own, bound to the facts, and the stream of the facts; it publishes
    nowhere.
    """
    own = "^${NAME}\\..+$"
    facts = _either([re.escape(Exchange.FACTS), *map(_any_version, TOPOLOGY.offered)])
    return {
        "users": [_user("${NAME}", "${SUBSCRIBER_PASSWORD}")],
        "permissions": [_permission("${NAME}", configure=own, write=own, read=f"{own}|{facts}")],
        "topic_permissions": [_topics("${NAME}", Exchange.FACTS, write=NOTHING, read=EVENTS)],
        "policies": [
            {
                "vhost": "${VHOST}",
                "name": "${NAME}",
                "pattern": own,
                "apply-to": "queues",
                "priority": 0,
                "definition": {"max-length-bytes": BACKLOG_BYTES, "overflow": "drop-head"},
            }
        ],
    }


def _user(name: str, password: str) -> dict[str, Any]:
    return {"name": name, "password": password, "tags": ""}


def _permission(user: str, *, configure: str, write: str, read: str) -> dict[str, Any]:
    return {"user": user, "vhost": "${VHOST}", "configure": configure, "write": write, "read": read}


def _topics(user: str, exchange: Exchange, *, write: str, read: str) -> dict[str, Any]:
    return {"user": user, "vhost": "${VHOST}", "exchange": PREFIX + exchange, "write": write, "read": read}


def _rights(role: Role) -> dict[str, str]:
    exchanges = [re.escape(each) for each in _exchanges(role)]
    queues = [_any_version(queue) for queue in CONSUMED[role]]
    if role is Role.RENDERER:
        # It declares and binds the queue of its own fingerprint.
        shards, offers = re.escape("renderer.shards.") + FINGERPRINT, re.escape(Exchange.SHARDS)
        return {
            "configure": _either([shards]),
            "write": _either([*exchanges, shards]),
            "read": _either([*queues, shards, offers]),
        }
    if role is Role.GATEWAY:
        written = [each for each in exchanges if each != re.escape(Exchange.SHARDS)]
        everything = _either(exchanges + queues)
        return {"configure": everything, "write": _either(written + queues), "read": everything}
    return {"configure": NOTHING, "write": _either(exchanges), "read": _either(queues)}


def _exchanges(role: Role) -> list[Exchange]:
    """The exchanges that a role may publish to."""
    return [each for each in Exchange if role is Role.GATEWAY or _written(role, each)]


def _written(role: Role, exchange: Exchange) -> set[str]:
    """The routing keys that a role may publish to an exchange with."""
    routed = {route.type for route in ROUTES if (route.role, route.exchange) == (role, exchange)}
    bound = {key for queue in TOPOLOGY.queues if queue.exchange == exchange for key in queue.routing_keys}
    if role is Role.GATEWAY:
        return routed if exchange in (Exchange.FACTS, Exchange.SHARDS) else routed | bound
    return routed | bound if exchange is Exchange.RETRIES and routed else routed


def _bound(role: Role, exchange: Exchange) -> str:
    """The keys that a role may bind with, as a regular expression."""
    if role is Role.GATEWAY:
        return ANYTHING
    return f"^({OFFERS})$" if exchange is Exchange.SHARDS else NOTHING


def _keys(keys: set[str]) -> str:
    if ANY_KEY in keys:
        return ANYTHING
    patterns = [OFFERS if key == ShardOffered.type else re.escape(key) for key in sorted(keys)]
    return f"^({'|'.join(patterns)})$" if patterns else NOTHING


def _either(names: list[str]) -> str:
    return f"{PATTERN}({'|'.join(names)})$" if names else NOTHING


def _any_version(queue: Queue) -> str:
    return re.escape(re.sub(r"\.v\d+$", "", queue.name)) + r"(\.v[0-9]+)?"


def files() -> dict[Path, str]:
    """Both files' texts."""
    return {path: _text(made) for path, made in ((SERVICES, services()), (SUBSCRIBER, subscriber()))}


def _text(definitions: Definitions) -> str:
    """JSON with an object a line."""
    lists = [
        f'  "{name}": [\n' + ",\n".join(f"    {json.dumps(each)}" for each in objects) + "\n  ]"
        for name, objects in definitions.items()
    ]
    return "{\n" + ",\n".join(lists) + "\n}\n"


def main(arguments: list[str]) -> int:
    """Exit status: 0 where files and code agree."""
    return generated.main(arguments, files(), "rights")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
