"""Which orders contend: only they need to be assigned jointly; every other one keeps the best choice it has alone.

Orders contend from the start for what the best choices of all take too much of. They could turn to other resources
instead: where such a resource may then not suffice, whoever takes of it contends as well, and so on. What is left at
the end suffices whatever those who contend choose.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

from engine.decide.joint.planned_order import PlannedOrder, Resource


class Group(NamedTuple):
    """Orders, by index, that contend for resources which no order of another group can take."""

    orders: Sequence[int]
    scarce: Collection[Resource]


def contending_groups(orders: Sequence[PlannedOrder]) -> list[Group]:
    """The groups, each with its orders in the order of the list; those that contend with nobody are in none."""
    return _Contention(orders).groups()


class _Contention:
    """Spreads from the resources that the orders' best choices take too much of. `_wanted` is what they take at most:
    those that contend all they could take, the others what they take alone.
    """

    def __init__(self, orders: Sequence[PlannedOrder]) -> None:
        self._orders = orders
        self._wanted: Counter[Resource] = Counter()
        self._takers: defaultdict[Resource, list[int]] = defaultdict(list)
        self._free: dict[Resource, int] = {}
        self._users: defaultdict[Resource, list[int]] = defaultdict(list)
        """Of a resource, the orders that contend and could take of it."""
        self._scarce: set[Resource] = set()
        self._contending: set[int] = set()
        for index, order in enumerate(orders):
            for resource, amount in order.alone_takes.items():
                self._wanted[resource] += amount
                self._takers[resource].append(index)
                self._note_free(resource, order.alone_free[resource])
        self._spread([resource for resource in self._wanted if self._is_exceeded(resource)])

    def groups(self) -> list[Group]:
        group_of: dict[int, int] = {}
        resources: dict[int, list[Resource]] = {}
        for start in sorted(self._contending):
            if start not in group_of:
                resources[start] = self._reach(start, group_of)
        members: defaultdict[int, list[int]] = defaultdict(list)
        for index in sorted(self._contending):
            members[group_of[index]].append(index)
        return [Group(members[start], frozenset(scarce)) for start, scarce in resources.items()]

    def _reach(self, start: int, group_of: dict[int, int]) -> list[Resource]:
        """Note for `start`, and whoever contends with it, that they are of its group; what they contend for."""
        group_of[start] = start
        waiting, scarce = [start], dict.fromkeys(self._scarce_of(start))
        for index in waiting:
            for resource in self._scarce_of(index):
                scarce[resource] = None
                for other in self._users[resource]:
                    if other not in group_of:
                        group_of[other] = start
                        waiting.append(other)
        return list(scarce)

    def _scarce_of(self, index: int) -> list[Resource]:
        return [resource for resource in self._orders[index].access if resource in self._scarce]

    def _note_free(self, resource: Resource, free: int) -> None:
        self._free[resource] = min(free, self._free.get(resource, free))

    def _is_exceeded(self, resource: Resource) -> bool:
        return self._wanted[resource] > self._free[resource]

    def _spread(self, exceeded: list[Resource]) -> None:
        self._scarce.update(exceeded)
        for resource in exceeded:  # grows on the way
            for index in self._takers[resource]:
                if index not in self._contending:
                    self._contending.add(index)
                    exceeded += self._join(index)

    def _join(self, index: int) -> list[Resource]:
        """Let an order contend for all it could take; what becomes scarce by that."""
        order, scarce = self._orders[index], []
        for resource, (most, free) in order.access.items():
            self._users[resource].append(index)
            self._wanted[resource] += most - order.alone_takes[resource]
            self._note_free(resource, free)
            if resource not in self._scarce and self._is_exceeded(resource):
                self._scarce.add(resource)
                scarce.append(resource)
        return scarce
