"""What look-ahead prices would have brought on the orders of the past, and how much was possible.

The orders that were first decided in a time are decided once more, one after another, each on the stock that the ones
before left: once with one table of prices, once with another or none. They begin with the units that a SKU's first
decision in that time was made on; what was counted, received or came free since is left out of both, so that both have
the same units to give. Rules, network and loads are those of each decision's moment; the policies are the active ones,
with one rule more that lets all prices count.

What was possible is said of the orders of which both sides ship the same units of each line, as only their costs are of
the same. The bound is of these alone, with all the stock that there was. Those of several networks are bounded network
by network, each with all the stock that its nodes had, which no plan for all of them has more of.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeAlias

from engine.errors import NotFound
from engine.lookahead.bounding import BoundingWork, bound_on
from engine.lookahead.comparison_sides import (
    ComparisonSides,
    ComparisonWork,
    OrderOutcome,
    SideAnswer,
    Stock,
    is_first,
)
from engine.lookahead.hindsight import Captured
from engine.lookahead.known_orders import KnownOrders
from engine.model.facts import Network, Product
from engine.model.lookahead import LookaheadTable
from engine.parallel.executor import executor
from engine.parallel.work import Executor, Spread, tasks_of
from engine.service import Pointsman
from engine.store.log.stored_entry import RawEntry

_RULE: Final = """policy: lookahead-comparison
owner: pointsman
rules:
  - id: prices-count
    because: {en: look-ahead prices are compared, fr: des prix anticipés sont comparés}
    then: {lookahead: on}
