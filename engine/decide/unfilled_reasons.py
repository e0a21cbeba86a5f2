"""Why units of a line stay unfilled: what became of every unit the network has of its SKU.

How the numbers add up. Units that nobody holds and that the decision does not ship are counted at the node that has
them, and so are those that a place may oversell: they are kept back, expire too soon, or the node can't be used
(excluded, full, resting, out of reach, or not for the nominated day). Of the units at nodes that could be used, the
reason that bounds the line or the order says how many the line goes without. `not_enough` says how many units fewer
than ordered there are, units kept back and out of reach included. So if a bound accounts for fewer units than the line
lacks, then the units shipped, kept back, expiring, out of use and bounded are all there are; and together with
`not_enough` they are all that was ordered. Held units are counted only if there are no others (`held_for_others`).
Units that the plan of a batch leaves to other orders of it are counted as such.

Several lines of one SKU lack the same units: each line's reasons count the units of all nodes. The units that there are
fill the first line first, so that bounds and `not_enough` add up over the lines.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.decide.capped_units import capping
from engine.decide.decision import NOTHING_LEFT, LeftToOthers, Reason
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.judgements import JudgedOption, JudgedPosition, judged_options, judged_positions
from engine.decide.evaluation.shelf_life import LotsLeft
from engine.decide.matching.judgement_table import Judgement
from engine.decide.sourcing.problem import Choice
from rules.vocabulary import Stage

_CAPACITIES = ("daily_units", "daily_weight")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remaining:
    """The units of a position that the decision leaves there: those `kept_back`, those that are of lots that `expire`
    too soon, those `left` to other orders of the batch, and those `free`. What has expired is among the units that
    expire too soon.
    """

    position: JudgedPosition
    kept_back: int
    expire: int
    left: int
    free: int

    @classmethod
    def of(
        cls, position: JudgedPosition, taken: int, left: int | None, lots: LotsLeft | None, *, to_come: int = 0
    ) -> "_Remaining":
        """After `taken` units of the SKU are shipped from there, by whichever line, of which some are `to_come`. `left`
        is None if all of them are left to others; `lots` is None if the position has none.
        """
        there = taken - to_come
        above_floor = max(0, position.free - taken)
        kept_back = max(0, position.position.available - there - max(0, position.there - there))
        usable = above_floor if lots is None or lots.usable is None else lots.usable + position.free - position.there
        free = min(above_floor, usable)
        expire = above_floor - free + (lots.expired if lots else 0)
        left = free if left is None else min(free, left)
        return cls(position=position, kept_back=kept_back, expire=expire, left=left, free=free - left)


_LIMITS = ("daily_orders", "hourly_orders")
"""The effects by which a node may be full."""


def reasons(
    evaluation: Evaluation,
    choice: Choice,
    index: int,
    missing: Sequence[int],
    *,
    left: LeftToOthers = NOTHING_LEFT,
    capped: int = 0,
    expected: int = 0,
) -> tuple[Reason, ...]:
    """Why units of the line at `index` are unfilled in `choice`; first the nodes that could not be used at all.
    `missing` is the units unfilled, by line; `capped` how many of its SKU only caps refuse (`capped_units`), `expected`
    how many more would ship if all that is to come might be promised.
    """
    positions, options = judged_positions(evaluation, index), judged_options(evaluation, index)
    sku, shelf_life = evaluation.order.lines[index].sku, evaluation.shelf_life
    lacking = _missing_before(evaluation, index, missing) + missing[index]
    is_there = any(position.position.available > 0 or position.free > 0 for position in positions)
    expected = max(0, expected - _missing_before(evaluation, index, missing))
    if not is_there and not (shelf_life and shelf_life.expired(sku)):
        held = sum(position.position.held for position in positions)
        return tuple(_none_available(held, lacking, missing[index], expected))
    remaining = _remaining(evaluation, choice, index, positions, left)
    usable = _usable(evaluation, index, options)
    at_usable = [item for item in remaining if item.position.node in usable]
    bounded = min(missing[index], missing[index] + sum(item.free for item in at_usable) - lacking)
    capped = max(0, min(bounded, capped - _missing_before(evaluation, index, missing)))
    return (
        *_kept_back(evaluation, index, remaining),
        *_expire_too_soon(evaluation, remaining),
        *_left_to_others(sum(item.left for item in remaining)),
        *_unusable(
            evaluation,
            index,
            [item for item in remaining if item.free and item.position.node not in usable],
            options,
            _Elsewhere(_nodes_on_any_day(evaluation, index), _nodes_with_ways(evaluation, index)),
        ),
        *_capped(evaluation, choice, index, capped, at_usable),
        *_bounds(evaluation, choice, index, bounded - capped, at_usable),
        *_too_few("not_enough", min(missing[index], lacking - _there_are(remaining)), expected),
    )


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """Nodes from which units would arrive, but not on the nominated day; and nodes from which some service goes there,
    be it only with lighter goods.
    """

    on_other_days: Container[str]
    with_ways: Container[str]

    def cause(self, node: str) -> str:
        """Why the node has no option for the line."""
        if node in self.on_other_days:
            return "other_day"
        return "shipment_limits" if node in self.with_ways else "unreachable"


def _nodes_with_ways(evaluation: Evaluation, index: int) -> Container[str]:
    """The nodes from which a service goes where the line goes."""
    out = evaluation.reach
    nodes = out.node[out.destination == evaluation.destinations[index]]
    return {evaluation.ways.node_ids[node] for node in nodes.tolist()}


def _usable(evaluation: Evaluation, index: int, options: Iterable[JudgedOption]) -> set[str]:
    """The nodes that may ship units of the line at `index` with these options today."""
    options = [option for option in options if not option.excluded]
    later = {option.node for option in options if option.waits}
    return later | {
        node
        for node in {option.node for option in options}
        if evaluation.room(node) != 0 and _could_carry(evaluation, index, node)
    }


def _could_carry(evaluation: Evaluation, index: int, node: str) -> bool:
    """Whether a unit of the line is not more than the node may still ship today, in units and grams."""
    units, weight = evaluation.capacity(node)
    product = evaluation.snapshot.products[evaluation.order.lines[index].sku]
    return units != 0 and (weight is None or weight >= product.counted_weight)


def _nodes_on_any_day(evaluation: Evaluation, index: int) -> Container[str]:
    """The nodes from which units of the line arrive on some day, if it is for a nominated one."""
    if evaluation.order.deliver_on is None:
        return frozenset()
    return {option.node for option in judged_options(evaluation.on_any_day, index)}


def _none_available(held: int, lacking: int, missing: int, expected: int) -> Iterator[Reason]:
    """No node has a unit that is not held."""
    if held:
        yield Reason(code="held_for_others", units=held)
        yield from _too_few("not_enough", min(missing, lacking - held), expected)
    else:
        yield from _too_few("no_stock", missing, expected)


def _there_are(remaining: Iterable[_Remaining]) -> int:
    """Units that nobody holds."""
    return sum(item.kept_back + item.expire + item.left + item.free for item in remaining)


def _remaining(
    evaluation: Evaluation,
    choice: Choice,
    index: int,
    positions: Iterable[JudgedPosition],
    left: LeftToOthers,
) -> list[_Remaining]:
    lines = evaluation.order.lines
    lots = {} if evaluation.shelf_life is None else evaluation.shelf_life.left(index, choice)
    taken, to_come = Counter[str](), Counter[str]()
    pegged = evaluation.incoming.pegged(choice) if evaluation.incoming else {}
    for (key, demand), units in choice.units.items():
        if lines[demand].sku == lines[index].sku:
            taken[key.node] += units
            to_come[key.node] += sum(count for _, count in pegged.get((key, demand), ()))
    shipments = Counter(key.node for key in {key for key, _ in choice.units})

    def left_at(node: str) -> int | None:
        last_shipments_left = 0 < (evaluation.room(node) or 0) - shipments[node] <= left.loads.get(node, 0)
        return None if last_shipments_left else left.units.get((lines[index].sku, node), 0)

    return [
        _Remaining.of(
            position,
            taken[position.node],
            left_at(position.node),
            lots.get(position.node),
            to_come=to_come[position.node],
        )
        for position in positions
    ]


def _missing_before(evaluation: Evaluation, index: int, missing: Sequence[int]) -> int:
    """Units missing from earlier lines of the same SKU."""
    lines = evaluation.order.lines
    return sum(missing[other] for other in range(index) if lines[other].sku == lines[index].sku)


def _kept_back(evaluation: Evaluation, index: int, remaining: Sequence[_Remaining]) -> Iterator[Reason]:
    kept = [row for row, item in enumerate(remaining) if item.kept_back]
    if kept:
        lines = evaluation.order.lines  # those of one SKU share its floors
        of_lines = [judged_positions(evaluation, at) for at, line in enumerate(lines) if line.sku == lines[index].sku]
        judgements = (positions[row].judgement for positions in of_lines for row in kept)
        rules = _rules_with(evaluation, judgements, "keep", "protect", "allocate")
        yield Reason(code="kept_back", units=sum(remaining[row].kept_back for row in kept), rules=rules)


def _expire_too_soon(evaluation: Evaluation, remaining: Sequence[_Remaining]) -> Iterator[Reason]:
    """Units of lots that can't be used as long as they must be once they have arrived, expired ones among them."""
    units = sum(item.expire for item in remaining)
    if units:
        judgements = (item.position.judgement for item in remaining if item.expire)
        yield Reason(code="expire_too_soon", units=units, rules=_rules_with(evaluation, judgements, "min_shelf_life"))


