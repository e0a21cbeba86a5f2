"""What shipments cost on a network: as a decision would count them, by the cheapest service of each node.

It is what `engine.decide` prices an option with: handling and the service's base, its distance, what it charges for
each unit and for the weight of the shipment. Left out is what rules and the clock add: `prefer` and `avoid`, carbon,
split penalties, excluded options, when a shipment would arrive.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

import numpy as np

from engine.decide.shipping import ways as columns
from engine.decide.shipping.columns import NOWHERE, Integers, rounded
from engine.decide.shipping.pricing import NOT_CARRIED, bands_of
from engine.decide.shipping.reach import leading_to
from engine.decide.shipping.ways import Ways
from engine.lookahead.expected_orders import NOT_REACHED, BasketCosts, BasketLine
from engine.lookahead.regions import Region
from engine.model.facts import Network, Product

_MOST_KEPT: Final = 50_000
"""Baskets whose costs are kept at once."""


class _Routes(NamedTuple):
    """The ways that lead to a region: node, service, and micros a shipment."""

    node: Integers
    service: Integers
    fixed: Integers


class NetworkCosts:
    """The costs of baskets of these products to these regions, a basket being one shipment: what it weighs counts as a
    whole.
    """

    def __init__(self, ways: Ways, products: Mapping[str, Product], regions: Mapping[str, Region]) -> None:
        self._ways = ways
        self._products = products
        self._regions = regions
        self._routes: Callable[[str], _Routes] = cache(self._routes_to)
        self._costs = lru_cache(_MOST_KEPT)(self._costs_of)

    def __reduce__(self) -> tuple[object, ...]:
        """For other processes, which work out the ways for themselves."""
        return _rebuilt, (type(self), self._ways.network, self._products, self._regions)

    @property
    def nodes(self) -> Sequence[str]:
        return self._ways.node_ids

    def of_basket(self, region: str, lines: Sequence[BasketLine]) -> BasketCosts:
        """By the service of each node by which the whole basket costs least."""
        return self._costs(region, tuple(lines))

    def _costs_of(self, region: str, lines: tuple[BasketLine, ...]) -> BasketCosts:
        routes, units = self._routes(region), self._unit_costs(region, lines)
        quantities = np.array([line.quantity for line in lines], dtype=np.int64)
        fixed = routes.fixed
        if self._ways.is_banded:
            products = [self._products[line.sku] for line in lines]
            weight = sum(line.quantity * item.weight // item.scale for line, item in zip(lines, products, strict=True))
            parcel = self._ways.parcel_costs(weight)[routes.service]
            fixed = np.where(parcel == NOT_CARRIED, NOT_REACHED, fixed + parcel)
        carried = (fixed < NOT_REACHED) & (units < NOT_REACHED).all(axis=0)
        whole = np.where(carried, fixed + quantities @ np.where(carried, units, 0), NOT_REACHED)
        best = np.lexsort((routes.service, whole, routes.node))
        first = np.unique(routes.node[best], return_index=True)[1]
        chosen = best[first]
        chosen = chosen[whole[chosen] < NOT_REACHED]
        return self._by_node(routes.node[chosen], fixed[chosen], units[:, chosen])

    def _unit_costs(self, region: str, lines: Sequence[BasketLine]) -> Integers:
        """A row for each line, a column for each route; NOT_REACHED where the service does not take it."""
        routes, ways = self._routes(region), self._ways
        rows = []
        for line in lines:
            product = self._products[line.sku]
            carriage = ways.unit_costs(product.weight)[routes.service]
            cost = ways.unit_handling[routes.node] + carriage
            if product.scale > 1:
                cost = rounded(cost, product.scale)
            rows.append(np.where(carriage == NOT_CARRIED, NOT_REACHED, cost))
        return np.stack(rows)

    def _by_node(self, node: Integers, fixed: Integers, units: Integers) -> BasketCosts:
        every = np.full(len(self._ways.nodes), NOT_REACHED)
        every[node] = fixed
        by_line = np.full((len(units), len(self._ways.nodes)), NOT_REACHED)
        by_line[:, node] = units
        return BasketCosts(every, by_line)

    def _routes_to(self, name: str) -> _Routes:
        region, ways = self._regions[name], self._ways
        leaving = np.ones(len(ways.nodes), dtype=bool)
        leading = leading_to(region.collect_at, region.order, ways, leaving)
        there = (leading.minutes != NOWHERE).nonzero()[0]
        table, distance = leading.table[:, there], leading.distance[there]
        fixed = table[columns.FIXED] + rounded(table[columns.PER_KM] * distance, 1_000)
        return _Routes(table[columns.NODE], table[columns.SERVICE], fixed)


class LeastCosts(NetworkCosts):
    """What baskets cost at least, however they are divided among shipments and services: of each node the least that a
    shipment costs by any service, and the least that each unit does. No plan pays less, so bounds may be proven with
    it.
    """

    def _costs_of(self, region: str, lines: tuple[BasketLine, ...]) -> BasketCosts:
        routes, units = self._routes(region), self._unit_costs(region, lines)
        fixed = routes.fixed + self._least_of_weight[routes.service]
        every = np.full(len(self._ways.nodes), NOT_REACHED)
        by_line = np.full((len(lines), len(self._ways.nodes)), NOT_REACHED)
        np.minimum.at(every, routes.node, fixed)
        for row, of_line in zip(by_line, units, strict=True):
            np.minimum.at(row, routes.node, of_line)
        return BasketCosts(every, by_line)

    @property
    def _least_of_weight(self) -> Integers:
        """By service, the least that it charges for the weight of a shipment."""
        bands = [bands_of(service) for service in self._ways.services]
        return np.array(
            [min((band.price(band.least) for band in its or ()), default=0) for its in bands], dtype=np.int64
        )


def _rebuilt(
    kind: type[NetworkCosts], network: Network, products: Mapping[str, Product], regions: Mapping[str, Region]
) -> NetworkCosts:
    return kind(Ways(network), products, regions)
