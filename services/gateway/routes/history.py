"""The events of an institution's exports for services that do not speak AMQP, in pages, as far as they are kept."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.events import ExportProgress
from contracts.http import Events, TokenScope
from contracts.topology import ROUTES, Exchange
from services.gateway import parsing
from services.gateway.access import Caller, services_only
from services.gateway.dependencies import dependencies
from services.gateway.routes.lifecycle import json_response

TOLD = frozenset(route.type for route in ROUTES if route.exchange is Exchange.FACTS) - {ExportProgress.type}


async def events(request: Request, who: Caller) -> Response:
    """GET `/api/events?after=&type=&limit=`: the events after a position, oldest first; several types may be named."""
    query = request.query_params
    after = parsing.cursor(parsing.single(query.getlist("after")))
    limit = parsing.event_count(parsing.single(query.getlist("limit")))
    types = parsing.event_types(query.getlist("type"), TOLD)
    page = await dependencies(request).history.read(who.institution_id, after, types, limit)
    return json_response(Events(events=page.events, next=str(page.position), more=page.more))


def history_routes() -> list[Route]:
    """The addresses of this module."""
    return [Route("/api/events", services_only(events, TokenScope.EVENTS_READ))]
