"""What of the free units an order could get that may go anywhere: those that some way leads out with.

Of the order only the channel is known. Rules on its other facts, and on the route, don't fire; a place counts that has
room, does not rest, and has a service that carries the article and that no rule excludes. Units that are collected
where they are count for who collects them there, and not here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from engine.decide import rule_facts
from engine.decide.availability.expected_sales import expected_sales, uplift_codes
from engine.decide.availability.free_units import SkuAvailability, StockFacts, free_units
from engine.decide.availability.offer_by_shipment import Shipments, WaysOut
from engine.decide.availability.shipment_bounds import shipment_bounds
from engine.decide.evaluation.allotment_periods import period_names
from engine.decide.evaluation.ranks import rank_of_places
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.incoming.incoming import begin_of
from engine.decide.matching.matcher import Matcher
from engine.decide.matching.signature_table import LATE, LOAD, UNKNOWN_NUMBER, Rows
from engine.decide.shipping.columns import NO_LIMIT, Flags, Integers, integers
from engine.decide.shipping.node_clocks import ClockFacts
from engine.decide.shipping.pricing import NOT_CARRIED
from engine.decide.shipping.reach import LATE as LATE_CODES
from engine.decide.sourcing.problem import Bounds
from engine.model.facts import Network, Snapshot
from engine.model.node_loads import counts_shipments
from rules.effects import Exclusion, LineOutcome, OrderOutcome
from rules.vocabulary import VOCABULARY, Facts, Stage

_MORE_THAN_ANY_STOCK = 1 << 40
_ROUTE_NUMBERS = [path for path, fact in VOCABULARY.items() if fact.group == "route" and path != LATE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Of each row of the stock, the units that an order could get, and whether rules leave them to who has no others;
    of each product, in the order of products, how many it could get in all, and how many of these are such.
    """

    free: Integers
    unless_needed: Flags
    totals: list[int]
    totals_unless_needed: list[int]


def offer(facts: StockFacts, matcher: Matcher, channel: str, now: int, *, until: int | None = None) -> Offer:
    """What an order on the channel could get of each product by itself. With `until` also of receipts that may be
    promised and are there by that instant, but nothing of a preorder for a later one.
    """
    columns = SnapshotColumns(facts.snapshot, matcher, now)
    shared = facts_of_lines(facts, channel, columns)
    expected = expected_sales(facts, matcher, columns)
    free, multiples, caps, later = free_units(
        facts, matcher, channel, shared, columns.clocks, expected=expected, today=columns.today, until=until
    )
    if until is not None:
        free[_preordered_for_later(matcher, shared, facts.snapshot.network, until)[facts.stock.sku]] = 0
    ways_out, bounds = _ways_out(facts, matcher, shared, free, columns, later=later)
    usable, freely = np.zeros(len(free), dtype=bool), np.zeros(len(free), dtype=bool)
    usable[ways_out.row] = True
    freely[ways_out.row[~ways_out.on_need]] = True
    unless_needed = usable & ~freely
    shipments = Shipments(
        facts=facts,
        ways_out=ways_out,
        bounds=bounds,
        multiples=np.ones_like(free) if multiples is None else multiples,
        rooms=np.where(later, NO_LIMIT, columns.rooms[facts.stock.node]),
        most=_most_shipments(matcher, shared),
        exact=columns.capacities is None,
    )
    most = _most_at_place(facts, columns)
    most = None if most is None else np.where(later, NO_LIMIT, most)
    in_all = _InAll(np.where(usable, free, 0), caps, most, unless_needed, shipments)
    free, totals, needed = in_all.shipped()
    return Offer(free=free, unless_needed=unless_needed, totals=totals, totals_unless_needed=needed)


