"""decide(order, snapshot, matcher, now) -> Decision: judge every stage, price the offers, choose, explain."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from engine.decide.decision import Claim, Decision, Exclusion, Parcel, Room, Shipment, Unfilled
from engine.decide.evaluation import Case, Offer
from engine.decide.matching.judge import PolicyJudge
from engine.decide.node_rest import resting_record
from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.problem import Candidate, Choice, Demand, Price, Problem, Score
from engine.decide.unfilled_reasons import reasons
from engine.model.facts import Order, Snapshot, rounded
from rules import effects

KILOGRAM = 1_000_000
"""Milligrams; carbon is priced by the kilogram."""


def decide(
    order: Order,
    snapshot: Snapshot,
    matcher: PolicyJudge,
    now: int,
    *,
    held_from: int | None = None,
    whole: Order | None = None,
    kept: int = 0,
    promised: bool = False,
) -> Decision:
    """The best assignment under the policies. `order` is valid for `snapshot`: its SKUs are known, it has lines.

    The hold lasts from `held_from`, by default `now`. `order` may be the remainder of a `whole`, of which `kept`
    shipments stand, and be of units that were `promised` (see `remaining`).
    """
    case = Case(order=order, snapshot=snapshot, matcher=matcher, now=now, whole=whole, kept=kept, promised=promised)
    offers = {(offer.option.route.key, index): offer for index, offers in enumerate(case.offers) for offer in offers}
    choice = choose(problem(case))
    shipments = tuple(_shipments(choice, offers))
    unfilled = tuple(_unfilled(case, choice))
    exclusions = tuple(_exclusions(case))
    return Decision(
        order=order,
        decided_at=now,
        policy_version=matcher.policies.version,
        network_version=snapshot.network.version,
        shipments=shipments,
        unfilled=unfilled,
        exclusions=exclusions,
        options=len(offers),
        score=_score(case, choice),
        gap=choice.gap,
        unproven=choice.unproven,
        hold_until=(now if held_from is None else held_from) + case.order_outcome.hold * 60,
        positions=_positions(case),
        because=_because(case, shipments, unfilled, exclusions),
        fired=_fired(case),
        silenced=tuple(sorted({rule for judgement in case.judgements() for rule in judgement.silenced})),
        claims=tuple(_claims(case, shipments)),
        rooms=tuple(_rooms(case, shipments)),
        day=snapshot.network.local(now).date().isoformat(),
    )


def problem(case: Case) -> Problem:
    """The case as numbers for the optimiser."""
    outcome = case.order_outcome
    carbon_price = outcome.carbon_price
    prices: dict[tuple[str, str], dict[int, Price]] = {}
    for index, offers in enumerate(case.offers):
        for offer in offers:
            if not offer.excluded:
                prices.setdefault(offer.option.route.key, {})[index] = _price(offer, carbon_price)
    rooms = {node: case.room(node) for node in case.limits}
    return Problem(
        demands=[
            Demand(sku=line.sku, quantity=line.quantity, together=case.keeps_together(index))
            for index, line in enumerate(case.order.lines)
        ],
        candidates=[
            Candidate(
                key=route.key,
                fixed=route.fixed + rounded(route.drop * carbon_price, KILOGRAM),
                prices=prices[route.key],
            )
            for route in case.routes
            if route.key in prices
        ],
        supply={
            (stand.node, line.sku): stand.free
            for line, stands in zip(case.order.lines, case.stands, strict=True)
            for stand in stands
        },
        split_penalty=outcome.split_penalty,
        max_shipments=case.max_shipments,
        ship_complete=outcome.ship_complete,
        room={node: room for node, room in rooms.items() if room is not None},
    )


def _score(case: Case, choice: Choice) -> Score:
    """The choice's. The first shipment after others of the order that stand is not the order's first: whatever is
    chosen has one, so what this costs is no part of the choice.
    """
    again = case.order_outcome.split_penalty if case.kept and choice.units else 0
    return replace(choice.score, money=choice.score.money + again)


def _price(offer: Offer, carbon_price: int) -> Price:
    carbon = rounded(offer.option.unit_carbon * carbon_price, KILOGRAM)
    return Price(
        needed=offer.outcome.exclude is effects.Exclusion.UNLESS_NEEDED,
        tier=offer.outcome.tier,
        money=offer.option.unit_cost + carbon + offer.outcome.adjustment,
    )


def _shipments(choice: Choice, offers: Mapping[tuple[tuple[str, str], int], Offer]) -> Iterator[Shipment]:
    by_key: dict[tuple[str, str], list[tuple[Offer, int]]] = {}
    for (key, index), units in sorted(choice.units.items()):
        by_key.setdefault(key, []).append((offers[key, index], units))
    for parts in by_key.values():
        route = parts[0][0].option.route
        yield Shipment(
            node=route.node.id,
            service=route.service.id,
            lines=tuple(
                Parcel(line=offer.option.line.id, sku=offer.option.line.sku, quantity=units) for offer, units in parts
            ),
            distance=route.distance,
            ships_at=route.ships_at,
            arrives_by=route.arrives_by,
            late=route.late,
            cost=route.fixed + sum(units * offer.option.unit_cost for offer, units in parts),
            co2=route.drop + sum(units * offer.option.unit_carbon for offer, units in parts),
            rules=tuple(sorted({rule for offer, _ in parts for rule in offer.judgement.fired})),
        )


def _unfilled(case: Case, choice: Choice) -> Iterator[Unfilled]:
    missing = [line.quantity for line in case.order.lines]
    for (_, index), units in choice.units.items():
        missing[index] -= units
    for index, (line, units) in enumerate(zip(case.order.lines, missing, strict=True)):
        if units:
            yield Unfilled(line=line.id, sku=line.sku, quantity=units, reasons=reasons(case, choice, index, missing))


def _exclusions(case: Case) -> Iterator[Exclusion]:
    for line, offers in zip(case.order.lines, case.offers, strict=True):
        taken: dict[tuple[tuple[str, ...], bool], list[str]] = {}
        resting: dict[str, list[str]] = {}
        for offer in offers:
            if offer.resting is not None:
                resting.setdefault(offer.option.route.node.id, []).append("/".join(offer.option.route.key))
            if offer.outcome.exclude is not effects.Exclusion.NO:
                rules = case.matcher.with_effect(offer.judgement, "exclude")
                unless_needed = offer.outcome.exclude is effects.Exclusion.UNLESS_NEEDED
                taken.setdefault((rules, unless_needed), []).append("/".join(offer.option.route.key))
        for (rules, unless_needed), options in sorted(taken.items()):
            yield Exclusion(line=line.id, rules=rules, unless_needed=unless_needed, options=tuple(options))
        for node, options in sorted(resting.items()):
            rest = case.resting[node]
            yield Exclusion(
                line=line.id,
                rules=tuple(sorted(rest.because)),
                unless_needed=False,
                options=tuple(options),
                resting=resting_record(node, rest, case.snapshot.network),
            )


def _positions(case: Case) -> dict[str, dict[str, tuple[int, int, int]]]:
    """The stock the decision was made on: (on hand, held, floor) by SKU and node, where there was any."""
    return {
        line.sku: {
            stand.node: (stand.position.on_hand, stand.position.held, stand.floor)
            for stand in stands
            if stand.position.on_hand
        }
        for line, stands in zip(case.order.lines, case.stands, strict=True)
    }


def _because(
    case: Case, shipments: Sequence[Shipment], unfilled: Sequence[Unfilled], exclusions: Sequence[Exclusion]
) -> dict[str, Mapping[str, str]]:
    """The reasons that authors gave for the rules named in the decision's parts. A rest may have begun under another
    version: its rules speak for themselves, where none of this version goes by the same name here.
    """
    named = {rule for shipment in shipments for rule in shipment.rules}
    named |= {rule for exclusion in exclusions if exclusion.resting is None for rule in exclusion.rules}
    reasons_given = [reason for part in unfilled for reason in part.reasons]
    named |= {rule for reason in reasons_given if reason.code != "resting" for rule in reason.rules}
    resting = [case.resting[exclusion.resting["node"]] for exclusion in exclusions if exclusion.resting is not None]
    begun = {rule: texts for rest in resting for rule, texts in rest.because.items()}
    rules = case.matcher.policies.rules
    found = begun | {rule: rules[rule].because for rule in named}
    return {rule: found[rule] for rule in sorted(found)}


def _fired(case: Case) -> Counter[str]:
    """By rule of this version, the cases it acted on; one by which nodes rest, these nodes."""
    fired = Counter(rule for judgement in case.judgements() for rule in judgement.fired)
    version = case.matcher.policies.version
    fired.update(rule for rest in case.resting.values() if rest.policy_version == version for rule in rest.because)
    return fired


def _claims(case: Case, shipments: tuple[Shipment, ...]) -> Iterator[Claim]:
    """Units by position, lines of one SKU together, with the floor this order may not go below."""
    stands = {
        (line.sku, stand.node): stand
        for line, found in zip(case.order.lines, case.stands, strict=True)
        for stand in found
    }
    volatile = case.matcher.volatile
    units: Counter[tuple[str, str]] = Counter()
    for shipment in shipments:
        for parcel in shipment.lines:
            units[parcel.sku, shipment.node] += parcel.quantity
    for (sku, node), count in sorted(units.items()):
        stand = stands[sku, node]
        reserves = stand.reserves
        yield Claim(
            sku=sku,
            node=node,
            units=count,
            floor=stand.floor,
            shares=reserves if any(reserve.share for reserve in reserves) else (),
            on_hand=stand.position.on_hand if volatile.on_hand else None,
            held=stand.position.held if volatile.held else None,
        )


def _rooms(case: Case, shipments: tuple[Shipment, ...]) -> Iterator[Room]:
    for node, count in sorted(Counter(shipment.node for shipment in shipments).items()):
        room, load = case.room(node), case.snapshot.loads.get(node, 0)
        most = None if room is None else load + room
        yield Room(node=node, shipments=count, most=most, load=load if case.matcher.volatile.load else None)
