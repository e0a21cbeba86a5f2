"""The decision: the record that is answered, logged and replayed, and its bytes."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from engine.decide.sourcing.problem import Score, Unproven
from engine.model.facts import MICRODEGREES, Line, Order
from rules.effects import Reserve

REASONS = {
    "no_stock": {"en": "no node has any of it", "fr": "aucun lieu n'en a"},
    "held_for_others": {"en": "all there is is held for other orders", "fr": "tout est réservé à d'autres commandes"},
    "kept_back": {
        "en": "kept back as safety stock or for other channels",
        "fr": "gardé en réserve ou pour d'autres canaux",
    },
    "unreachable": {
        "en": "at nodes from which no service can carry it there",
        "fr": "en des lieux d'où aucun service ne peut l'y porter",
    },
    "excluded": {"en": "at nodes that rules exclude", "fr": "en des lieux que des règles excluent"},
    "node_full": {
        "en": "at nodes that have all the shipments they may take today",
        "fr": "en des lieux complets pour aujourd'hui",
    },
    "kept_together": {
        "en": "the line must ship from one place, and none has it all",
        "fr": "la ligne doit partir d'un seul lieu, et aucun n'a tout",
    },
    "max_shipments": {
        "en": "the order may not be split any further",
        "fr": "la commande ne peut être divisée davantage",
    },
    "ship_complete": {
        "en": "the order ships whole or not at all",
        "fr": "la commande part complète ou pas du tout",
    },
    "resting": {
        "en": "at nodes that rest after a rejection",
        "fr": "en des lieux au repos après un refus",
    },
    "rejected": {
        "en": "at nodes that rejected units of this order",
        "fr": "en des lieux qui ont refusé des unités de cette commande",
    },
    "not_enough": {"en": "there are fewer units than were ordered", "fr": "il y en a moins que commandé"},
}
"""What each reason code says, in English and French."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Units of one line in a shipment."""

    line: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """What leaves one node by one service. Metres, UTC seconds, micros, milligrams of CO2e."""

    node: str
    service: str
    lines: tuple[Parcel, ...]
    distance: int
    ships_at: int
    arrives_by: int
    late: bool | None
    cost: int
    co2: int
    rules: tuple[str, ...]
    """The rules that fired on the options chosen here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What became of units that a line could have used: of so many. For what bounds the line or the order
    itself, those of the units there are that the line goes without for it; for `not_enough` and `no_stock`, the units
    that there are not. `explaining` says how they add up.
    """

    code: str
    units: int
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfilled:
    line: str
    sku: str
    quantity: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Options that rules took from a line, as `node/service`. `resting`: what is said of the node they leave, if they
    are taken because it rests.
    """

    line: str
    rules: tuple[str, ...]
    unless_needed: bool
    options: tuple[str, ...]
    resting: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the commit must find true and then take: units of a position above its floor."""

    sku: str
    node: str
    units: int
    floor: int
    shares: tuple[Reserve, ...] = ()
    """Where the floor depends on what is on hand: the reserves it is the sum of, for the commit to add up anew."""
    on_hand: int | None = None
    held: int | None = None
    """What the commit must find unchanged, because rules that give floors ask for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Shipments of a node today: how many this decision adds, and the most there may be."""

    node: str
    shipments: int
    most: int | None
    load: int | None = None
    """What the commit must find unchanged, because rules that give floors or limits ask for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`gap` and `unproven` as in `sourcing.Choice`. `fired` counts, by rule, the cases (order, line, position, option)
    it acted on.
    """

    order: Order
    decided_at: int
    policy_version: str
    network_version: str
    shipments: tuple[Shipment, ...]
    unfilled: tuple[Unfilled, ...]
    exclusions: tuple[Exclusion, ...]
    options: int
    score: Score
    gap: int | None
    unproven: Unproven | None
    hold_until: int
    positions: Mapping[str, Mapping[str, tuple[int, int, int]]]
    """The stock it was made on: (on hand, held, floor) by SKU and node."""
    because: Mapping[str, Mapping[str, str]]
    """By rule and language, why it is there: of the rules that the parts above name. Those of a rest that began under
    another version say why in the exclusion's `resting`, whoever goes by their name here.
    """
    fired: Mapping[str, int]
    silenced: tuple[str, ...]
    claims: tuple[Claim, ...]
    rooms: tuple[Room, ...]
    day: str
    """The installation's date, under which the nodes' loads are counted."""

    @property
    def status(self) -> str:
        if not self.unfilled:
            return "filled"
        return "partial" if self.shipments else "unfilled"


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
                "options": list(item.options),
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
            {"code": reason.code, "units": reason.units, "rules": list(reason.rules), **REASONS[reason.code]}
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
