"""Asks the rules what becomes of units of one return, and where those that are put in stock gain most."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.decide.matching.matcher import Matcher
from engine.decide.order_record import order_of
from engine.decide.rule_facts import order_facts
from engine.model.facts import Network, Product, Snapshot
from engine.orders.order_state import OrderState
from engine.returns.opening import days_since_delivery
from engine.returns.placement.placement import Placement, Placer
from engine.returns.placement.returned_unit import ReturnedUnit
from engine.returns.returnable_units import LineUnitsBack, lines_back
from engine.store.flows.stored_return import StoredReturn, StoredReturnedUnitsRecord
from engine.transfers.lanes import TransferLanes
from rules.effects import Disposition
from rules.policy import PolicySet
from rules.vocabulary import Facts

MOST_PORTIONS = 50
"""In so many portions at most the units of a group are placed, one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What becomes of units of a group: `disposition` is what rules say, None where none does; `usual` what happens if
    nobody says anything, None if somebody has to. They are in stock as `as_sku`, None: as what they are.
    """

    disposition: str | None = None
    usual: str | None = None
    as_sku: str | None = None
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedUnits:
    """So many units of a group that have the same disposition and place, and the `placement` of the first of them."""

    group: int
    units: int
    placement: Placement


@dataclass(slots=True, kw_only=True)
class Placing:
    """What rules say of the units of one return, and where they go, at the instant `now`. `read` answers a snapshot of
    SKUs, and the rules; `placed` is what was asked for, in turn: units that were placed before count for those after.
    """

    read: Callable[[Sequence[str]], tuple[Snapshot, Matcher]]
    stored: StoredReturn
    order: OrderState
    network: Network
    order_products: Mapping[str, Product]
    now: int
    placed: list[PlacedUnits] = field(default_factory=list)
    policies: PolicySet | None = None
    _ruled: dict[int, Placement] = field(default_factory=dict)
    _earlier: dict[str, Counter[str]] = field(default_factory=dict)
    _placers: dict[tuple[str, ...], Placer] = field(default_factory=dict)
    _lines: Mapping[str, LineUnitsBack] = field(init=False)
    _order_facts: Facts = field(init=False)

    def __post_init__(self) -> None:
        self._lines = lines_back(self.order, self.now)
        self._order_facts = self._facts_of_order()

    def ruling(self, group: StoredReturnedUnitsRecord) -> Ruling:
        """What becomes of the group, by rules and by its grade."""
        if group.node not in self.network.nodes:
            return Ruling()
        placement = self._place(group, None, quantity=None)
        if placement is None:
            return Ruling()
        self._ruled[group.number] = placement
        as_sku = str(placement.sku) if placement.sku != group.sku else None
        disposition = placement.disposition
        if placement.why == "by_rules" and disposition is not None:
            return Ruling(
                disposition=disposition.word,
                usual=disposition.word,
                as_sku=as_sku,
                rules=tuple(map(str, placement.disposal.rules)),
            )
        return Ruling(usual=disposition.word if disposition is not None else None)

    def places(self, group: StoredReturnedUnitsRecord, *, stated: str | None = None) -> list[tuple[int, str]]:
        """Where units of the group gain most that are restocked: (units, node), each node once. If somebody `stated`
        another node, they count there for those after, and nothing is noted of why they would go elsewhere.
        """
        ruled = self._ruled.get(group.number)
        by_itself = ruled is not None and ruled.disposition is Disposition.RESTOCK
        portions: list[tuple[int, Placement]] = []
        for quantity in self._portions(group):
            placement = self._place(group, None if by_itself else Disposition.RESTOCK, quantity=quantity)
            if placement is None:
                return [(group.units, group.node)]
            self._count(placement.sku, placement.node, quantity)
            portions.append((quantity, placement))
        nodes: Counter[str] = Counter()
        for quantity, placement in portions:
            nodes[placement.node] += quantity
        for quantity, placement in portions:
            if stated is None or nodes.keys() == {stated}:
                self._note(group.number, quantity, placement)
            else:
                self._count(placement.sku, placement.node, -quantity)
                self._count(placement.sku, stated, quantity)
        return [(units, node) for node, units in nodes.items()]

    def _count(self, sku: str, node: str, units: int) -> None:
        """For the units that are placed after these."""
        self._earlier.setdefault(sku, Counter())[node] += units

    def split_off(self, group: int, node: str, *, number: int) -> None:
        """Those of a group that go to the node are a group of their own by now, with this number."""
        for index, item in enumerate(self.placed):
            if (item.group, item.placement.node) == (group, node):
                self.placed[index] = replace(item, group=number)

    def note_ruled(self, group: StoredReturnedUnitsRecord) -> None:
        """The group has the disposition that rules give it, and goes to no place."""
        placement = self._ruled.get(group.number)
        disposition = None if placement is None else placement.disposition
        if placement is not None and disposition is not None and disposition.word == group.disposition:
            self._note(group.number, group.units, placement)

    def _note(self, group: int, units: int, placement: Placement) -> None:
        for index, item in enumerate(self.placed):
            if (item.group, item.placement.node) == (group, placement.node):
                self.placed[index] = replace(item, units=item.units + units)
                return
        self.placed.append(PlacedUnits(group=group, units=units, placement=placement))

    @property
    def products(self) -> Mapping[str, Product]:
        """Those that were read."""
        return {sku: item for placer in self._placers.values() for sku, item in placer.snapshot.products.items()}

    def lane_takes(self, group: StoredReturnedUnitsRecord, goal: str) -> int | None:
        """Minutes from where the group lies to another node; None: no lane leads there."""
        lane = self._placer([group.sku]).snapshot.caches.get(TransferLanes).between(group.node, goal)
        return None if lane is None else lane.takes

    def _portions(self, group: StoredReturnedUnitsRecord) -> Iterable[int]:
        """Whole units, or more at a time of a group that has many."""
        scale = 10 ** self.network.decimals.get(group.sku, 0)
        portion = max(scale, -(-group.units // MOST_PORTIONS))
        for start in range(0, group.units, portion):
            yield min(portion, group.units - start)

    def _place(
        self, group: StoredReturnedUnitsRecord, decided: Disposition | None, *, quantity: int | None
    ) -> Placement | None:
        """None if the network has no such product any more."""
        skus = [group.sku]
        while True:
            placer = self._placer(skus)
            self.policies = placer.matcher.policies
            if group.sku not in placer.snapshot.products:
                return None
            placement = self._placement(group, decided, quantity, placer)
            if placement.why != "unknown_article" or placement.sku in skus:
                return placement
            skus.append(placement.sku)

    def _placer(self, skus: Sequence[str]) -> Placer:
        """Read once, so that all units of the return are placed on the same stock."""
        if (name := tuple(skus)) not in self._placers:
            self._placers[name] = Placer(*self.read(skus), self.now)
        return self._placers[name]

    def _placement(
        self, group: StoredReturnedUnitsRecord, decided: Disposition | None, quantity: int | None, placer: Placer
    ) -> Placement:
        unit = ReturnedUnit(
            sku=group.sku,
            node=group.node,
            grade=group.grade or None,
            reason=next((line.reason for line in self.stored.lines if line.line == group.line), None),
            days_since_delivery=self._days(group.line),
            quantity=quantity,
            order=self._order_facts,
        )
        first = placer.place(unit, decided=decided)
        earlier = self._earlier.get(first.sku)
        return placer.place(unit, decided=decided, earlier=earlier) if earlier else first

    def _days(self, line: str) -> int | None:
        back = self._lines.get(line)
        return None if back is None or back.delivered_at is None else days_since_delivery(back, self.network, self.now)

    def _facts_of_order(self) -> Facts:
        """Empty if the network does not have all of the order's products or its node to collect at any more."""
        order = order_of(self.order.stored.order)
        nodes = {order.collect_at, *(line.collect_at for line in order.lines)} - {None}
        if not (nodes <= self.network.nodes.keys() and all(sku in self.order_products for sku in order.skus)):
            return {}
        return order_facts(order, self.order_products, self.network)
