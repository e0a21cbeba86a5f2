"""What commit.lua is asked for: a decision's holds, what they are checked against, and what is set aside for it."""

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import orjson

from engine.decide.decision import Claim, Decision, LoadClaim, LotClaim, OutputClaim, Shipment
from engine.decide.priority import rank, rank_text
from engine.model.lots import TAB, place_of
from engine.model.order_share import order_number
from engine.store.hold_changes.freed_stock import FreedStock
from engine.store.holds import Hold, hold_fields, periods_text, sku_lots, sku_units, weights_json
from engine.store.keys import Keys
from engine.store.script_keys import COMMIT
from engine.store.taken_units import TakenKeys, seconds_kept
from rules.reserves import Allotment, Portion, Tally

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitCall:
    """A call of commit.lua: the keys of the loads, of the claims, of what was taken that matters to them, and of the
    receipts that they take units of, those of the commit that are its own, and the arguments but for the numbers of
    keys.
    """

    loads: Sequence[tuple[str]]
    claims: Sequence[tuple[str, str]]
    taken: Sequence[tuple[str]]
    receipts: Sequence[tuple[str, str]]
    own: Mapping[str, str]
    arguments: Sequence[Any]

    def call(self, keys: Keys) -> dict[str, list[Any]]:
        """The `keys` and `args` of the script, where it runs alone."""
        script_keys = COMMIT.keys(keys, self.loads, self.claims, self.taken, self.receipts, **self.own)
        return {"keys": script_keys, "args": [*self.arguments, len(self.loads), len(self.claims), len(self.taken)]}


