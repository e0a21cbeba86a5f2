"""Decides an order: judges every stage by the rules, prices the options, chooses, and explains the choice."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypedDict

import numpy as np

from engine.decide.address.address import placed_address
from engine.decide.capped_units import capped_units
from engine.decide.decision import (
    HIGHEST,
    NOTHING_LEFT,
    Claim,
    CountedReceipt,
    Decision,
    ExcludedOptions,
    LeftToOthers,
    LoadClaim,
    OutputClaim,
    PromiseTerms,
    Scheduled,
    Shipment,
    ShipmentLine,
    StockRanges,
    Unfilled,
)
from engine.decide.evaluation.allotment_periods import period_names
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.exclusions import exclusions
from engine.decide.evaluation.judgements import counted_judgements, floors_of
from engine.decide.evaluation.kept_promise import candidates_in_time, choose_as_promised
from engine.decide.incoming.estimates import expectation
from engine.decide.incoming.incoming import preorder_date
from engine.decide.kept_facts.decided_facts import decided_loads, decided_stock, rests_at
from engine.decide.matching.judge import PolicyJudge
from engine.decide.matching.volatile_facts import common_range
from engine.decide.shipping.columns import NO_LIMIT
from engine.decide.shipping.hold_end import hold_end
from engine.decide.shipping.pricing import band_at
from engine.decide.shipping.reach import LATE, reach
from engine.decide.sourcing.problem import Choice, Score
from engine.decide.unfilled_reasons import reasons
from engine.model.facts import OptionKey, Order, Snapshot, rounded
from engine.model.lots import NO_LOT
from engine.model.node_loads import grams_field, output, units_field
from engine.model.receipts import ReceiptUnits
from rules.vocabulary import Stage


def decide(
    order: Order,
    snapshot: Snapshot,
    matcher: PolicyJudge,
    now: int,
    *,
    held_from: int | None = None,
    requested_minutes: int | None = None,
    whole_order: Order | None = None,
    standing_shipments: int = 0,
    promised: bool = False,
    left: LeftToOthers = NOTHING_LEFT,
    terms: PromiseTerms | None = None,
) -> Decision:
    """The best assignment under the policies. `order` is valid for `snapshot`: its SKUs are known, it has lines.

    The hold begins at `held_from`, by default `now`; it lasts for `requested_minutes` if the caller asked for so many.
    `order` may be the remainder of a `whole_order`, of which some shipments stand; its units may have been `promised`
    before (see `remainder`). What is `left` it does not take. If a promise on these `terms` can be kept, only what
    keeps it ships.
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
    choice = choose(Candidates(evaluation, left), terms)
    return decision(evaluation, choice, held_from=held_from, requested_minutes=requested_minutes, left=left)


class ChosenAmong(NamedTuple):
    """A choice, the candidates that it is the best of, and the terms of a promise that it keeps."""

    candidates: Candidates
    choice: Choice
    keeps: PromiseTerms | None


def choose_among(candidates: Candidates, terms: PromiseTerms | None = None) -> ChosenAmong:
    """The best choice: of those that keep a promise on these `terms`, if it can be kept."""
    if terms is not None:
        in_time = candidates_in_time(candidates, terms)
        choice = choose_as_promised(in_time, terms)
        if not choice.score.unfilled:
            return ChosenAmong(in_time, choice, terms)
    return ChosenAmong(candidates, candidates.choose(), None)


def choose(candidates: Candidates, terms: PromiseTerms | None = None) -> Choice:
    """As `choose_among` says."""
    return choose_among(candidates, terms).choice