def _left_to_others(units: int) -> Iterator[Reason]:
    if units:
        yield Reason(code="left_to_others", units=units)


def _unusable(
    evaluation: Evaluation,
    index: int,
    remaining: Sequence[_Remaining],
    options: Sequence[JudgedOption],
    elsewhere: _Elsewhere,
) -> Iterator[Reason]:
    """Free units at nodes that can't be used, by cause."""
    offered = {option.node for option in options}
    by_cause: dict[str, list[_Remaining]] = {}
    for item in remaining:
        node = item.position.node
        cause = _cause(evaluation, index, node, options) if node in offered else elsewhere.cause(node)
        by_cause.setdefault(cause, []).append(item)
    for code, items in sorted(by_cause.items()):
        nodes = {item.position.node for item in items}
        resting = nodes & evaluation.resting.keys()
        rules = {
            "node_full": _rules_with(evaluation, (evaluation.node_judgements[node] for node in nodes), *_LIMITS),
            "capacity_used": _rules_with(
                evaluation, (evaluation.node_judgements[node] for node in nodes), *_CAPACITIES
            ),
            "resting": tuple(sorted({rule for node in resting for rule in evaluation.resting[node].because})),
            "excluded": _rules_with(
                evaluation, (option.judgement for option in options if option.node in nodes), "exclude"
            ),
        }
        yield Reason(code=code, units=sum(item.free for item in items), rules=rules.get(code, ()))


