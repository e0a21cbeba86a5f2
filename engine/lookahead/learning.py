"""Learns look-ahead prices: from the orders of the last days, the stock there is, and what shipping costs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from engine.decide.shipping.ways import Ways
from engine.demand.sales_evidence import log_beginning
from engine.facts_reader import FactsReader
from engine.lookahead.expected_orders import MILLIS, ExpectedOrders
from engine.lookahead.network_costs import NetworkCosts
from engine.lookahead.order_history import DAY, OrderHistory, read_orders
from engine.lookahead.price_rounds import NodePrice, SkuPrices, Solve, Solved, solve_here, solve_in_rounds
from engine.lookahead.solving import SolvedElsewhere, SolvingWork, solve_on
from engine.lookahead.units_to_ship import UnitsToShip, read_units
from engine.model.facts import Network, NetworkCaches, Product, rounded
from engine.model.lookahead import MOST_PRICE, LookaheadPrice, LookaheadTable
from engine.store.connection.client import Client
from engine.store.keys import Keys

_HOUR: Final = 3_600
HORIZON_DAYS: Final = 28
"""Demand of so many days to come has to be met with what is there, unless more comes in before."""
Advanced: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done (`orders`, `stock`, `prices`), how much of it is, and how much there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningTerms:
    """`horizon` is days; the table is used for `use_for` seconds from `now` on. Demand is learnt from the days before
    `until`; None: before `now`.
    """

    now: int
    until: int | None = None
    learnt_by: str
    horizon: int
    use_for: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LearntPrices:
    """A table, and what it was learnt from. `solved` SKUs had a choice of nodes. `units` are those of the SKUs that are
    ordered, or of some of them if only these were learnt: of those that are ordered together with one of them.
    """

    table: LookaheadTable
    history: OrderHistory
    solved: int
    units: UnitsToShip


class PriceLearning:
    """Learns the prices of one network. Methods raise NotLearnt, Contended, NotReady, StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys, *, facts: FactsReader) -> None:
        self._client = client
        self._keys = keys
        self._facts = facts

    def history(self, until: int, *, now: int) -> OrderHistory:
        """The orders of the days before `until` that demand is learnt from: as many as the network's `demand.window`
        says, 28 unless it says otherwise. Raises NoOrders.
        """
        network = self._facts.network_caches().network
        return read_orders(
            self._client,
            self._keys,
            network,
            skus=self._facts.skus(),
            since=until - network.demand.window * DAY,
            until=until,
            known_from=log_beginning(self._client, self._keys, until),
            now=now,
        )

    def learn(
        self,
        terms: LearningTerms,
        *,
        history: OrderHistory | None = None,
        only: Sequence[str] | None = None,
        beside: LookaheadTable | None = None,
        elsewhere: SolvedElsewhere | None = None,
        advanced: Advanced = lambda *_: None,
    ) -> LearntPrices:
        """The prices of all SKUs; or those of `only` some, beside the other SKUs' prices of another table, from which
        these are taken over. `history` was read before. They are solved `elsewhere`, or in this process.
        """
        caches = self._facts.network_caches()
        history = history or self.history(terms.now if terms.until is None else terms.until, now=terms.now)
        advanced("orders", 1, 1)
        wanted = None if only is None else frozenset(only)
        asking = history if wanted is None else history.with_some_of(wanted)
        units = self._units(asking, caches.network, terms.now, advanced)
        expected = expected_orders(asking, units, caches, now=terms.now, horizon=terms.horizon * DAY)
        prices = SkuPrices(expected)
        due = [sku for sku in prices.skus if wanted is None or sku in wanted]
        if beside is not None:
            prices.note(prices_beside(beside, expected, units.products, learnt_anew=wanted or frozenset()))
        done = 0
        with _solving(expected, prices, elsewhere, skus=len(due)) as solve_wave:

            def solve(skus: Sequence[str], changed: Solved) -> Solved:
                nonlocal done
                solved = solve_wave(skus, changed)
                done += len(skus)
                advanced("prices", min(done, len(due)), len(due))
                return solved

            solved = solve_in_rounds(prices, solve, only=due)
        made = _Learning(
            expected=expected,
            units=units,
            network=caches.network,
            history=history,
            terms=terms,
            only=wanted,
            beside=beside,
        )
        return LearntPrices(table=made.table(solved), history=history, solved=len(due), units=units)

    def _units(self, history: OrderHistory, network: Network, now: int, advanced: Advanced) -> UnitsToShip:
        skus = sorted({line.sku for part in history.parts for line in part.lines})
        done = 0

        def count(read: int) -> None:
            nonlocal done
            done += read
            advanced("stock", done, len(skus))

        return read_units(self._facts, skus, network, channel=history.channel, now=now, advanced=count)