def decision(
    evaluation: Evaluation,
    choice: Choice,
    *,
    held_from: int | None = None,
    requested_minutes: int | None = None,
    left: LeftToOthers = NOTHING_LEFT,
    commits: bool = True,
) -> Decision:
    """The decision that a choice on the evaluation is; as `decide` says. If nobody `commits` it, it claims nothing."""
    now, network = evaluation.now, evaluation.snapshot.network
    chosen = tuple(shipments_of(evaluation, choice))
    held_later = reserve_at(evaluation, choice)
    scheduled = None if held_later <= now else Scheduled(reserve_at=held_later, shipments=chosen)
    shipments = () if scheduled else chosen
    unfilled = tuple(unfilled_of(evaluation, choice, left))
    excluded = tuple(exclusions(evaluation))
    fired, silenced = acting_rules(evaluation)
    approval_rules = tuple(_approval_rules(evaluation))
    hold = hold_end(
        evaluation.order_outcome,
        (shipment.ships_at for shipment in shipments),
        held_from=now if held_from is None else held_from,
        ready_at=max((shipment.ready_at for shipment in shipments), default=0),
        requested_minutes=requested_minutes,
    )
    return Decision(
        order=evaluation.ordered,
        priority=evaluation.order_outcome.priority,
        decided_at=now,
        policy_version=evaluation.matcher.policies.version,
        network_version=network.version,
        shipments=shipments,
        unfilled=unfilled,
        exclusions=excluded,
        options=sum(len(options.reach) for options in evaluation.options),
        score=score_of(evaluation, choice),
        gap=choice.gap,
        unproven=choice.unproven,
        hold_until=hold.at,
        hold_until_shipped=hold.until_shipped,
        hold_requested=requested_minutes,
        stock=decided_stock(evaluation, {item.sku for item in unfilled}),
        because=_because(evaluation, {*approval_rules, *_rules_of(chosen)}, unfilled, excluded),
        fired=fired,
        silenced=silenced,
        claims=tuple(_claims(evaluation, shipments)) if commits else (),
        load_claims=tuple(_load_claims(evaluation, shipments)) if commits else (),
        day=evaluation.columns.periods.of_nodes(shipment.node for shipment in shipments).text,
        periods=period_names(evaluation.matcher.policies, network, now),
        left=left,
        weights=evaluation.counted_weights if shipments else None,
        scheduled=scheduled,
        placed=placed_address(evaluation.order, network),
        awaiting_approval=evaluation.order_outcome.approve,
        approval_rules=approval_rules,
        not_counted=tuple(
            ShipmentLine(line=line.id, sku=line.sku, quantity=line.quantity) for line in evaluation.not_counted
        ),
        held_from=held_from,
        loads=decided_loads(evaluation),
        resting=rests_at(evaluation),
        lookahead=None if evaluation.lookahead is None else evaluation.lookahead.decided(chosen),
    )


def reserve_at(evaluation: Evaluation, choice: Choice) -> int:
    """From when on the order's units are to be held: now, unless it is for a nominated day. Then it is when the first
    of its shipments needs them or, if nothing was chosen, the first of all that would arrive on that day if nodes had
    stock.
    """
    order, now, ways = evaluation.order, evaluation.now, evaluation.ways
    if order.deliver_on is None or not order.lines:
        return now
    out, rows = evaluation.reach, sorted({evaluation.row(key) for key, _ in choice.units})
    if not rows:
        out = reach(order, ways, np.ones(len(ways.nodes), dtype=bool), now)
        rows = list(range(len(out.way)))
    before = evaluation.snapshot.network.reserve_before * 60
    return int(np.minimum(out.begins[rows], out.ships_at[rows] - before).min()) if rows else now


def score_of(evaluation: Evaluation, choice: Choice) -> Score:
    """The choice's score, with one more split penalty if shipments of the order stand already: the first shipment of a
    remainder is not the order's first. Every choice that ships anything pays it, so the optimiser leaves it out.
    """
    if not evaluation.standing_shipments or not choice.units:
        return choice.score
    return replace(choice.score, money=choice.score.money + evaluation.order_outcome.split_penalty)


