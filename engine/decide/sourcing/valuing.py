"""What a branch costs at least at given values: see `ascent`, which raises them; here they stay as they are."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.decide.sourcing.blending import Plan
from engine.decide.sourcing.packing import Stock, most_given
from engine.decide.sourcing.relaxation import Relaxation
from engine.decide.sourcing.sharing import Menu as SharedMenu


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


class Valued(NamedTuple):
    """No choice costs less than `floor`, which is what `plan` costs at these values; `surplus`: see `Ascent`."""

    floor: int
    plan: Plan
    surplus: Mapping[int, int]


class Valuing:
    """Of the choices that use all of `opened` and up to `most` of `free`."""

    def __init__(self, relaxation: Relaxation, opened: frozenset[int], free: Sequence[int], most: int) -> None:
        self._relaxation = relaxation
        self._most = most
        may = frozenset(free)
        self._free = may
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
        self._alone = [(number, number in opened, fixed[number], offers) for number, offers in alone.items()]
        among = [(node, node.among(opened, may)) for node in relaxation.nodes]
        self._nodes = [
            _node(node.stocks, menus, opened) for node, menus in among if any(menu.numbers for menu in menus)
        ]
        self.steps = sum([len(offers) for *_, offers in self._alone])
        self.steps += sum([len(costs) for node in self._nodes for _, ways in node.goods for costs in ways])

    def nothing(self) -> Plan:
        """Only what must be opened, and nothing shipped."""
        relaxation = self._relaxation
        cost = relaxation.base + sum([relaxation.fixed[number] for number in self._opened])
        return Plan(cost, [want.units for want in relaxation.wants], self._most, self._opened)

    def at(self, values: Sequence[int], toll: int) -> Valued:
        wants = self._relaxation.wants
        lacking = [want.units for want in wants]
        before = sum([want.units * value for want, value in zip(wants, values, strict=True)])
        floor = self._relaxation.base - toll * self._most + before
        used, surplus = set(self._opened), {}
        for number, opened, fixed, offers in self._alone:
            worth = 0 if opened else -fixed - toll
            for want, cost, units in offers:
                if cost < values[want]:
                    worth += units * (values[want] - cost)
            if opened:
                floor += fixed - worth
            else:
                surplus[number] = worth
                if worth <= 0:
                    continue
                floor -= worth
                used.add(number)
            for want, cost, units in offers:
                if cost < values[want]:
                    lacking[want] -= units
        for node in self._nodes:
            menu, worth, given = _best_menu(node, values, toll, surplus)
            floor -= worth
            used |= menu.numbers
            for want, units in given:
                lacking[want] -= units
        room = self._most - len(used) + len(self._opened)
        cost = floor - sum([units * value for units, value in zip(lacking, values, strict=True)]) + room * toll
        return Valued(floor, Plan(cost, lacking, room, frozenset(used)), surplus)


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


def _best_menu(
    node: _Node, values: Sequence[int], toll: int, surplus: dict[int, int]
) -> tuple[_Menu, int, list[tuple[int, int]]]:
    goods = [[most_given(stock, costs, values) for costs in ways] for stock, ways in node.goods]
    totals = []
    for menu in node.menus:
        total = -menu.fixed - toll * menu.more
        for ways, way in zip(goods, menu.ways, strict=True):
            total += ways[way][0]
        totals.append(total)
    most = max(totals)
    for number in node.free:
        within = max([total for total, menu in zip(totals, node.menus, strict=True) if number in menu.numbers])
        surplus[number] = within - max(
            [total for total, menu in zip(totals, node.menus, strict=True) if number not in menu.numbers]
        )
    menu = node.menus[totals.index(most)]
    return menu, most, [item for ways, way in zip(goods, menu.ways, strict=True) for item in ways[way][1]]