@contextmanager
def _solving(
    expected: ExpectedOrders, prices: SkuPrices, elsewhere: SolvedElsewhere | None, *, skus: int
) -> Iterator[Solve]:
    if elsewhere is None or skus < elsewhere.at_least:
        yield solve_here(prices)
        return
    with elsewhere.executor(SolvingWork(expected=expected)) as pool:
        yield solve_on(pool, prices)


def expected_orders(
    history: OrderHistory, units: UnitsToShip, caches: NetworkCaches, *, now: int, horizon: int
) -> ExpectedOrders:
    """What is expected of so many seconds to come, at the pace of the orders of the past."""
    baskets = [part for part in history.expected(horizon) if all(line.sku in units.products for line in part.lines)]
    costs = NetworkCosts(caches.get(Ways), units.products, history.regions)
    return ExpectedOrders(baskets=baskets, supply=units.units, costs=costs, shares=units.shares(now, horizon))


def prices_beside(
    table: LookaheadTable, expected: ExpectedOrders, products: Mapping[str, Product], *, learnt_anew: AbstractSet[str]
) -> Solved:
    """The prices of a table by number of the node, in micros the smallest unit: of the nodes that there are, and of the
    SKUs that are not learnt anew. Those that are begin without prices, as when all are learnt.
    """
    numbers = {node: number for number, node in enumerate(expected.costs.nodes)}
    return {
        sku: {
            numbers[node]: NodePrice(rounded(item.price, products[sku].scale), item.region, 0)
            for node, item in nodes.items()
            if node in numbers
        }
        for sku, nodes in table.prices.items()
        if sku in expected.supply and sku not in learnt_anew
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Learning:
    """What a table is made of; `only` and `beside` as `PriceLearning.learn` says."""

    expected: ExpectedOrders
    units: UnitsToShip
    network: Network
    history: OrderHistory
    terms: LearningTerms
    only: frozenset[str] | None
    beside: LookaheadTable | None

    def table(self, solved: Solved) -> LookaheadTable:
        prices: dict[str, Mapping[str, LookaheadPrice]] = {}
        if self.beside is not None and self.only is not None:
            prices = {sku: nodes for sku, nodes in self.beside.prices.items() if sku not in self.only}
        for sku, nodes in solved.items():
            priced = (self._price(sku, number, item) for number, item in nodes.items() if item.price)
            prices[sku] = {item.node: item for item in priced}
        terms = self.terms
        return LookaheadTable(
            learnt_at=terms.now,
            learnt_by=terms.learnt_by,
            demand_since=self.history.since,
            demand_until=self.history.until,
            use_until=terms.now + terms.use_for if self.beside is None else self.beside.use_until,
            network_version=self.network.version,
            currency=self.network.currency,
            prices=prices,
        )

    def _price(self, sku: str, node: int, item: NodePrice) -> LookaheadPrice:
        """In micros a whole unit. It is needed by when what is there is expected to be used up, to the next full hour:
        a forecast knows no more, and a table names each instant once.
        """
        expected = self.expected
        seconds = self.terms.horizon * DAY * expected.shares.get(sku, MILLIS) // MILLIS
        there = int(expected.supply[sku][node]) * MILLIS
        lasts = seconds * there // item.needed if item.needed > there else seconds
        return LookaheadPrice(
            sku=sku,
            node=expected.costs.nodes[node],
            price=min(MOST_PRICE, item.price * self.units.products[sku].scale),
            region=item.region,
            needed_by=-(-(self.terms.now + lasts) // _HOUR) * _HOUR,
        )
