"""What a branch costs at least at given values: see `ascent`, which raises them; here they stay as they are."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from engine.decide.sourcing.bounds.knapsack import Stock, most_given
from engine.decide.sourcing.bounds.relaxation import Relaxation
from engine.decide.sourcing.bounds.restricted_master import Plan
from engine.decide.sourcing.bounds.shared_nodes import Menu as SharedMenu


class _Menu(NamedTuple):
    """Some shipments of a node that may be opened together: `more` of them are not open yet; of each SKU, by which of
    its ways its units are carried.
    """

    numbers: frozenset[int]
    fixed: int
    more: int
    ways: Sequence[int]


class _Node(NamedTuple):
    """`goods`: of each SKU its stock, and ways to carry it: what a unit costs by want."""

    menus: Sequence[_Menu]
    goods: Sequence[tuple[Stock, Sequence[Mapping[int, int]]]]
    free: Sequence[int]


class Valued:
    """No choice costs less than `floor`, which is what `plan` costs at these values."""

    def __init__(
        self, floor: int, plan: Plan, alone: Mapping[int, int], nodes: Sequence[tuple[_Node, Sequence[int]]]
    ) -> None:
        self.floor = floor
        self.plan = plan
        self._alone = alone
        self._nodes = nodes

    @cached_property
    def surplus(self) -> Mapping[int, int]:
        """See `Ascent`."""
        found = dict(self._alone)
        for node, totals in self._nodes:
            for number in node.free:
                with_it = [number in menu.numbers for menu in node.menus]
                within = max([total for total, has in zip(totals, with_it, strict=True) if has])
                found[number] = within - max([total for total, has in zip(totals, with_it, strict=True) if not has])
        return found


class Valuing:
    """Of the choices that use all of `opened` and up to `most` of `free`."""

    def __init__(self, relaxation: Relaxation, opened: frozenset[int], free: Sequence[int], most: int) -> None:
        self._relaxation = relaxation
        self._most = most
        may = frozenset(free)
        self._opened = opened
        shared = {number for node in relaxation.nodes for number in node.numbers}
        alone: dict[int, list[tuple[int, int, int]]] = {
            number: [] for number in sorted(opened | may) if number not in shared
        }
        for want, offers in enumerate(relaxation.offers):
            for number, cost, units in offers:
                if number in alone:
                    alone[number].append((want, cost, units))
        fixed = relaxation.fixed
        self._alone = [(number, fixed[number], offers) for number, offers in alone.items() if number in may]
        self._counted = [(fixed[number], offers) for number, offers in alone.items() if number in opened]
        among = [(node, node.among(opened, may)) for node in relaxation.nodes]
        self._nodes = [
            _node(node.stocks, menus, opened) for node, menus in among if any(menu.numbers for menu in menus)
        ]
        self.steps = sum(map(len, alone.values()))
        self.steps += sum([len(costs) for node in self._nodes for _, ways in node.goods for costs in ways])

    def nothing(self) -> Plan:
        """Only what must be opened, and nothing shipped."""
        relaxation = self._relaxation
        cost = relaxation.base + sum([relaxation.fixed[number] for number in self._opened])
        return Plan(cost, [want.units for want in relaxation.wants], self._most, self._opened)

    def at(self, values: Sequence[int], toll: int) -> Valued:
        wants = self._relaxation.wants
        lacking = [want.units for want in wants]
        surplus = self._worth_alone(values, toll, lacking)
        used = self._opened.union([number for number, worth in surplus.items() if worth > 0])
        floor = self._relaxation.base - toll * self._most - sum([worth for worth in surplus.values() if worth > 0])
        floor += sum([want.units * value for want, value in zip(wants, values, strict=True)])
        floor += sum([fixed - worth for fixed, worth in self._worth_opened(values, lacking)])
        nodes = []
        for node in self._nodes:
            menu, totals, given = _best_menu(node, values, toll)
            nodes.append((node, totals))
            floor -= max(totals)
            used |= menu.numbers
            for want, units in given:
                lacking[want] -= units
        room = self._most - len(used) + len(self._opened)
        cost = floor - sum([units * value for units, value in zip(lacking, values, strict=True)]) + room * toll
        return Valued(floor, Plan(cost, lacking, room, used), surplus, nodes)

    def _worth_alone(self, values: Sequence[int], toll: int, lacking: list[int]) -> dict[int, int]:
        """Of the free shipments that share nothing; what those supply that are worth opening lacks no more."""
        surplus = {}
        for number, fixed, offers in self._alone:
            worth = -fixed - toll
            for want, cost, units in offers:
                if cost < values[want]:
                    worth += units * (values[want] - cost)
            surplus[number] = worth
            if worth > 0:
                _supply(offers, values, lacking)
        return surplus

    def _worth_opened(self, values: Sequence[int], lacking: list[int]) -> Iterator[tuple[int, int]]:
        """The same of those opened, beside their fixed costs."""
        for fixed, offers in self._counted:
            _supply(offers, values, lacking)
            yield fixed, sum([units * (values[want] - cost) for want, cost, units in offers if cost < values[want]])


def _supply(offers: Sequence[tuple[int, int, int]], values: Sequence[int], lacking: list[int]) -> None:
    for want, cost, units in offers:
        if cost < values[want]:
            lacking[want] -= units


def _node(stocks: Mapping[str, Stock], menus: Sequence[SharedMenu], opened: frozenset[int]) -> _Node:
    goods: list[tuple[Stock, list[Mapping[int, int]]]] = []
    ways: list[list[int]] = [[] for _ in menus]
    for stock in stocks.values():
        different: list[Mapping[int, int]] = []
        for menu, of_menu in zip(menus, ways, strict=True):
            costs = {want: menu.costs[want] for want in stock.wants if want in menu.costs}
            if costs not in different:
                different.append(costs)
            of_menu.append(different.index(costs))
        goods.append((stock, different))
    found = [
        _Menu(menu.numbers, menu.fixed, len(menu.numbers - opened), of_menu)
        for menu, of_menu in zip(menus, ways, strict=True)
    ]
    return _Node(found, goods, sorted(frozenset().union(*[menu.numbers for menu in menus]) - opened))


def _best_menu(node: _Node, values: Sequence[int], toll: int) -> tuple[_Menu, list[int], list[tuple[int, int]]]:
    """What is worth most, with what each menu is worth; and units by want."""
    goods = [[most_given(stock, costs, values) for costs in ways] for stock, ways in node.goods]
    totals = []
    for menu in node.menus:
        total = -menu.fixed - toll * menu.more
        for ways, way in zip(goods, menu.ways, strict=True):
            total += ways[way][0]
        totals.append(total)
    menu = node.menus[totals.index(max(totals))]
    return menu, totals, [item for ways, way in zip(goods, menu.ways, strict=True) for item in ways[way][1]]