@dataclass(frozen=True, slots=True)
class _InAll:
    """What is free at each row before caps, the caps, and the most that its place can ship today."""

    free: Integers
    caps: Integers | None
    most: Integers | None
    unless_needed: Flags
    shipments: Shipments

    def by_row(self) -> Integers:
        """The units of each row that an order could get if there were no others, whatever its shipments are bounded
        in.
        """
        units = self.free
        for most in (self.caps, self.most):
            units = units if most is None else np.minimum(units, most)
        return units - units % self.shipments.multiples

    def shipped(self) -> tuple[Integers, list[int], list[int]]:
        """The units of each row that an order could get if there were no others; by product, how many it could get in
        all, and how many of these only where nothing else has any.
        """
        shipments, facts, row = self.shipments, self.shipments.facts, self.shipments.ways_out.row
        free, sku, count = self.by_row(), facts.stock.sku, len(facts.products)
        totals, needed = _totals(facts, free, self.unless_needed, shipments.most)
        largest, down = shipments.largest(free)
        bounded, gaps = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
        bounded[sku[row[largest < free[row]]]] = True
        gaps[sku[row[~down]]] = True
        if bounded.any():
            units, units_needed, certain = shipments.added(free, largest)
        capped = self._capped()
        for product in (bounded | capped).nonzero()[0].tolist():
            rows = facts.rows[product]
            caps = self.caps[rows] if self.caps is not None and capped[product] else None
            if caps is not None and not (bounded | gaps)[product] and self._ships_any_number(product):
                totals[product], needed[product] = _within_caps(free[rows], caps, self.unless_needed[rows])
            elif caps is None and certain[product] and not gaps[product]:
                totals[product], needed[product] = units[product], units_needed[product]
            else:
                totals[product], needed[product] = shipments.chosen(product, free[rows], caps)
        if bounded.any() or gaps.any():
            free = shipments.from_each(free, largest, down)
        return free, totals, needed

    def _capped(self) -> Flags:
        """The products that some place has a cap of."""
        facts = self.shipments.facts
        capped = np.zeros(len(facts.products), dtype=bool)
        if self.caps is not None:
            capped[facts.stock.sku[self.caps < NO_LIMIT]] = True
        return capped

    def _ships_any_number(self, product: int) -> bool:
        """Whether orders of the product may take any number of units from each place, and from all places."""
        rows = self.shipments.facts.rows[product]
        return bool((self.shipments.multiples[rows] == 1).all() and self.shipments.most[product] >= NO_LIMIT)


def _within_caps(units: Integers, caps: Integers, unless_needed: Flags) -> tuple[int, int]:
    """How many of the `units` of a product an order could get, and how many of these only where nothing else has
    any.
    """
    total = _most_within(units, caps)
    return total, total - _most_within(np.where(unless_needed, 0, units), caps)


def _most_within(units: Integers, caps: Integers) -> int:
    """How many of these units, by position, are offered together: of those with a cap of n or less, at most n."""
    total = 0
    for cap in np.unique(caps).tolist():
        total = min(cap, total + int(units[caps == cap].sum()))
    return total


