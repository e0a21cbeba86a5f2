"""Each read of personal data is recorded: which operation, by whom, of which order or decision or by which query."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request

from api.http.blueprint import ITEMS, NDJSON
from api.http.problems import problem_of
from engine.errors import StoreUnavailable
from engine.service import Pointsman
from engine.store.audit.accesses import PreparedAccess

OF_NO_PERSON = frozenset(
    {
        # a page that is open to all
        "tracking_page.page",
        *("stock.availability", "stock.feed", "stock.show", "resting.listed"),
        *("channels.every", "channels.show", "channels.feed"),
        *("demand.show", "lookahead.show", "lookahead.of_sku"),
        *("inbound.listed", "inbound.show"),
        *("transfers.page", "transfers.show"),
        *("master_data.get_node", "master_data.get_product", "catalogue.nodes", "catalogue.products"),
        *("policies.listed", "policies.read", "policies.history", "policies.uses", "policies.changes"),
        *("policies.vocabulary", "policies.list_drafts", "policies.show_draft"),
        # how many orders came out otherwise, by rule and place, and no order
        "policies.read_gate",
        "whatif.listed",
        *("webhooks.listed", "webhooks.show"),
        # hashes, and entries without the personal values, which stand encrypted in them
        *("audit.checkpoint", "audit.consistency", "audit.keys", "audit.proof", "audit.tile"),
        # entries without what is in them
        "entries.page",
        "caller.show",
        # of those who work with Pointsman
        *("keys.listed", "keys.show", "connectors.listed", "connectors.list_files"),
        # numbers of orders alone
        "days.show",
        *("system.health", "system.ready", "metrics.numbers"),
        *("description.docs", "description.openapi"),
    }
)
"""The endpoints that read no personal data. Reads by all others are recorded, those to come as well."""


_ORDER = "order_that_was_read"
"""Of Flask's `g`."""


def note_order(order_id: str) -> None:
    """What this request reads is of this order, though its address names a decision."""
    setattr(g, _ORDER, order_id)


def print_access(pointsman: Pointsman, subject: str, order_id: str) -> PreparedAccess:
    """That the running request, though it reads nothing itself, has a paper printed that shows what is personal; for
    the step that queues it.
    """
    query = request.query_string.decode("latin-1")
    return pointsman.accesses.prepared(_operation(), subject=subject, order=order_id, query=query)


def record_reads(app: Flask, pointsman: Pointsman) -> None:
    """From here on. A read that can't be recorded is not answered. Who changes something is in the log of changes, and
    is answered what it sent; who has papers printed that show whom they go to is recorded as they are queued.
    """

    def record(response: Response) -> Response:
        is_read = request.method in ("GET", "HEAD") and request.endpoint is not None
        is_read = is_read and request.endpoint not in OF_NO_PERSON and response.status_code == HTTPStatus.OK
        if not is_read:
            return response
        subject = _subject(request.view_args or {})
        count = 1 if subject else _items(response)
        if count:
            try:
                pointsman.accesses.note(
                    _operation(),
                    subject=subject,
                    order=g.get(_ORDER, ""),
                    query=request.query_string.decode("latin-1"),
                    count=count,
                )
            except StoreUnavailable as error:
                return problem_of(error)
        return response

    app.after_request(record)


def _operation() -> str:
    """The id of the operation that the running request calls."""
    return str(request.endpoint).replace(".", "_")


def _subject(places: Mapping[str, Any]) -> str:
    """What the path names: of a shipment, its decision."""
    return places.get("decision_id") or "/".join(map(str, places.values()))


def _items(response: Response) -> int:
    """How many orders, decisions, events or whatever else the answer has."""
    if response.mimetype == NDJSON and not response.is_streamed:
        return response.get_data().count(b"\n")
    return int(g.get(ITEMS, 1))
