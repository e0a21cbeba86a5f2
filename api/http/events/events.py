"""GET /v1/events: what changed, as CloudEvents, a line each."""

from http import HTTPStatus
from typing import Any

from flask import Response

from api.http.blueprint import NDJSON, Blueprint
from api.http.serving.ending import Ending
from api.records.events import DATA_RECORDS, EventRecord, renderer
from api.shapes.events import EventsQuery
from engine.service import Pointsman

CURSOR = "Pointsman-Cursor"
"""The header with the cursor of an answer."""


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The events of one Pointsman."""
    events = Blueprint("events", __name__, url_prefix="/v1/events", description="What changed")
    events.records |= set(DATA_RECORDS)
    render = renderer(pointsman)
    header = {CURSOR: {"description": "send it as `since` to go on", "schema": {"type": "string"}}}

    @events.get("", scope=("orders", "audit:read"))
    @events.arguments(EventsQuery, location="query")
    @events.response(HTTPStatus.OK, EventRecord, content_type=NDJSON, headers=header)
    def listed(query: dict[str, Any]) -> Response:
        """What changed since, in order: NDJSON, a CloudEvent a line; with `wait`, as soon as something does

        Events of an order come in the order of its changes. After a failure the same request gives the same events.
        """
        since = pointsman.events.end() if query["since"] is None else query["since"]
        ending = Ending.of_request()
        page = pointsman.events.read(
            since,
            limit=query["limit"],
            types=frozenset(query["type"]),
            seconds=query["wait"],
            goes_on=lambda: ending.reason is None,
        )
        body = b"".join(render(event) + b"\n" for event in page.events)
        return Response(body, content_type=NDJSON, headers={CURSOR: str(page.cursor), "Cache-Control": "no-store"})

    return events