"""
_AT_ONCE: Final = 50
"""Decisions that a process is given at a time."""
_WORTH_PROCESSES: Final = 100
"""Fewer orders are sooner decided, and bounded, than processes start."""
_SIDES: Final = 2
Advanced: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done (`deciding`, `bound`), how much of it is, and how much there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRequest:
    """The orders from `since` on and before `until`, in UTC seconds; decided with `table` and, beside it, with the
    table `baseline`; None: without prices. `bounded`: the hindsight bound is worked out, too.
    """

    since: int
    until: int
    table: LookaheadTable
    baseline: LookaheadTable | None = None
    bounded: bool = True


@dataclass(slots=True, kw_only=True)
class Totals:
    """Of all orders: units shipped and not, shipments, and micros paid for these."""

    shipped: int = 0
    unfilled: int = 0
    shipments: int = 0
    cost: int = 0

    def add(self, outcome: OrderOutcome) -> None:
        self.shipped += sum(outcome.units.values())
        self.unfilled += outcome.unfilled
        self.shipments += len(outcome.shipments)
        self.cost += outcome.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class TableHindsight:
    """Of so many `orders`, of which both sides ship the same units of each line, decided on so many `networks`."""

    orders: int
    networks: int
    captured: Captured


@dataclass(frozen=True, slots=True, kw_only=True)
class TableComparison:
    """`orders` were decided; `left_out` could not be. `changed` of those decided ship otherwise with the table.
    `hindsight` is None if no bound was asked for, or if no order ships the same units on both sides.
    """

    currency: str
    orders: int
    left_out: int
    changed: int
    baseline: Totals
    achieved: Totals
    hindsight: TableHindsight | None


@dataclass(slots=True, kw_only=True)
class _Sums:
    """What came of the orders so far. Of those that ship the same units on both sides, what they cost."""

    known: dict[str, KnownOrders] = field(default_factory=dict)
    """By version of the network, the orders that ship the same units."""
    networks: dict[str, Network] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    supply: dict[str, dict[str, int]] = field(default_factory=dict)
    sides: tuple[Totals, Totals] = field(default_factory=lambda: (Totals(), Totals()))
    orders: int = 0
    changed: int = 0
    alike: int = 0
    alike_costs: tuple[int, int] = (0, 0)
    left_out: list[str] = field(default_factory=list)

    def add(self, answers: Sequence[SideAnswer]) -> None:
        """What both sides made of the same orders."""
        first = answers[0]
        self.left_out.extend(first.left_out)
        self.networks.update(first.networks)
        self.products.update(first.products)
        for sku, nodes in first.began.items():
            self.supply.setdefault(sku, {}).update(nodes)
        for one, other in zip(*(answer.outcomes for answer in answers), strict=True):
            self._add_order(one, other)

    def _add_order(self, one: OrderOutcome, other: OrderOutcome) -> None:
        self.orders += 1
        self.changed += one.shipments != other.shipments
        for totals, outcome in zip(self.sides, (one, other), strict=True):
            totals.add(outcome)
        if one.units and one.units == other.units:
            before, after = self.alike_costs
            self.alike += 1
            self.alike_costs = before + one.cost, after + other.cost
            known = self.known.setdefault(
                one.network_version, KnownOrders(self.networks[one.network_version], supply=self.supply)
            )
            products = {sku: self.products[sku] for sku in one.order.skus}
            known.add(f"{self.orders}", one.order, products, one.units)


def compare_tables(
    service: Pointsman,
    request: ComparisonRequest,
    *,
    spread: Spread,
    advanced: Advanced = lambda *_: None,
) -> TableComparison:
    """In processes where `spread` says, if there are enough orders. Raises NotFound if the time has no orders that can
    be decided again.
    """
    decisions = sum(len(batch) for batch in _batches(service, request))
    where = spread if decisions >= _WORTH_PROCESSES else Spread()
    sums = _decided(service, request, where, decisions, advanced)
    if not sums.orders:
        raise NotFound("no order was decided in this time that can be decided again; say --from and --to")
    hindsight = None
    if request.bounded and sums.alike:
        bound = sum(_bounds(service, sums, where, advanced))
        baseline, achieved = sums.alike_costs
        captured = Captured(baseline=baseline, achieved=achieved, bound=bound)
        hindsight = TableHindsight(orders=sums.alike, networks=len(sums.known), captured=captured)
    baseline_totals, achieved_totals = sums.sides
    return TableComparison(
        currency=request.table.currency,
        orders=sums.orders,
        left_out=len(sums.left_out),
        changed=sums.changed,
        baseline=baseline_totals,
        achieved=achieved_totals,
        hindsight=hindsight,
    )


def _decided(
    service: Pointsman, request: ComparisonRequest, where: Spread, decisions: int, advanced: Advanced
) -> _Sums:
    """Each side in a process of its own, a piece of the log at a time."""
    sums, stocks, done = _Sums(), (Stock(), Stock()), 0
    work = ComparisonWork(texts=_texts(service), tables=(request.baseline, request.table))
    spread = Spread(workers=min(where.workers, _SIDES), dask=where.dask)
    with executor(work, spread, service) as pool:
        for piece in tasks_of(_batches(service, request, sums.left_out.append), _AT_ONCE):
            sums.add(_decide_piece(service, pool, piece, stocks, frozenset(sums.networks)))
            done += len(piece)
            advanced("deciding", done, decisions)
    return sums


def _decide_piece(
    service: Pointsman,
    pool: Executor,
    piece: Sequence[RawEntry],
    stocks: tuple[Stock, Stock],
    networks: frozenset[str],
) -> list[SideAnswer]:
    """What both sides make of a piece of the log; their stocks are then as these left them."""
    skus = {
        line.sku
        for entry in service.replays.parsed(piece, on_damaged=lambda _: None)
        if not entry.erased and is_first(entry)
        for line in entry.record.order.lines
    }
    tasks = (
        partial(
            ComparisonSides.decide,
            side=side,
            batch=piece,
            stock={sku: stock[sku] for sku in sorted(skus & stock.keys())},
            known=networks,
        )
        for side, stock in enumerate(stocks)
    )
    answers: list[SideAnswer] = list(pool.each(tasks))
    for stock, answer in zip(stocks, answers, strict=True):
        stock.update(answer.stock)
    return answers


def _bounds(service: Pointsman, sums: _Sums, where: Spread, advanced: Advanced) -> Iterator[int]:
    """Of each network."""
    for number, known in enumerate(sums.known.values()):
        expected = known.expected(known.orders.keys())

        def count(done: int, most: int, *, before: int = number) -> None:
            advanced("bound", before * most + done, len(sums.known) * most)

        with executor(BoundingWork(known=expected), where, service) as pool:
            yield bound_on(pool, expected, advanced=count)


def _texts(service: Pointsman) -> Mapping[str, str]:
    texts = service.versions.texts(service.versions.find("active"))
    return {**texts, "lookahead-comparison.yaml": _RULE}


def _batches(
    service: Pointsman, request: ComparisonRequest, on_missing: Callable[[str], None] = lambda _: None
) -> Iterator[list[RawEntry]]:
    return service.replays.as_stored(request.since, request.until, on_missing=on_missing)
