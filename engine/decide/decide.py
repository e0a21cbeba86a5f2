"""Decides an order: judges every stage by the rules, prices the offers, chooses, and explains the choice."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from engine.decide.decision import (
    Claim,
    DecidedStock,
    Decision,
    ExcludedOptions,
    LoadClaim,
    Parcel,
    Shipment,
    Unfilled,
)
from engine.decide.evaluation import Evaluation, Offer
from engine.decide.matching.judge import PolicyJudge
from engine.decide.node_rest import resting_node
from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.problem import Candidate, Choice, Demand, Price, Problem, Score
from engine.decide.unfilled_reasons import reasons
from engine.model.facts import OptionKey, Order, Snapshot, rounded
from rules.effects import Exclusion

KILOGRAM = 1_000_000
"""Milligrams; carbon is priced by the kilogram."""


def decide(
    order: Order,
    snapshot: Snapshot,
    matcher: PolicyJudge,
    now: int,
    *,
    held_from: int | None = None,
    whole_order: Order | None = None,
    standing_shipments: int = 0,
    promised: bool = False,
) -> Decision:
    """The best assignment under the policies. `order` is valid for `snapshot`: its SKUs are known, it has lines.

    The hold lasts from `held_from`, by default `now`. `order` may be the remainder of a `whole_order`, of which some
    shipments stand; its units may have been `promised` before (see `remainder`).
    """
    evaluation = Evaluation(
        order=order,
        snapshot=snapshot,
        matcher=matcher,
        now=now,
        whole_order=whole_order,
        standing_shipments=standing_shipments,
        promised=promised,
    )
    offers: dict[tuple[OptionKey, int], Offer] = {
        (offer.option.route.key, index): offer for index, offers in enumerate(evaluation.offers) for offer in offers
    }
    choice = choose(problem(evaluation))
    shipments = tuple(_shipments(choice, offers))
    unfilled = tuple(_unfilled(evaluation, choice))
    exclusions = tuple(_exclusions(evaluation))
    return Decision(
        order=order,
        decided_at=now,
        policy_version=matcher.policies.version,
        network_version=snapshot.network.version,
        shipments=shipments,
        unfilled=unfilled,
        exclusions=exclusions,
        options=len(offers),
        score=_score(evaluation, choice),
        gap=choice.gap,
        unproven=choice.unproven,
        hold_until=(now if held_from is None else held_from) + evaluation.order_outcome.hold * 60,
        stock=_stock(evaluation),
        because=_because(evaluation, shipments, unfilled, exclusions),
        fired=_fired(evaluation),
        silenced=tuple(sorted({rule for judgement in evaluation.judgements() for rule in judgement.silenced})),
        claims=tuple(_claims(evaluation, shipments)),
        load_claims=tuple(_load_claims(evaluation, shipments)),
        day=snapshot.network.local(now).date().isoformat(),
    )


def problem(evaluation: Evaluation) -> Problem:
    """The evaluated order as numbers for the optimiser."""
    outcome = evaluation.order_outcome
    carbon_price = outcome.carbon_price
    prices: dict[OptionKey, dict[int, Price]] = {}
    for index, offers in enumerate(evaluation.offers):
        for offer in offers:
            if not offer.excluded:
                prices.setdefault(offer.option.route.key, {})[index] = _price(offer, carbon_price)
    rooms = {node: evaluation.room(node) for node in evaluation.node_judgements}
    return Problem(
        demands=[
            Demand(sku=line.sku, quantity=line.quantity, together=evaluation.keeps_together(index))
            for index, line in enumerate(evaluation.order.lines)
        ],
        candidates=[
            Candidate(
                key=route.key,
                fixed=route.fixed + rounded(route.drop * carbon_price, KILOGRAM),
                prices=prices[route.key],
            )
            for route in evaluation.routes
            if route.key in prices
        ],
        supply={
            (position.node, line.sku): position.free
            for line, positions in zip(evaluation.order.lines, evaluation.positions, strict=True)
            for position in positions
        },
        split_penalty=outcome.split_penalty,
        max_shipments=evaluation.max_shipments,
        ship_complete=outcome.ship_complete,
        room={node: room for node, room in rooms.items() if room is not None},
    )


def _score(evaluation: Evaluation, choice: Choice) -> Score:
    """The choice's score, with one more split penalty if shipments of the order stand already: the first shipment of a
    remainder is not the order's first. Every choice that ships anything pays it, so the optimiser leaves it out.
    """
    extra_penalty = evaluation.order_outcome.split_penalty if evaluation.standing_shipments and choice.units else 0
    return replace(choice.score, money=choice.score.money + extra_penalty)


def _price(offer: Offer, carbon_price: int) -> Price:
    carbon = rounded(offer.option.unit_carbon * carbon_price, KILOGRAM)
    return Price(
        unless_needed=offer.outcome.exclude is Exclusion.UNLESS_NEEDED,
        tier=offer.outcome.tier,
        money=offer.option.unit_cost + carbon + offer.outcome.adjustment,
    )


def _shipments(choice: Choice, offers: Mapping[tuple[OptionKey, int], Offer]) -> Iterator[Shipment]:
    by_key: dict[OptionKey, list[tuple[Offer, int]]] = {}
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


def _unfilled(evaluation: Evaluation, choice: Choice) -> Iterator[Unfilled]:
    missing = [line.quantity for line in evaluation.order.lines]
    for (_, index), units in choice.units.items():
        missing[index] -= units
    for index, (line, units) in enumerate(zip(evaluation.order.lines, missing, strict=True)):
        if units:
            yield Unfilled(
                line=line.id, sku=line.sku, quantity=units, reasons=reasons(evaluation, choice, index, missing)
            )


def _exclusions(evaluation: Evaluation) -> Iterator[ExcludedOptions]:
    for line, offers in zip(evaluation.order.lines, evaluation.offers, strict=True):
        by_rules: dict[tuple[tuple[str, ...], bool], list[OptionKey]] = {}
        by_resting_node: dict[str, list[OptionKey]] = {}
        for offer in offers:
            key = offer.option.route.key
            if offer.node_rest is not None:
                by_resting_node.setdefault(key.node, []).append(key)
            if offer.outcome.exclude is not Exclusion.NO:
                rules = evaluation.matcher.with_effect(offer.judgement, "exclude")
                unless_needed = offer.outcome.exclude is Exclusion.UNLESS_NEEDED
                by_rules.setdefault((rules, unless_needed), []).append(key)
        for (rules, unless_needed), options in sorted(by_rules.items()):
            yield ExcludedOptions(line=line.id, rules=rules, unless_needed=unless_needed, options=tuple(options))
        for node, options in sorted(by_resting_node.items()):
            node_rest = evaluation.resting[node]
            yield ExcludedOptions(
                line=line.id,
                rules=tuple(sorted(node_rest.because)),
                unless_needed=False,
                options=tuple(options),
                resting=resting_node(node, node_rest, evaluation.snapshot.network),
            )


def _stock(evaluation: Evaluation) -> dict[str, dict[str, DecidedStock]]:
    return {
        line.sku: {
            judged.node: DecidedStock(on_hand=judged.position.on_hand, held=judged.position.held, floor=judged.floor)
            for judged in positions
            if judged.position.on_hand
        }
        for line, positions in zip(evaluation.order.lines, evaluation.positions, strict=True)
    }


def _because(
    evaluation: Evaluation,
    shipments: Sequence[Shipment],
    unfilled: Sequence[Unfilled],
    exclusions: Sequence[ExcludedOptions],
) -> dict[str, Mapping[str, str]]:
    """The reasons that authors gave for the rules named in the decision's parts. A rest may have begun under another
    version of the policies: its rules' reasons come from there, unless a rule of this version has the same id.
    """
    named = {rule for shipment in shipments for rule in shipment.rules}
    named |= {rule for exclusion in exclusions if exclusion.resting is None for rule in exclusion.rules}
    reasons_given = [reason for part in unfilled for reason in part.reasons]
    named |= {rule for reason in reasons_given if reason.code != "resting" for rule in reason.rules}
    rests = [exclusion.resting.rest for exclusion in exclusions if exclusion.resting is not None]
    of_rests = {rule: texts for node_rest in rests for rule, texts in node_rest.because.items()}
    rules = evaluation.matcher.policies.rules
    because = of_rests | {rule: rules[rule].because for rule in named}
    return {rule: because[rule] for rule in sorted(because)}


def _fired(evaluation: Evaluation) -> Counter[str]:
    """By rule of this version, on how many orders, lines, positions, nodes and options it acted; a rule by which nodes
    rest acted on those nodes as well.
    """
    fired = Counter(rule for judgement in evaluation.judgements() for rule in judgement.fired)
    version = evaluation.matcher.policies.version
    rests = evaluation.resting.values()
    fired.update(rule for node_rest in rests if node_rest.policy_version == version for rule in node_rest.because)
    return fired


def _claims(evaluation: Evaluation, shipments: tuple[Shipment, ...]) -> Iterator[Claim]:
    """The units taken from each position, lines of one SKU together, with the floor this order may not go below."""
    judged_positions = {
        (line.sku, judged.node): judged
        for line, positions in zip(evaluation.order.lines, evaluation.positions, strict=True)
        for judged in positions
    }
    volatile = evaluation.matcher.volatile
    units: Counter[tuple[str, str]] = Counter()
    for shipment in shipments:
        for parcel in shipment.lines:
            units[parcel.sku, shipment.node] += parcel.quantity
    for (sku, node), count in sorted(units.items()):
        judged = judged_positions[sku, node]
        reserves = judged.reserves
        yield Claim(
            sku=sku,
            node=node,
            units=count,
            floor=judged.floor,
            shares=reserves if any(reserve.share for reserve in reserves) else (),
            ranges=volatile.stock_ranges(judged.position),
        )


def _load_claims(evaluation: Evaluation, shipments: tuple[Shipment, ...]) -> Iterator[LoadClaim]:
    for node, count in sorted(Counter(shipment.node for shipment in shipments).items()):
        room, load = evaluation.room(node), evaluation.snapshot.loads.get(node, 0)
        most = None if room is None else load + room
        yield LoadClaim(node=node, shipments=count, most=most, load=evaluation.matcher.volatile.load_range(load))
