"""What records say of their order, and what of that is personal: it is not kept with what could not be sent."""

from collections.abc import Mapping
from typing import Any

from api.connectors.sending.records.batch import Outdated, Record
from api.connectors.sending.records.packed import plain
from engine.decide.record import DecisionRecord
from engine.errors import NotFound
from engine.service import Pointsman

_STANDING = ("country", "region")
"""Of a destination, what says too little of a person to be personal."""


def order_of(decision: DecisionRecord) -> Record:
    """What every record says of its order."""
    order = decision.order
    return {
        "order": order.id,
        "channel": order.channel,
        "delivery": order.delivery,
        "placed_at": order.placed_at,
        "promise_by": order.promise_by,
        "destination": plain(order.destination),
        "collect_at": order.collect_at,
        "tags": plain(order.tags),
    }


def without_personal_fields(record: Record) -> dict[str, Any]:
    """The record without whom and where it goes to, and without tags, which may concern a person."""
    kept = {name: value for name, value in record.items() if name not in ("addressee", "tags")}
    if isinstance(kept.get("destination"), Mapping):
        kept["destination"] = {name: kept["destination"].get(name) for name in _STANDING}
    return kept


def with_personal_fields(pointsman: Pointsman, record: Record) -> Record:
    """The record with where it goes to and its tags as its decision has them: nothing of an order that was erased.
    Raises Outdated if there is no such decision.
    """
    try:
        order = order_of(pointsman.decision(str(record.get("decision"))).record)
    except NotFound as error:
        raise Outdated(str(error)) from None
    return {**record, "destination": order["destination"], "tags": order["tags"]}
