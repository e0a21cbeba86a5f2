"""A decision as JSON: the record that is answered, logged and replayed, and its bytes."""

import datetime
from collections.abc import Mapping
from typing import Any

import orjson

from engine.decide.decision import Decision, Shipment, Unfilled
from engine.decide.reasons import reason_texts
from engine.model.facts import MICRODEGREES, GeoPoint, Line, Order


def record(decision: Decision, decision_id: str | None, engine_version: str) -> dict[str, Any]:
    """The decision as JSON values. Amounts keep their integer unit, which their name tells. No id: a dry run."""
    held = bool(decision.claims) and decision_id is not None
    return {
        "id": decision_id,
        "status": decision.status,
        "decided_at": timestamp(decision.decided_at),
        "policy_version": decision.policy_version,
        "network_version": decision.network_version,
        "engine_version": engine_version,
        "order": order_record(decision.order),
        "shipments": [_shipment(shipment) for shipment in decision.shipments],
        "unfilled": [_unfilled(unfilled) for unfilled in decision.unfilled],
        "cost_micros": sum(shipment.cost for shipment in decision.shipments),
        "co2_mg": sum(shipment.co2 for shipment in decision.shipments),
        "score": _score(decision),
        "hold": {"id": decision_id, "expires_at": timestamp(decision.hold_until)} if held else None,
        "stock": {
            sku: {
                node: {"on_hand": on_hand, "held": held, "floor": floor}
                for node, (on_hand, held, floor) in nodes.items()
            }
            for sku, nodes in decision.positions.items()
        },
        "rules": {
            "fired": dict(decision.fired),
            "silenced": list(decision.silenced),
            "because": {rule: dict(texts) for rule, texts in decision.because.items()},
        },
        "options": decision.options,
        "excluded": [
            {
                "line": item.line,
                "rules": list(item.rules),
                "unless_needed": item.unless_needed,
                "options": [f"{option.node}/{option.service}" for option in item.options],
                **({"resting": dict(item.resting)} if item.resting else {}),
            }
            for item in decision.exclusions
        ],
    }


def canonical(value: Mapping[str, Any]) -> bytes:
    """The bytes of a record: JSON with sorted keys and no blanks, the same wherever it is made."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def timestamp(instant: int) -> str:
    """RFC 3339 in UTC, to the second."""
    return datetime.datetime.fromtimestamp(instant, tz=datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(instant: str) -> int:
    """UTC seconds of what `timestamp` wrote."""
    return int(datetime.datetime.fromisoformat(instant).timestamp())


def order_record(order: Order) -> dict[str, Any]:
    place = order.place
    return {
        "id": order.id,
        "channel": order.channel,
        "delivery": order.delivery,
        "placed_at": timestamp(order.placed_at),
        "promise_by": None if order.promise_by is None else timestamp(order.promise_by),
        "destination": {
            "country": order.country,
            "postcode": order.postcode,
            "region": order.region,
            # microdegrees over a million: the shortest decimal that reads back as the same microdegree
            "latitude": place and place.latitude / MICRODEGREES,
            "longitude": place and place.longitude / MICRODEGREES,
        },
        "collect_at": order.collect_at,
        "segment": order.segment,
        "tags": sorted(order.tags),
        "lines": [_line(line) for line in order.lines],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "sku": line.sku,
        "quantity": line.quantity,
        "unit_price_micros": line.unit_price,
    }


def _shipment(shipment: Shipment) -> dict[str, Any]:
    return {
        "node": shipment.node,
        "service": shipment.service,
        "lines": [{"line": parcel.line, "sku": parcel.sku, "quantity": parcel.quantity} for parcel in shipment.lines],
        "distance_m": shipment.distance,
        "ships_at": timestamp(shipment.ships_at),
        "arrives_by": timestamp(shipment.arrives_by),
        "late": shipment.late,
        "cost_micros": shipment.cost,
        "co2_mg": shipment.co2,
        "rules": list(shipment.rules),
    }


def _unfilled(unfilled: Unfilled) -> dict[str, Any]:
    return {
        "line": unfilled.line,
        "sku": unfilled.sku,
        "quantity": unfilled.quantity,
        "reasons": [
            {"code": reason.code, "units": reason.units, "rules": list(reason.rules), **reason_texts(reason.code)}
            for reason in unfilled.reasons
        ],
    }


def _score(decision: Decision) -> dict[str, Any]:
    """`unproven` is there only if something before money is."""
    score, doubt = decision.score, decision.unproven
    return {
        "unfilled_units": score.unfilled,
        "unless_needed_units": score.needed,
        "tiers": score.tiers,
        "money_micros": score.money,
        "gap_micros": decision.gap,
        **({} if doubt is None else {"unproven": {"part": doubt.part, "at_most": doubt.most}}),
    }


def order_of(record: Mapping[str, Any]) -> Order:
    """The order that `order_record` wrote."""
    goal, promise = record["destination"], record["promise_by"]
    place = None
    if goal["latitude"] is not None:
        place = GeoPoint(latitude=_microdegrees(goal["latitude"]), longitude=_microdegrees(goal["longitude"]))
    return Order(
        id=record["id"],
        channel=record["channel"],
        delivery=record["delivery"],
        placed_at=seconds(record["placed_at"]),
        promise_by=None if promise is None else seconds(promise),
        place=place,
        collect_at=record["collect_at"],
        country=goal["country"],
        postcode=goal["postcode"],
        region=goal["region"],
        segment=record["segment"],
        tags=frozenset(record["tags"]),
        lines=tuple(
            Line(id=line["id"], sku=line["sku"], quantity=line["quantity"], unit_price=line["unit_price_micros"])
            for line in record["lines"]
        ),
    )


def _microdegrees(degrees: float) -> int:
    # the decimal was written from microdegrees, so the nearest one is the one it was
    return round(degrees * MICRODEGREES)
