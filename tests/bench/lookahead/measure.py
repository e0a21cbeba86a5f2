"""What look-ahead saves on the network of Jasin and Sinha, beside Pointsman's own choice without it.

Both decide the same orders, one after another, by `engine.decide.sourcing.choose`: the choice that every decision
makes, which fills first and is exact. With look-ahead, each unit costs its price beside. Prices are learnt of what is
expected of the orders to come, as the probabilities say, and learnt again as often as is told, each time of the stock
that is left. What is counted is what is paid, without prices.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.decide.shipping.columns import Integers
from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.problem import Candidate, Demand, Price, Problem
from engine.lookahead.hindsight import hindsight_bound
from engine.lookahead.price_rounds import ROUNDS, SkuPrices, solve_here, solve_in_rounds
from engine.model.facts import OptionKey
from tests.bench.lookahead.network import PARCEL, Instance, make_instance

INSTANCES, ORDERS, RESOLVED = 10, 5_000, 10
NETWORKS = ((5, 10), (10, 99))
"""Warehouses and cities."""
_SEED = 20261129
_MIX_SEED = 7
Say = Callable[[str], None]


class Forecast(NamedTuple):
    """How demand is misjudged: so many times the volume; and the mix, kinds in cities between half and three halves as
    often as they are, drawn evenly.
    """

    name: str
    volume: float = 1.0
    is_mix_wrong: bool = False


FORECASTS = (
    Forecast("as it is"),
    Forecast("30 % too low", volume=0.7),
    Forecast("30 % too high", volume=1.3),
    Forecast("wrong mix", is_mix_wrong=True),
)


class Ran(NamedTuple):
    """Micros paid, units that nobody had, and parcels."""

    cost: int
    unfilled: int
    parcels: int


@dataclass(frozen=True, kw_only=True)
class Saved:
    """By instance, what look-ahead changed in the cost, in percent of that without."""

    forecast: str
    percent: Sequence[float]

    @property
    def mean(self) -> float:
        return statistics.mean(self.percent)

    @property
    def worst(self) -> float:
        return max(self.percent)


@dataclass(frozen=True, kw_only=True)
class NetworkFigures:
    """On so many warehouses and cities; `bound` as `Saved.percent`, of the least that any plan costs."""

    warehouses: int
    cities: int
    saved: Sequence[Saved]
    bound: Sequence[float]
    seconds_to_learn: float
    """For all prices once, on average."""


@dataclass(frozen=True, kw_only=True)
class LookaheadFigures:
    instances: int
    orders: int
    networks: Sequence[NetworkFigures]


def measure(
    *, networks: Sequence[tuple[int, int]], instances: int, orders: int, forecasts: Sequence[Forecast], say: Say
) -> LookaheadFigures:
    figures = [_of_network(size, instances=instances, orders=orders, forecasts=forecasts, say=say) for size in networks]
    return LookaheadFigures(instances=instances, orders=orders, networks=figures)


def _of_network(
    size: tuple[int, int], *, instances: int, orders: int, forecasts: Sequence[Forecast], say: Say
) -> NetworkFigures:
    warehouses, cities = size
    saved: dict[str, list[float]] = {forecast.name: [] for forecast in forecasts}
    bounds: list[float] = []
    learning: list[float] = []
    for seed in range(_SEED, _SEED + instances):
        instance = make_instance(seed, warehouses=warehouses, cities=cities, orders=orders)
        without = run(instance, None)
        for forecast in forecasts:
            saved[forecast.name].append(_percent(run(instance, forecast, learning=learning).cost, without.cost))
        bound = hindsight_bound(instance.known(), unfilled=without.unfilled)
        bounds.append(_percent(bound, without.cost))
        say(f"look-ahead, {warehouses} x {cities}: " + ", ".join(f"{n} {p[-1]:.2f} %" for n, p in saved.items()))
    return NetworkFigures(
        warehouses=warehouses,
        cities=cities,
        saved=[Saved(forecast=name, percent=percent) for name, percent in saved.items()],
        bound=bounds,
        seconds_to_learn=statistics.mean(learning),
    )


def run(
    instance: Instance, forecast: Forecast | None, *, resolved: int = RESOLVED, learning: list[float] | None = None
) -> Ran:
    """Decide all orders, with prices learnt of the forecast so many times, or without any."""
    supply = {sku: units.copy() for sku, units in instance.supply.items()}
    mix = _mix(instance, forecast)
    prices: dict[str, Integers] = {}
    cost = unfilled = parcels = 0
    step = -(-len(instance.orders) // resolved)
    for number, (kind, city) in enumerate(instance.orders):
        if forecast is not None and number % step == 0:
            started = time.process_time()
            prices = _learn(instance, supply, len(instance.orders) - number, forecast, mix)
            if learning is not None:
                learning.append(time.process_time() - started)
        taken = _choose(instance, instance.kinds[kind], city, supply, prices)
        for sku, node in taken:
            supply[sku][node] -= 1
            cost += int(instance.costs.unit[node, city])
        cost += PARCEL * len({node for _, node in taken})
        parcels += len({node for _, node in taken})
        lacking = len(instance.kinds[kind]) - len(taken)
        unfilled += lacking
    return Ran(cost, unfilled, parcels)


def _mix(instance: Instance, forecast: Forecast | None) -> np.ndarray:
    if forecast is None or not forecast.is_mix_wrong:
        return np.ones_like(instance.probability)
    return np.random.default_rng(_MIX_SEED).uniform(0.5, 1.5, instance.probability.shape)


def _learn(
    instance: Instance, supply: dict[str, Integers], left: int, forecast: Forecast, mix: np.ndarray
) -> dict[str, Integers]:
    prices = SkuPrices(instance.expected(left, supply, volume=forecast.volume, mix=mix))
    columns = {}
    for sku, nodes in solve_in_rounds(prices, solve_here(prices), rounds=ROUNDS).items():
        columns[sku] = np.zeros(len(instance.costs.nodes), dtype=np.int64)
        for node, item in nodes.items():
            columns[sku][node] = item.price
    return columns


def _choose(
    instance: Instance, skus: Sequence[str], city: int, supply: dict[str, Integers], prices: dict[str, Integers]
) -> list[tuple[str, int]]:
    """Which unit ships from which node."""
    costs, candidates, there = instance.costs, [], {}
    for node, name in enumerate(costs.nodes):
        has = {index: sku for index, sku in enumerate(skus) if supply[sku][node] > 0}
        if has:
            there |= {(name, sku): int(supply[sku][node]) for sku in has.values()}
            money = {
                index: int(costs.unit[node, city]) + (int(prices[sku][node]) if sku in prices else 0)
                for index, sku in has.items()
            }
            priced = {index: Price(unless_needed=0, tier=1, money=item) for index, item in money.items()}
            candidates.append(Candidate(key=OptionKey(name, "parcel"), fixed=PARCEL, prices=priced))
    if not candidates:
        return []
    candidates.sort(key=lambda item: item.key)
    demands = [Demand(sku=sku, quantity=1) for sku in skus]
    choice = choose(Problem(demands=demands, candidates=candidates, supply=there))
    return [(skus[index], costs.nodes.index(key.node)) for key, index in choice.units]


def _percent(cost: int, beside: int) -> float:
    return 100 * (cost / beside - 1)
