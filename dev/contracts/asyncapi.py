"""The events as an AsyncAPI 3.0 document: one channel a routing key and exchange, CloudEvents attributes in headers,
and one for each stream of server-sent events.
"""

from typing import Any

from pydantic.json_schema import models_json_schema

from contracts import VERSION
from contracts.envelope import CONTENT_TYPE, PREFIX
from contracts.events import EVENT_TYPES, AnyEvent
from contracts.http import Described, Forecasts
from contracts.topology import ROUTES, Exchange, Topology, publishers

Document = dict[str, Any]

FRAMES = {
    "progress": "The export runs.",
    "completed": "There is a file.",
    "failed": "There will be none.",
    "cancelled": "The teacher gave it up.",
    "expired": "The file is deleted.",
}
TOLD_FRAMES = {
    "forecast": "How long running exports will take. It has no id.",
}
CONTROL_FRAMES = {
    "alive": "Nothing changed; `id` is a new cursor.",
    "reset": "The cursor can't be used: everything recent follows.",
}
ALL_FRAMES = FRAMES | TOLD_FRAMES | CONTROL_FRAMES
STREAMS = {
    "sse.export": (
        "/api/exams/{examId}/export/events",
        "Server-sent events of one export, until it ends. `id` is the export's position and strictly increases.",
        FRAMES | TOLD_FRAMES,
    ),
    "sse.exports": (
        "/api/exports/events",
        "Server-sent events of all of the caller's exports. `id` is a cursor: with it the stream goes on.",
        ALL_FRAMES,
    ),
}
"""Address, description and events of each stream."""

CHANNELS = sorted({(route.type, route.exchange) for route in ROUTES if route.type in EVENT_TYPES})


def document() -> Document:
    """The whole AsyncAPI document."""
    topology = Topology()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Correcta exports",
            "version": VERSION,
            "description": "What happens to exports. References only, never a document's bytes; additive change only.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {_name(*channel): _channel(*channel, topology) for channel in CHANNELS} | _stream_channels(),
        "operations": {f"publish.{_name(*channel)}": _operation(*channel) for channel in CHANNELS}
        | {f"stream.{name}": _stream_operation(name) for name in STREAMS},
        "components": {
            "messages": {kind: _message(kind, model) for kind, model in sorted(EVENT_TYPES.items())}
            | {f"sse.{name}": _frame(name, summary) for name, summary in ALL_FRAMES.items()},
            "schemas": _schemas() | {"CloudEventHeaders": _headers()},
        },
    }


def _name(kind: str, exchange: Exchange) -> str:
    """A channel's name: the type alone where it is a fact, which any service may subscribe to."""
    return kind if exchange is Exchange.FACTS else f"{exchange.rpartition('.')[2]}.{kind}"


def _channel(kind: str, exchange: Exchange, topology: Topology) -> Document:
    name = topology.exchange(exchange)
    ours = (*topology.queues, *topology.offered)
    queues = [queue.name for queue in ours if queue.exchange == name and kind in queue.routing_keys]
    readers = "our services only" if exchange is not Exchange.FACTS else "any service, with a queue of its own"
    return {
        "address": kind,
        "description": f"For {readers}. Bound by us: {', '.join(queues) or 'none'}.",
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": name, "type": "topic", "durable": True, "autoDelete": False},
                "bindingVersion": "0.3.0",
            }
        },
    }


def _operation(kind: str, exchange: Exchange) -> Document:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{_name(kind, exchange)}"},
        "description": f"Published by {' or '.join(sorted(publishers(kind, exchange)))}.",
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


def _stream_channels() -> Document:
    return {
        name: {
            "address": address,
            "description": description,
            "messages": {frame: {"$ref": f"#/components/messages/sse.{frame}"} for frame in frames},
        }
        for name, (address, description, frames) in STREAMS.items()
    }


def _stream_operation(name: str) -> Document:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{name}"},
        "description": "Sent by gateways to who asks, as text/event-stream.",
        "bindings": {"http": {"method": "GET", "bindingVersion": "0.3.0"}},
    }


def _frame(name: str, summary: str) -> Document:
    model = "Forecasts" if name in TOLD_FRAMES else "Described"
    payload: Document = {"type": "object"} if name in CONTROL_FRAMES else {"$ref": f"#/components/schemas/{model}"}
    return {"name": name, "summary": summary, "contentType": "application/json", "payload": payload}


def _headers() -> Document:
    required = ("specversion", "id", "source", "type", "time", "subject")
    added = ("dataschema", "partitionkey", "sequence")
    return {
        "type": "object",
        "description": "CloudEvents 1.0, binary mode. The same id means the same event; subject and partition key are "
        "the export; `sequence`, compared as text, rises with each state of it.",
        "required": [f"{PREFIX}{name}" for name in required],
        "properties": {f"{PREFIX}{name}": {"type": "string"} for name in (*required, *added)},
    }


def _schemas() -> Document:
    _, definitions = models_json_schema(
        [(model, "serialization") for model in (*EVENT_TYPES.values(), Described, Forecasts)],
        ref_template="#/components/schemas/{model}",
    )
    return dict(definitions["$defs"])
