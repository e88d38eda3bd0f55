"""The events as an AsyncAPI 3.0 document: one channel a routing key, CloudEvents attributes as headers."""

from typing import Any

from pydantic.json_schema import models_json_schema

from contracts.envelope import CONTENT_TYPE, PREFIX
from contracts.events import EVENT_TYPES, AnyEvent
from contracts.topology import PUBLISHERS, Topology

Document = dict[str, Any]


def document() -> Document:
    """The whole AsyncAPI document."""
    topology = Topology()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Correcta exports",
            "version": "1.0.0",
            "description": "What happens to exports. References only, never a document's bytes; additive change only.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {kind: _channel(kind, topology) for kind in sorted(EVENT_TYPES)},
        "operations": {f"publish.{kind}": _operation(kind) for kind in sorted(EVENT_TYPES)},
        "components": {
            "messages": {kind: _message(kind, model) for kind, model in sorted(EVENT_TYPES.items())},
            "schemas": _schemas() | {"CloudEventHeaders": _headers()},
        },
    }


def _channel(kind: str, topology: Topology) -> Document:
    exchange = {"name": topology.exchange, "type": "topic", "durable": True, "autoDelete": False}
    queues = [queue.name for queue in topology.queues if kind in queue.routing_keys]
    return {
        "address": kind,
        "description": f"Bound by us: {', '.join(queues) or 'nobody; subscribe with a queue of your own'}.",
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }


def _operation(kind: str) -> Document:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{kind}"},
        "description": f"Published by {' or '.join(PUBLISHERS[kind])}.",
        "bindings": {"amqp": {"deliveryMode": 1 if "progress" in kind else 2, "bindingVersion": "0.3.0"}},
    }


def _message(kind: str, model: type[AnyEvent]) -> Document:
    return {
        "name": kind,
        "summary": (model.__doc__ or "").strip(),
        "contentType": CONTENT_TYPE,
        "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
    }


def _headers() -> Document:
    names = ("specversion", "id", "source", "type", "time", "subject")
    return {
        "type": "object",
        "description": "CloudEvents 1.0, binary mode. The same id means the same event; the subject is the export.",
        "required": [f"{PREFIX}{name}" for name in names],
        "properties": {f"{PREFIX}{name}": {"type": "string"} for name in names},
    }


def _schemas() -> Document:
    _, definitions = models_json_schema(
        [(model, "serialization") for model in EVENT_TYPES.values()], ref_template="#/components/schemas/{model}"
    )
    return dict(definitions["$defs"])
