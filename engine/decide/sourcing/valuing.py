"""What a branch costs at least at given values: see `ascent`, which raises them; here they stay as they are."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.decide.sourcing.blending import Plan
from engine.decide.sourcing.packing import Stock, most_given
from engine.decide.sourcing.relaxation import Relaxation


class _Menu(NamedTuple):
    """Some shipments of a node that may be opened together: `more` of them are not open yet. Of each SKU its stock and
    by want what a unit costs.
    """

    numbers: frozenset[int]
    fixed: int
    more: int
    goods: Sequence[tuple[Stock, Mapping[int, int]]]


class Valued(NamedTuple):
    """No choice costs less than `floor`, which is what `plan` costs at these values; `surplus`: see `Ascent`."""

    floor: int
    plan: Plan
    surplus: Mapping[int, int]


class Valuing:
    """Of the choices that use all of `opened` and up to `most` of `free`."""

    def __init__(
        self, relaxation: Relaxation, opened: frozenset[int], free: Sequence[int], most: int
    ) -> None:
        self._relaxation = relaxation
        self._most = most
        may = frozenset(free)
        self._free = may
        self._opened = opened
        shared = {number for node in relaxation.nodes for number in node.numbers}
        alone: dict[int, list[tuple[int, int, int]]] = {number: [] for number in sorted(opened | may) if number not in shared}
        for want, offers in enumerate(relaxation.offers):
            for number, cost, units in offers:
                if number in alone:
                    alone[number].append((want, cost, units))
        fixed = relaxation.fixed
        self._alone = [(number, number in opened, fixed[number], offers) for number, offers in alone.items()]
        self._nodes: list[list[_Menu]] = []
        for node in relaxation.nodes:
            menus = node.among(opened, may)
            if any(menu.numbers for menu in menus):
                self._nodes.append(
                    [
                        _Menu(
                            menu.numbers,
                            menu.fixed,
                            len(menu.numbers - opened),
                            [
                                (stock, {want: menu.costs[want] for want in stock.wants if want in menu.costs})
                                for stock in node.stocks.values()
                            ],
                        )
                        for menu in menus
                    ]
                )
        self.steps = sum([len(offers) for *_, offers in self._alone])
        self.steps += sum([2 * sum([len(costs) for _, costs in menu.goods]) for menus in self._nodes for menu in menus])

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
        for menus in self._nodes:
            floor -= self._node(menus, values, toll, surplus, used, lacking)
        room = self._most - len(used) + len(self._opened)
        cost = floor - sum([units * value for units, value in zip(lacking, values, strict=True)]) + room * toll
        return Valued(floor, Plan(cost, lacking, room, frozenset(used)), surplus)

    def _node(self, menus, values, toll, surplus, used, lacking) -> int:
        best, chosen, totals = None, None, []
        for menu in menus:
            total = -menu.fixed - toll * menu.more
            given = []
            for stock, costs in menu.goods:
                worth, some = most_given(stock, costs, values)
                total += worth
                given += some
            totals.append(total)
            if best is None or total > best:
                best, chosen = total, (menu, given)
        for number in frozenset().union(*[menu.numbers for menu in menus]) & self._free:
            within = [total for total, menu in zip(totals, menus) if number in menu.numbers]
            without = [total for total, menu in zip(totals, menus) if number not in menu.numbers]
            surplus[number] = max(within) - max(without)
        menu, given = chosen
        used |= menu.numbers
        for want, units in given:
            lacking[want] -= units
        return best