def _most_at_place(facts: StockFacts, columns: SnapshotColumns) -> Integers | None:
    """Of each row, the units that its place can ship today; None: any number everywhere."""
    if columns.capacities is None:
        return None
    units, grams = columns.capacities[:, facts.stock.node]
    weights = integers(item.counted_weight for item in facts.products)[facts.stock.sku]
    most: Integers = np.minimum(units, np.where(weights > 0, grams // np.maximum(weights, 1), NO_LIMIT))
    return most


def circumstances(snapshot: Snapshot, matcher: Matcher, now: int) -> str:
    """What the offers of all SKUs depend on besides stock and channel, as a text: the same as long as no rule tells a
    difference in the time or in the loads of the nodes, no node begins or ends to rest, none becomes full or ships
    of what units or kilograms it may, no allotment begins anew, if units are kept for days of cover these days have the
    same uplifts, and if stock has lots, the date is the same.
    """
    columns, stages = SnapshotColumns(snapshot, matcher, now), matcher.stages.values()
    moments = [columns.moment_facts["now"], *columns.clocks.by_zone]
    idle = [stage.codes({LOAD: 0}) for stage in stages]
    by_node = [
        (node, [stage.codes({LOAD: load}) for stage in stages])
        for node, load in sorted(snapshot.loads.items())
        if counts_shipments(node)
    ]
    return repr(
        (
            matcher.policies.version,
            sorted(period_names(matcher.policies, snapshot.network, now).values()),
            [stage.codes(facts) for stage in stages for facts in moments],
            [item for item in by_node if item[1] != idle],
            sorted(snapshot.resting),
            _scarce_rooms(columns, matcher),
            None if columns.capacities is None else columns.capacities.tolist(),
            *uplift_codes(matcher, columns, matcher.policies.longest_cover),
            *([columns.today] if snapshot.has_lots else []),
            # how long it is until goods come in changes with every minute
            *([now // 60] if matcher.policies.mentions_incoming else []),
        )
    )


def _preordered_for_later(
    matcher: Matcher, lines: Sequence[Mapping[str, Facts]], network: Network, until: int
) -> Flags:
    """By product, whether its day as a preorder begins only after an instant."""
    if not matcher.policies.preorders:
        return np.zeros(len(lines), dtype=bool)
    outcomes = [cast("LineOutcome", matcher.stages[Stage.LINE].judge(facts).outcome) for facts in lines]
    dates = [outcome.preorder_from for outcome in outcomes]
    return np.array([day is not None and begin_of(day, network) > until for day in dates], dtype=bool)


def _scarce_rooms(columns: SnapshotColumns, matcher: Matcher) -> list[tuple[int, int]]:
    """The nodes that may take fewer shipments than an order of one product may have from there, and how many."""
    ways, most = columns.ways, np.ones(len(columns.rooms), dtype=np.int64)
    if ways.is_banded or matcher.shipment_steps is not None:
        most = np.maximum(np.bincount(ways.travelling[0], minlength=len(most)), 1)
    scarce = (columns.rooms < most).nonzero()[0]
    return list(zip(scarce.tolist(), columns.rooms[scarce].tolist(), strict=True))


def by_sku(facts: StockFacts, offered: Offer) -> list[SkuAvailability]:
    """The rows of each product, in the order of products."""
    stock = facts.stock
    columns = (stock.on_hand, stock.held, stock.available, offered.free)
    on_hand, held, available, units = (column.tolist() for column in columns)
    totals = zip(offered.totals, offered.totals_unless_needed, strict=True)
    return [
        SkuAvailability(
            sku=product.sku,
            free=total if product.counted else None,
            unless_needed=needed,
            nodes=facts.nodes[rows],
            on_hand=on_hand[rows],
            held=held[rows],
            available=available[rows],
            free_by_node=units[rows],
        )
        for product, (total, needed), rows in zip(facts.products, totals, facts.rows, strict=True)
    ]


def facts_of_lines(facts: StockFacts, channel: str, columns: SnapshotColumns) -> list[Mapping[str, Facts]]:
    """By product, the facts of an order of it as far as they are known."""
    known = {"order": {"order.channel": channel}, **columns.moment_facts}
    return [
        {**known, "line": {"line.sku": item.sku}, "product": rule_facts.product_facts(item)} for item in facts.products
    ]


def _ways_out(
    facts: StockFacts,
    matcher: Matcher,
    shared: list[Mapping[str, Facts]],
    free: Integers,
    columns: SnapshotColumns,
    *,
    later: Flags,
) -> tuple[WaysOut, Sequence[Sequence[Bounds] | None]]:
    """The ways that lead out with units that are free, and what may bound their shipments. What ships `later`, by row,
    needs no room of today.
    """
    ways, stock = facts.ways, facts.stock
    leaving = (columns.rooms > 0)[stock.node] | later
    resting = [ways.node_index[node] for node in facts.snapshot.resting if node in ways.node_index]
    leaving &= ~np.isin(stock.node, resting)
    row, service = _carrying(facts, (free > 0).nonzero()[0])
    allowed, on_condition = _judged(facts, matcher, shared, (row, service), columns.clocks)
    allowed &= leaving[row]
    row, service, on_need = row[allowed], service[allowed], on_condition[allowed]
    known = shared[0] if shared else {}
    numbers, bounds = shipment_bounds(matcher, known, stock.node[row], service, columns)
    return WaysOut(row=row, service=service, on_need=on_need, bounds=numbers), bounds


def excluding_rules(
    facts: StockFacts, matcher: Matcher, shared: list[Mapping[str, Facts]], clocks: ClockFacts
) -> dict[int, tuple[str, ...]]:
    """By row of the stock that rules leave no way out, those rules, by id."""
    if "exclude" not in matcher.policies.effect_names:
        return {}
    row, service = _carrying(facts, np.arange(len(facts.stock.node)))
    stage = matcher.stages[Stage.OPTION]
    numbers = _judge_options(facts, matcher, shared, (row, service), clocks)
    excluded = stage.table.options()[0][numbers] == Exclusion.YES
    usable = set(row[~excluded].tolist())
    rules: dict[int, set[str]] = {}
    for its, number in set(zip(row[excluded].tolist(), numbers[excluded].tolist(), strict=True)):
        if its not in usable:
            rules.setdefault(its, set()).update(matcher.with_effect(stage.table.judgements[number], "exclude"))
    return {its: tuple(sorted(names)) for its, names in rules.items()}


def _carrying(facts: StockFacts, rows: Integers) -> tuple[Integers, Integers]:
    """The ways out of these rows of the stock that carry their products, by row and service, those of one row after
    those of another.
    """
    nodes, services = facts.ways.travelling
    node = facts.stock.node[rows]
    first, last = nodes.searchsorted(node), nodes.searchsorted(node, side="right")
    row = rows.repeat(last - first)
    # of each of these rows, the ways out of its node, one after another
    way = np.arange(len(row)) + (first - (np.cumsum(last - first) - (last - first))).repeat(last - first)
    service = services[way]
    carried = _carries(facts, row, service)
    return row[carried], service[carried]


def _carries(facts: StockFacts, row: Integers, service: Integers) -> Flags:
    """Whether the services carry one unit of the rows' products."""
    weights = integers(item.counted_weight for item in facts.products)[facts.stock.sku[row]]
    carried = np.zeros(len(row), dtype=bool)
    for weight in np.unique(weights).tolist():
        these = weights == weight
        carried[these] = facts.ways.unit_costs(weight)[service[these]] != NOT_CARRIED
    return carried


def _judged(
    facts: StockFacts,
    matcher: Matcher,
    shared: list[Mapping[str, Facts]],
    options: tuple[Integers, Integers],
    clocks: ClockFacts,
) -> tuple[Flags, Flags]:
    """Of each option, given by its row of the stock and its service, whether it may be used, and whether only if it is
    needed.
    """
    if "exclude" not in matcher.policies.effect_names:
        return np.ones(len(options[0]), dtype=bool), np.zeros(len(options[0]), dtype=bool)
    judgement = _judge_options(facts, matcher, shared, options, clocks)
    exclude = matcher.stages[Stage.OPTION].table.options()[0][judgement]
    return exclude != Exclusion.YES, exclude == Exclusion.UNLESS_NEEDED


def _judge_options(
    facts: StockFacts,
    matcher: Matcher,
    shared: list[Mapping[str, Facts]],
    options: tuple[Integers, Integers],
    clocks: ClockFacts,
) -> Integers:
    """The numbers of the options' judgements."""
    row, service = options
    positions, stage = facts.to_judge(clocks), matcher.stages[Stage.OPTION]
    ranks_of_stock = _ranks_of_stock(facts, row)
    unknown, not_promised = np.full(len(row), UNKNOWN_NUMBER), np.full(len(row), LATE_CODES.index(None))
    columns = {
        **positions.at(row).columns,
        **dict.fromkeys(_ROUTE_NUMBERS, lambda: unknown),
        "stock.rank": lambda: ranks_of_stock,
        LATE: lambda: not_promised,
    }
    node, service_facts = facts.stock.node[row], facts.ways.service_facts
    rows = Rows(
        facts.ways,
        node,
        service,
        columns,
        lambda option: {
            **positions.facts(int(row[option])),
            **service_facts[int(service[option])],
            "stock.rank": int(ranks_of_stock[option]),
        },
        clocks.apart,
    )
    lines: list[Mapping[str, Facts]] = [{**line, "route": {}} for line in shared]
    return stage.judge_lines(lines, facts.stock.sku[row], rows)


def _ranks_of_stock(facts: StockFacts, row: Integers) -> Integers:
    """Of each option, the rank of its place among those of its product; most units are available at rank 1."""
    product, node, nodes = facts.stock.sku[row], facts.stock.node[row], len(facts.ways.nodes)
    places = product * nodes + node
    among_all = rank_of_places(product * _MORE_THAN_ANY_STOCK - facts.stock.available[row], places)
    before: Integers = (np.unique(places) // nodes).searchsorted(product)
    return among_all - before


def _most_shipments(matcher: Matcher, shared: list[Mapping[str, Facts]]) -> Integers:
    """By product, the most shipments that an order of it may have; NO_LIMIT: any number."""
    order, line = matcher.stages[Stage.ORDER], matcher.stages[Stage.LINE]

    def most(facts: Mapping[str, Facts]) -> int:
        if cast("LineOutcome", line.judge(facts).outcome).keep_together:
            return 1
        shipments = cast("OrderOutcome", order.judge(facts).outcome).max_shipments
        return NO_LIMIT if shipments is None else shipments

    return integers(map(most, shared))


def _totals(facts: StockFacts, free: Integers, unless_needed: Flags, most: Integers) -> tuple[list[int], list[int]]:
    """By product, the units of the positions that have most of them, of as many as there may be shipments; and how many
    of these are left to who has no others, who are asked last among those that have as many.
    """
    sku = facts.stock.sku
    order = np.lexsort((unless_needed, -free, sku))
    first = sku.searchsorted(sku)  # rows are by product
    taken = order[np.arange(len(order)) - first < most[sku]]
    both = [np.zeros(len(facts.products), dtype=np.int64) for _ in range(2)]
    for units, rows in zip(both, (taken, taken[unless_needed[taken]]), strict=True):
        np.add.at(units, sku[rows], free[rows])
    return both[0].tolist(), both[1].tolist()