def _cause(evaluation: Evaluation, index: int, node: str, options: Iterable[JudgedOption]) -> str:
    """Why a node with free units and a route can't be used."""
    if node in evaluation.resting:
        return "resting"
    if evaluation.room(node) == 0:
        return "node_full"
    is_excluded = all(option.excluded for option in options if option.node == node)
    return "excluded" if is_excluded or _could_carry(evaluation, index, node) else "capacity_used"


def _bounds(
    evaluation: Evaluation, choice: Choice, index: int, units: int, remaining: Sequence[_Remaining]
) -> Iterator[Reason]:
    """Why so many units that this order's lines leave at usable nodes do not fill the line."""
    if units <= 0:
        return  # the reasons given for nodes account for all units
    line = evaluation.order.lines[index]
    missing = line.quantity - sum(count for (_, of), count in choice.units.items() if of == index)
    if _makes_no_multiple(evaluation, index, missing, remaining):
        positions = judged_positions(evaluation, index)
        there = {item.position.node for item in remaining if item.free}
        rules = _rules_with(evaluation, (item.judgement for item in positions if item.node in there), "multiple_of")
        yield Reason(code="not_a_multiple", units=units, rules=rules)
    elif line.set_name is not None and not _may_ship_set(evaluation, choice, line.set_name):
        yield Reason(code="set_apart", units=units)
    elif evaluation.keeps_together(index) and max(item.free for item in remaining) < line.quantity:
        rules = _rules_with(evaluation, [evaluation.line_judgements[index]], "keep_together")
        yield Reason(code="kept_together", units=units, rules=rules)
    else:
        yield _order_bound(evaluation, choice, index, units, remaining)


def _capped(
    evaluation: Evaluation, choice: Choice, index: int, units: int, remaining: Sequence[_Remaining]
) -> Iterator[Reason]:
    if units:
        judgements = capping(evaluation, choice, index, {item.position.node for item in remaining})
        yield Reason(code="capped", units=units, rules=_rules_with(evaluation, judgements, "cap"))


def _makes_no_multiple(evaluation: Evaluation, index: int, missing: int, remaining: Sequence[_Remaining]) -> bool:
    """Whether no node has free of what the line lacks as much as it would have to ship at least, because it ships in
    multiples.
    """
    if evaluation.multiples is None:
        return False
    line, positions = evaluation.order.lines[index], evaluation.positions[index]
    nodes = [evaluation.ways.node_ids[node] for node in positions.stock.node.tolist()]
    multiples = dict(zip(nodes, evaluation.multiples[index].tolist(), strict=True))
    of_free = [(multiples[item.position.node], item.free) for item in remaining if item.free]
    if evaluation.ships_whole(index):
        return all(line.quantity % multiple for multiple, _ in of_free)
    return all(min(free, missing) < multiple for multiple, free in of_free)