def commit_request(
    decision: Decision,
    decision_id: str,
    policies_at: int,
    taken: TakenKeys,
    *,
    first: bool,
    caller: str,
    max_holds: int | None,
    key_seconds: int | None,
    rank: str | None = None,
    now: int = 0,
    freed: FreedStock | None = None,
) -> dict[str, Any]:
    """The request as commit.lua reads it; `key_seconds` is how long its idempotency key is remembered, if it has one;
    `rank`, `now` and `freed` as in `Commit`. The `first` decision of an order takes the order's id.

    A claim is node, units, floor, and the ranges in which must be what is on hand, held and available. The floor may be
    a list of floors of which the largest counts. Each is a list of the units that may be oversold, what is kept, by
    units and basis points of what is on hand, and portions: the channel's own, then those of the others (see `Floor` in
    rules/reserves.py). A portion is what is protected, then its allotments. `taken` numbers the keys of what was taken
    in their periods, and is given those that are named. `taken` in the request is what is counted by them: number of
    the key, node, units, and for how many seconds it is kept. A room is the number of the key of its load, node,
    shipments, the most there may be in that period, and the range in which the load must be. An output is the number of
    the key, node, field of the node's loads, amount, and the most there may be. False stands for no bound, or for any
    value. `lots` are, by the number of a claim, those of its position: all labels, the units that are taken of some,
    the date before which lots have expired, and what of each is freed.
    """
    number = _numbers(decision.load_claims)
    request: dict[str, Any] = {
        "now": str(decision.decided_at),
        "policies": decision.policy_version,
        "policies_at": str(policies_at),
        "number": str(order_number(decision.order.id)),
        "network": decision.network_version,
        "day": decision.day,
        "hold_until": str(decision.hold_until),
        "shipments": hold_fields(decision),
        "claims": [
            [
                claim.node,
                str(claim.units),
                _floors(claim, decision.periods, taken, freed),
                _or_false(claim.ranges.on_hand),
                _or_false(claim.ranges.held),
                _or_false(claim.ranges.available),
            ]
            for claim in decision.claims
        ],
        "rooms": [
            [number[claim.period], claim.node, str(claim.shipments), _or_false(claim.most), _or_false(claim.load)]
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
    if decision.weights is not None:
        request["weights"], request["weights_json"] = decision.weights, weights_json(decision.weights)
        request["outputs"] = [
            [number[claim.period], claim.node, item.field, str(item.amount), _or_false(item.most)]
            for claim, item in _outputs(decision)
        ]
    lots = {
        str(number): _lots(claim, claim.lots, freed.units if freed else {})
        for number, claim in enumerate(decision.claims, start=1)
        if claim.lots
    }
    if lots:
        request["lots"] = lots
    if any(claim.receipts for claim in decision.claims):
        add_receipts(request, decision, decision_id, freed.pegs if freed else {})
    if any(claim.receipts_read is not None for claim in decision.claims):
        request["receipts_read"] = _receipts_read(decision)
    later = [str(number) for number, shipment in enumerate(decision.shipments) if shipment.ready_at]
    if later:
        request["later"] = ",".join(later)
    counted = decision.counted.values()
    if counted:
        request["periods"] = periods_text(list(counted))
        request["taken"] = [
            [
                taken.number(name, claim.sku),
                claim.node,
                claim.all_units,
                _or_false(seconds_kept(name, decision.decided_at)),
            ]
            for claim in decision.claims
            for name in counted
        ]
    return request


def add_set_aside(request: dict[str, Any], set_aside: SetAside, decision: Decision) -> None:
    """Say in a request to commit.lua what is, or may be, set aside.

    `earlier` has the id of its hold, the units as index of the SKU's keys, node (or place of a lot) and units, how many
    shipments it has, and what is its own of the loads, as number of the period's key, field and amount. A claim then
    has, last, those of its units that were set aside, and a room the shipments. `set_aside` has the decision's
    shipments as node, service, [index of the claim, SKU, units, units of lots] of each of its SKUs, and whether it is
    one of those of `Hold.later`.
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
                    [
                        [index_of[sku, shipment.node], sku, units, *([lots[sku]] if sku in lots else [])]
                        for sku, units in units_on_hand(shipment)
                    ],
                    bool(shipment.ready_at),
                ]
                for shipment in decision.shipments
                for lots in [sku_lots(shipment)]
            ],
        }
    if earlier is None:
        return
    key_index = {sku: index for index, sku in enumerate(earlier.skus, start=len(decision.claims) + 1)}
    request["earlier"] = {
        "id": earlier.id,
        "now": now,
        "units": [[key_index[sku], node, units] for (sku, node), units in earlier.units.items()],
        "shipments": len(earlier.shipments),
    }
    for claim, listed in zip(decision.claims, request["claims"], strict=True):
        listed.append(earlier.units[claim.sku, claim.node])
    for number, lots in request.get("lots", {}).items():
        claim = decision.claims[int(number) - 1]
        lots["own"] = _own_lots(claim.sku, claim.node, lots["labels"].split(TAB), earlier.units)
    number = _numbers(decision.load_claims, earlier)
    request["earlier"]["loads"] = [
        [number[period], field, str(amount)] for (period, field), amount in earlier.loads.items()
    ]
    _add_own_loads(request, earlier.loads, decision)


def add_receipts(request: dict[str, Any], decision: Decision, decision_id: str, own: Mapping[str, int]) -> None:
    """Say in a request to commit.lua what a decision takes of receipts; its `own` units of them, by receipt, are freed.

    `receipts` has, by the number of a claim, the number of the keys of its receipts, the haircut, and of each receipt
    that counts its id, status, instant, units that are taken and units that are freed. `pegs` are the units of each
    shipment that stand on a receipt: number of the keys, receipt, number of the shipment and units. They are served by
    `peg_rank`, and logged as `logged_pegs`.
    """
    number_of = {sku: number for number, sku in enumerate(receipt_skus(decision), start=1)}
    request["receipts"] = {
        str(number): {
            "key": number_of[claim.sku],
            "haircut": claim.haircut,
            "counted": [
                [item.id, item.status, item.expected_at, dict(claim.receipts).get(item.id, 0), own.get(item.id, 0)]
                for item in claim.counted
            ],
        }
        for number, claim in enumerate(decision.claims, start=1)
        if claim.receipts
    }
    text = rank_text(rank(decision.order, decision.priority, decision_id))
    pegs = list(pegs_of(decision))
    request["peg_rank"] = text
    request["pegs"] = [[number_of[sku], receipt, str(number), units] for sku, receipt, number, units in pegs]
    logged = [(sku, receipt, number, units, text) for sku, receipt, number, units in pegs]
    request["logged_pegs"] = orjson.dumps(logged).decode()


def _receipts_read(decision: Decision) -> dict[str, Any]:
    """By the number of a claim, the number of the keys of its receipts and the texts of those that must be open."""
    number_of = {sku: number for number, sku in enumerate(receipt_skus(decision), start=1)}
    return {
        str(number): {
            "key": number_of[claim.sku],
            "texts": {
                TAB.join([it.id, it.status, str(it.expected_at), str(it.to_come)]): 1 for it in claim.receipts_read
            },
            "count": len(claim.receipts_read),
        }
        for number, claim in enumerate(decision.claims, start=1)
        if claim.receipts_read is not None
    }


def receipt_skus(decision: Decision) -> list[str]:
    """The SKUs of whose receipts it takes units, or of which these must be as they were read, each once."""
    return list(
        dict.fromkeys(claim.sku for claim in decision.claims if claim.receipts or claim.receipts_read is not None)
    )


def pegs_of(decision: Decision) -> list[tuple[str, str, int, int]]:
    """SKU, receipt, number of the shipment and units of all that stands on receipts."""
    units: Counter[tuple[str, str, int]] = Counter()
    for number, shipment in enumerate(decision.shipments):
        for parcel in shipment.lines:
            for receipt, count in parcel.receipts:
                units[parcel.sku, receipt, number] += count
    return [(*peg, count) for peg, count in units.items()]


def units_on_hand(shipment: Shipment) -> list[tuple[str, int]]:
    """(SKU, units) of a shipment that are on hand, each SKU of which some are once."""
    units = dict(sku_units(shipment))
    for parcel in shipment.lines:
        units[parcel.sku] -= sum(count for _, count in parcel.receipts)
    return [(sku, count) for sku, count in units.items() if count]


def add_freed(request: dict[str, Any], freed: FreedStock, decision: Decision) -> None:
    """Say in a request to commit.lua what the decision's own order holds until then. A claim then has, last, those of
    its units that are freed, and a room the shipments.
    """
    request["replaces"] = True
    for claim, listed in zip(decision.claims, request["claims"], strict=True):
        listed.append(freed.units.get((claim.sku, claim.node), 0))
    _add_own_loads(request, Counter(freed.loads), decision)


def _add_own_loads(request: dict[str, Any], own: Counter[tuple[str, str]], decision: Decision) -> None:
    """Let a room and an output have, last, how much of the load is the decision's own."""
    for load_claim, listed in zip(decision.load_claims, request["rooms"], strict=True):
        listed.append(own[load_claim.period, load_claim.node])
    for (claim, item), listed in zip(_outputs(decision), request.get("outputs", ()), strict=True):
        listed.append(own[claim.period, item.field])


def _outputs(decision: Decision) -> list[tuple[LoadClaim, OutputClaim]]:
    """Each with its node's claim; none if units and grams are not counted."""
    return [(claim, item) for claim in decision.load_claims for item in claim.outputs]


def load_names(decision: Decision, earlier: Hold | None) -> list[str]:
    """The periods whose loads a commit changes, in the order of their keys' numbers."""
    return list(_numbers(decision.load_claims, earlier))


def _numbers(claims: Iterable[LoadClaim], earlier: Hold | None = None) -> dict[str, int]:
    """By period, the number of its key, from 1."""
    of_earlier = (period for period, _ in earlier.loads) if earlier else ()
    names = dict.fromkeys([*(claim.period for claim in claims), *of_earlier])
    return {name: number for number, name in enumerate(names, start=1)}


def _floors(
    claim: Claim, periods: Mapping[Tally, str], taken: TakenKeys, freed: FreedStock | None
) -> int | list[list[Any]]:
    def allotment(item: Allotment) -> list[Any]:
        period = periods[item.tally]
        own = freed.taken.get((period, claim.sku, claim.node), 0) if freed else 0
        number = taken.number(period, claim.sku)
        return [item.units, item.share, item.least, _or_false(item.most), number, own]

    def portion(item: Portion) -> list[list[Any]]:
        return [[item.reserve.units, item.reserve.share], *map(allotment, item.allotments)]

    return [
        [floor.oversell, [floor.keep.units, floor.keep.share], *map(portion, (floor.own, *floor.others))]
        for floor in claim.floors
    ] or claim.floor


def _lots(claim: Claim, lots: LotClaim, freed: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    return {
        "labels": TAB.join(lots.labels),
        "units": [[label, str(units)] for label, units in lots.units],
        "today": datetime.date.fromordinal(lots.today).isoformat(),
        "own": _own_lots(claim.sku, claim.node, lots.labels, freed),
    }


def _own_lots(sku: str, node: str, labels: Sequence[str], units: Mapping[tuple[str, str], int]) -> dict[str, int]:
    own = {label: units.get((sku, place_of(node, label)), 0) for label in labels}
    return {label: count for label, count in own.items() if count}


def _or_false(value: _T | None) -> _T | Literal[False]:
    # JSON's null becomes a value of its own in a script, which counts as true
    return False if value is None else value