def shipments_of(evaluation: Evaluation, choice: Choice) -> Iterator[Shipment]:
    """What a choice on the evaluation ships."""
    by_key: dict[OptionKey, list[tuple[int, int]]] = {}
    for (key, index), units in sorted(choice.units.items()):
        by_key.setdefault(key, []).append((index, units))
    out, destinations = evaluation.reach, evaluation.order.destinations
    judgements = evaluation.matcher.stages[Stage.OPTION].table.judgements
    on_hand: dict[tuple[str, str], int] = {}
    lots = evaluation.shelf_life.taken(choice) if evaluation.shelf_life else {}
    pegged = evaluation.incoming.pegged(choice) if evaluation.incoming else {}
    for key, parts in by_key.items():
        row = evaluation.row(key)
        cost, carbon = int(out.fixed[row]), int(out.drop[row])
        cost += cost_of_weight(evaluation, key, parts)
        shipment_lines: list[ShipmentLine] = []
        rules = set(_rules_of_shipment(evaluation, row, parts))
        for index, units in parts:
            line, options = evaluation.order.lines[index], evaluation.options[index]
            option = int(options.reach.searchsorted(row))
            cost += units * int(options.unit_cost[option])
            carbon += units * int(options.unit_carbon[option])
            rules.update(judgements[int(options.judgement[option])].fired)
            receipts = pegged.get((key, index), ())
            there = units - sum(count for _, count in receipts) if receipts else units
            backorder = _backorder(evaluation, index, int(options.position[option]), there, on_hand)
            taken = lots.get((key, index))
            if taken is not None:
                backorder = there - sum(count for _, count in taken)
            shipment_lines.append(
                ShipmentLine(
                    line=line.id,
                    sku=line.sku,
                    quantity=units,
                    backorder=backorder,
                    lots=tuple((label, count) for label, count in taken or () if label != NO_LOT),
                    receipts=receipts,
                    preorder_from=preorder_date(evaluation, index) if key.ready_at else None,
                )
            )
        yield Shipment(
            node=key.node,
            service=key.service,
            lines=tuple(shipment_lines),
            distance=int(out.distance[row]),
            ships_at=int(out.ships_at[row]),
            arrives_by=int(out.arrives_by[row]),
            late=LATE[int(out.late[row])],
            cost=cost,
            co2=carbon,
            rules=tuple(sorted(rules)),
            collect_at=destinations[key.destination],
            ready_at=key.ready_at,
            expected=evaluation.incoming.expected(item.receipts for item in shipment_lines)
            if evaluation.incoming
            else {},
        )


