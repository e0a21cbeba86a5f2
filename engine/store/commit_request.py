"""What commit.lua is asked for: a decision's holds, what they are checked against, and what is set aside for it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from engine.decide.decision import Claim, Decision
from engine.store.hold_changes.freed_stock import FreedStock
from engine.store.holds import Hold, hold_fields, sku_units

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """What a commit does, at `now`, with units set aside for the decision. `earlier` is the hold of those set aside at
    an earlier try. If stock has changed again, as much of what the decision claims as is still there is set aside until
    the instant `until`, in the hold `name`; if there is no name, nothing is.
    """

    now: int
    earlier: Hold | None
    name: str | None
    until: int


NOTHING_SET_ASIDE = SetAside(now=0, earlier=None, name=None, until=0)


def commit_request(
    decision: Decision,
    policies_at: int,
    *,
    first: bool,
    caller: str,
    max_holds: int | None,
    key_seconds: int | None,
    rank: str | None = None,
    now: int = 0,
) -> dict[str, Any]:
    """The request as commit.lua reads it; `key_seconds` is how long its idempotency key is remembered, if it has one;
    `rank` and `now` as `Ledger.commit` says. The `first` decision of an order takes the order's id.

    A claim is node, units, floor, and the ranges in which must be what is on hand, held and available. The floor may be
    a list of floors of which the largest counts. Each is a list of the units that may be oversold and then reserves, by
    units and basis points of what is on hand: what is kept, the channel's own, then those of the others (see `Floor` in
    rules/effects.py). A room is node,
    shipments, the most there may be in the day, and the range in which the load must be. False stands for no bound, or
    for any value.
    """
    return {
        "now": str(decision.decided_at),
        "policies": decision.policy_version,
        "policies_at": str(policies_at),
        "network": decision.network_version,
        "day": decision.day,
        "hold_until": str(decision.hold_until),
        "shipments": hold_fields(decision),
        "claims": [
            [
                claim.node,
                str(claim.units),
                _floor(claim),
                _or_false(claim.ranges.on_hand),
                _or_false(claim.ranges.held),
                _or_false(claim.ranges.available),
            ]
            for claim in decision.claims
        ],
        "rooms": [
            [claim.node, str(claim.shipments), _or_false(claim.most), _or_false(claim.load)]
            for claim in decision.load_claims
        ],
        "order": first and decision.order.id,
        "parked": first and decision.awaiting_approval,
        "placed_at": str(decision.order.placed_at),
        "caller": caller,
        "max_holds": _or_false(max_holds),
        "rank": _or_false(rank),
        "clock": now,
        "key_seconds": _or_false(key_seconds),
    }


def add_set_aside(request: dict[str, Any], set_aside: SetAside, decision: Decision) -> None:
    """Say in a request to commit.lua what is, or may be, set aside.

    `earlier` has the id of its hold, the units as index of the SKU's keys, node and units, and the node of each
    shipment. A claim then has, last, those of its units that were set aside, and a room the shipments. `set_aside` has
    the decision's shipments as node, service and [index of the claim, SKU, units] of each of its SKUs.
    """
    index_of = {(claim.sku, claim.node): index for index, claim in enumerate(decision.claims, start=1)}
    now, earlier = str(set_aside.now), set_aside.earlier
    if set_aside.name is not None:
        request["set_aside"] = {
            "id": set_aside.name,
            "now": now,
            "until": str(set_aside.until),
            "shipments": [
                [
                    shipment.node,
                    shipment.service,
                    [[index_of[sku, shipment.node], sku, units] for sku, units in sku_units(shipment)],
                ]
                for shipment in decision.shipments
            ],
        }
    if earlier is None:
        return
    key_index = {sku: index for index, sku in enumerate(earlier.skus, start=len(decision.claims) + 1)}
    request["earlier"] = {
        "id": earlier.id,
        "now": now,
        "units": [[key_index[sku], node, units] for (sku, node), units in earlier.units.items()],
        "nodes": [shipment.node for shipment in earlier.shipments],
    }
    for claim, listed in zip(decision.claims, request["claims"], strict=True):
        listed.append(earlier.units[claim.sku, claim.node])
    loads = Counter(shipment.node for shipment in earlier.shipments if earlier.day == decision.day)
    for load_claim, listed in zip(decision.load_claims, request["rooms"], strict=True):
        listed.append(loads[load_claim.node])


def add_freed(request: dict[str, Any], freed: FreedStock, decision: Decision) -> None:
    """Say in a request to commit.lua what the decision's own order holds until then. A claim then has, last, those of
    its units that are freed, and a room the shipments.
    """
    request["replaces"] = True
    for claim, listed in zip(decision.claims, request["claims"], strict=True):
        listed.append(freed.units.get((claim.sku, claim.node), 0))
    for load_claim, listed in zip(decision.load_claims, request["rooms"], strict=True):
        listed.append(freed.shipments.get((decision.day, load_claim.node), 0))


def _floor(claim: Claim) -> int | list[list[int]]:
    return [
        [floor.oversell, *(n for item in (floor.keep, floor.own, *floor.others) for n in (item.units, item.share))]
        for floor in claim.floors
    ] or claim.floor


def _or_false(value: _T | None) -> _T | Literal[False]:
    # JSON's null becomes a value of its own in a script, which counts as true
    return False if value is None else value