def _may_ship_set(evaluation: Evaluation, choice: Choice, name: str) -> bool:
    """Whether some node may ship all lines of a set, and has them free."""
    lines = evaluation.order.lines
    nodes: set[str] | None = None
    for index in evaluation.order.sets[name]:
        needed = sum(
            lines[other].quantity for other in evaluation.order.sets[name] if lines[other].sku == lines[index].sku
        )
        positions = judged_positions(evaluation, index)
        free = _remaining(evaluation, choice, index, positions, NOTHING_LEFT)
        usable = _usable(evaluation, index, judged_options(evaluation, index))
        there = {item.position.node for item in free if item.free >= needed} & usable
        nodes = there if nodes is None else nodes & there
    return bool(nodes)


def _order_bound(
    evaluation: Evaluation, choice: Choice, index: int, units: int, remaining: Sequence[_Remaining]
) -> Reason:
    shipments = len({key for key, _ in choice.units})
    judgements: Iterable[Judgement] = [evaluation.order_judgement]
    effects: tuple[str, ...]
    if evaluation.max_shipments is not None and shipments >= evaluation.max_shipments:
        code, effects = "max_shipments", ("max_shipments",)
    elif _capacity_is_used(evaluation, choice, index, units, remaining):
        code, effects = "capacity_used", _CAPACITIES
        judgements = [evaluation.node_judgements[item.position.node] for item in remaining if item.free]
    elif evaluation.order_outcome.ship_complete:
        code, effects = "ship_complete", ("ship_complete",)
    elif not _last_shipments_taken(evaluation, choice, remaining):
        return Reason(code="shipment_limits", units=units, rules=_rules_of_shipments(evaluation))
    else:  # the node's last shipment of the day or hour went to another of its services
        code, effects, judgements = "node_full", _LIMITS, evaluation.node_judgements.values()
    return Reason(code=code, units=units, rules=_rules_with(evaluation, judgements, *effects))


def _capacity_is_used(
    evaluation: Evaluation, choice: Choice, index: int, units: int, remaining: Sequence[_Remaining]
) -> bool:
    """Whether each node that has units of the line free may ship fewer of them today, beside what it ships of the
    order.
    """
    if evaluation.capacities is None:
        return False
    lines, products = evaluation.order.lines, evaluation.snapshot.products
    weight = products[lines[index].sku].counted_weight
    for item in remaining:
        node = item.position.node
        most_units, most_weight = evaluation.capacity(node)
        shipped = [(lines[of].sku, count) for (key, of), count in choice.units.items() if key.node == node]
        needed = min(units, item.free)
        fits_units = most_units is None or sum(count for _, count in shipped) + needed <= most_units
        given = sum(count * products[sku].counted_weight for sku, count in shipped)
        if needed and fits_units and (most_weight is None or given + needed * weight <= most_weight):
            return False
    return True


def _rules_of_shipments(evaluation: Evaluation) -> tuple[str, ...]:
    """The rules that exclude shipments of some weight or number of units."""
    bands = evaluation.judged_bands
    if bands is None or evaluation.matcher.shipment_steps is None:
        return ()
    judgements = evaluation.matcher.stages[Stage.SHIPMENT].table.judgements
    return _rules_with(evaluation, [judgements[number] for number in np.unique(bands.judgement).tolist()], "exclude")


def _last_shipments_taken(evaluation: Evaluation, choice: Choice, remaining: Sequence[_Remaining]) -> bool:
    """Whether some node with units free may have no more shipments than the choice gives it."""
    shipments = Counter(key.node for key in {key for key, _ in choice.units})
    nodes = {item.position.node for item in remaining if item.free}
    return any(evaluation.room(node) == shipments[node] for node in nodes)


def _too_few(code: str, units: int, expected: int = 0) -> Iterator[Reason]:
    """Units that there are not; so many of them are `expected`, and no rule lets them be promised."""
    not_promised = max(0, min(units, expected))
    if not_promised:
        yield Reason(code="not_promised", units=not_promised)
    if units > not_promised:
        yield Reason(code=code, units=units - not_promised)


def _rules_with(evaluation: Evaluation, judgements: Iterable[Judgement], *effects: str) -> tuple[str, ...]:
    """The rules that fired in the judgements and have one of these effects, sorted."""
    matcher = evaluation.matcher
    return tuple(sorted({rule for judgement in judgements for rule in matcher.with_effect(judgement, *effects)}))