def cost_of_weight(evaluation: Evaluation, key: OptionKey, parts: Sequence[tuple[int, int]]) -> int:
    """What a shipment of so many units of lines costs for its weight."""
    if not evaluation.ways.is_banded:
        return 0
    ordered = evaluation.ordered_units
    weight = sum(ordered.weights[line] * units for line, units in parts)
    band = band_at(evaluation.snapshot.network.services[key.service], weight // ordered.parts)
    if band is None:
        raise AssertionError(f"{key.service} takes no shipment of {weight // ordered.parts} g")
    # of each unit, whole micros, as the choice counts them
    of_units = sum(units * rounded(band.per_gram * ordered.weights[line], ordered.parts) for line, units in parts)
    return band.costs + of_units


def _rules_of_shipment(evaluation: Evaluation, row: int, parts: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """The rules that act on a shipment of so many units of lines, by a row of the evaluation's `reach`."""
    bands = None if evaluation.matcher.shipment_steps is None else evaluation.shipment_bands
    if bands is None:
        return ()
    weights = evaluation.ordered_units.weights
    weight, units = sum(weights[line] * count for line, count in parts), sum(count for _, count in parts)
    number = int(bands.judgement[((bands.row == row) & bands.allow(weight, units)).argmax()])
    return evaluation.matcher.stages[Stage.SHIPMENT].table.judgements[number].fired


def _backorder(evaluation: Evaluation, index: int, row: int, units: int, on_hand: dict[tuple[str, str], int]) -> int:
    """How many of the units that a line takes of a position are not on hand yet. What is there goes to whoever comes
    first; `on_hand` notes what is left, by SKU and node.
    """
    positions = evaluation.positions[index]
    if positions.floor[row] >= 0:
        return 0
    position = evaluation.order.lines[index].sku, evaluation.ways.node_ids[int(positions.stock.node[row])]
    there = on_hand.setdefault(position, int(positions.stock.available[row]))
    on_hand[position] = max(0, there - units)
    return max(0, units - there)


def unfilled_of(evaluation: Evaluation, choice: Choice, left: LeftToOthers = NOTHING_LEFT) -> Iterator[Unfilled]:
    """What a choice on the evaluation does not ship, and why, and what is expected of it."""
    if not choice.score.unfilled:
        return
    missing = [line.quantity for line in evaluation.order.lines]
    for (_, index), units in choice.units.items():
        missing[index] -= units
    capped = capped_units(evaluation, choice, left)
    expected = expectation(evaluation, choice, left)
    for index, (line, units) in enumerate(zip(evaluation.order.lines, missing, strict=True)):
        if units:
            sku = line.sku
            why = reasons(
                evaluation, choice, index, missing, left=left, capped=capped[sku], expected=expected.more[sku]
            )
            yield Unfilled(
                line=line.id,
                sku=sku,
                quantity=units,
                reasons=why,
                estimate=expected.estimates.get(index),
                backorder=evaluation.backorders(index),
            )


def _approval_rules(evaluation: Evaluation) -> Iterator[str]:
    """The rules that say that a person must approve the order."""
    if evaluation.order_outcome.approve:
        rules = evaluation.matcher.policies.rules
        for rule in evaluation.order_judgement.fired:
            if any(effect.name == "approve" for effect in rules[rule].effects):
                yield rule


def _rules_of(shipments: Sequence[Shipment]) -> Iterator[str]:
    return (rule for shipment in shipments for rule in shipment.rules)


def _because(
    evaluation: Evaluation, named: set[str], unfilled: Sequence[Unfilled], exclusions: Sequence[ExcludedOptions]
) -> dict[str, Mapping[str, str]]:
    """The reasons that authors gave for the rules `named` and those that other parts of the decision name. A rest may
    have begun under another version of the policies: its rules' reasons come from there, unless a rule of this version
    has the same id.
    """
    named |= {rule for exclusion in exclusions if exclusion.resting is None for rule in exclusion.rules}
    reasons_given = [reason for part in unfilled for reason in part.reasons]
    named |= {rule for reason in reasons_given if reason.code != "resting" for rule in reason.rules}
    rests = [exclusion.resting.rest for exclusion in exclusions if exclusion.resting is not None]
    of_rests = {rule: texts for node_rest in rests for rule, texts in node_rest.because.items()}
    rules = evaluation.matcher.policies.rules
    because = of_rests | {rule: rules[rule].because for rule in named}
    return {rule: because[rule] for rule in sorted(because)}


def acting_rules(evaluation: Evaluation) -> tuple[dict[str, int], tuple[str, ...]]:
    """By rule of this version, on how many orders, lines, positions, nodes and options it acted; a rule by which nodes
    rest acted on those nodes as well. And the rules that were silenced anywhere.
    """
    fired: dict[str, int] = {}
    silenced: set[str] = set()
    for judgement, count in counted_judgements(evaluation):
        for rule in judgement.fired:
            fired[rule] = fired.get(rule, 0) + count
        if judgement.silenced:
            silenced.update(judgement.silenced)
    for node_rest in evaluation.resting.values():
        if node_rest.policy_version == evaluation.matcher.policies.version:
            for rule in node_rest.because:
                fired[rule] = fired.get(rule, 0) + 1
    return fired, tuple(sorted(silenced))


def _claims(evaluation: Evaluation, shipments: tuple[Shipment, ...]) -> Iterator[Claim]:
    """The units taken from each position, lines of one SKU together, with the floor this order may not go below."""
    units: dict[tuple[str, str], int] = {}
    lots: dict[tuple[str, str], Counter[str]] = {}
    receipts: dict[tuple[str, str], Counter[str]] = {}
    for shipment in shipments:
        for shipped in shipment.lines:
            position, there = (shipped.sku, shipment.node), shipped.quantity
            if shipped.receipts:
                there -= sum(count for _, count in shipped.receipts)
                receipts.setdefault(position, Counter()).update(dict(shipped.receipts))
            units[position] = units.get(position, 0) + there
            if evaluation.shelf_life:
                of_no_lot = there - shipped.backorder - sum(count for _, count in shipped.lots)
                lots.setdefault(position, Counter()).update({**dict(shipped.lots), NO_LOT: of_no_lot})
    volatile = evaluation.matcher.volatile
    line_of = {line.sku: index for index, line in enumerate(evaluation.order.lines)}
    for (sku, node), count in sorted(units.items()):
        positions = evaluation.positions[line_of[sku]]
        row = int(positions.stock.node.searchsorted(evaluation.ways.node_index[node]))
        floors = floors_of(evaluation, sku, row)
        yield Claim(
            sku=sku,
            node=node,
            units=count,
            floor=int(positions.floor[row]),
            floors=() if all(floor.is_fixed for floor in floors) else floors,
            ranges=_with_backorder(
                volatile.stock_ranges(positions.stock.positions[row], positions.stock.scale),
                count if positions.floor[row] < 0 else 0,
                int(positions.stock.available[row]),
            ),
            lots=evaluation.shelf_life.claim(line_of[sku], row, +lots[sku, node]) if evaluation.shelf_life else None,
            receipts_read=tuple(evaluation.snapshot.receipts.get(sku, {}).get(node, ())) if volatile.receipts else None,
            **_receipts_claimed(evaluation, line_of[sku], node, receipts.get((sku, node), {})),
        )


class _ReceiptsClaimed(TypedDict, total=False):
    """The fields of a `Claim` that are about receipts."""

    receipts: ReceiptUnits
    counted: tuple[CountedReceipt, ...]
    haircut: int


def _receipts_claimed(evaluation: Evaluation, line: int, node: str, units: Mapping[str, int]) -> _ReceiptsClaimed:
    coming = evaluation.incoming.coming_at(line, node) if evaluation.incoming and units else None
    if coming is None:
        return {}
    counted = coming.counted
    return {
        "receipts": tuple((receipt.id, units[receipt.id]) for receipt in counted if receipt.id in units),
        "counted": counted,
        "haircut": coming.reliance.haircut,
    }


def _with_backorder(ranges: StockRanges, units: int, available: int) -> StockRanges:
    """The ranges in which as many of the units as in the snapshot are on backorder; of no units, any."""
    if not units:
        return ranges
    there = (available, available) if units > available else (units, HIGHEST)
    return replace(ranges, available=common_range(ranges.available, there))


def _load_claims(evaluation: Evaluation, shipments: tuple[Shipment, ...]) -> Iterator[LoadClaim]:
    columns, snapshot = evaluation.columns, evaluation.snapshot
    shipments = tuple([shipment for shipment in shipments if not shipment.ready_at])
    nodes = [shipment.node for shipment in shipments]
    for node in sorted(set(nodes)):
        count = nodes.count(node)
        limits = columns.limits[:, columns.ways.node_index[node]].tolist()
        daily, hourly = [None if most >= NO_LIMIT else most for most in limits]
        date, *hours = columns.periods.of(node)
        yield LoadClaim(
            node=node,
            period=date,
            shipments=count,
            most=daily,
            outputs=tuple(_output_claims(evaluation, node, shipments)),
            load=evaluation.matcher.volatile.load_range(snapshot.loads.get(node, 0)),
        )
        for hour in hours:
            yield LoadClaim(node=node, period=hour, shipments=count, most=hourly)


def _output_claims(evaluation: Evaluation, node: str, shipments: tuple[Shipment, ...]) -> Iterator[OutputClaim]:
    weights = evaluation.counted_weights
    if weights is None:
        return
    units = [(shipped.sku, shipped.quantity) for item in shipments if item.node == node for shipped in item.lines]
    amounts = output(node, units, weights)
    capacity, given = evaluation.capacity(node), evaluation.snapshot.loads
    for field, most in ((units_field(node), capacity.units), (grams_field(node), capacity.weight)):
        if field in amounts:
            yield OutputClaim(
                field=field, amount=amounts[field], most=None if most is None else given.get(field, 0) + most
            )
