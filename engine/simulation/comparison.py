"""Adds up what a draft decides beside what the baseline does, decision by decision in the order of the log. Pure."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from typing import Final, Literal, NamedTuple, TypeAlias

from engine.simulation.bootstrap import intervals
from engine.simulation.breakdown import Breakdown
from engine.simulation.outcome import NO_SHIPMENTS, NOTHING, Amounts, NodeAmounts, Outcome, added, subtracted
from engine.simulation.tried_decision import NotKept, TriedDecision, TriedDraft

Figure: TypeAlias = Literal["cost", "co2", "shipments", "late_orders", "units_unfilled"]
FIGURES: Final[tuple[Figure, ...]] = ("cost", "co2", "shipments", "late_orders", "units_unfilled")
"""Of which it is said how sure the difference is."""
_LATE: Final = FIGURES.index("late_orders")


@dataclass(slots=True)
class Sides:
    """The same decisions by the baseline and by the draft."""

    baseline: Amounts = NOTHING
    draft: Amounts = NOTHING

    def add(self, baseline: Amounts, draft: Amounts) -> None:
        self.baseline, self.draft = added(self.baseline, baseline), added(self.draft, draft)


@dataclass(slots=True)
class NodeSides:
    """What a node ships by the baseline and by the draft."""

    baseline: NodeAmounts = NO_SHIPMENTS
    draft: NodeAmounts = NO_SHIPMENTS


@dataclass(slots=True)
class RuleUse:
    """In how many decisions a rule acted by the baseline and by the draft; of those in which the draft has it act, how
    many are changed, and by how many micros they cost more. `last` are the entries of the last of these.
    """

    last: deque[str]
    baseline: int = 0
    draft: int = 0
    changed: int = 0
    cost: int = 0


class ChangedDecision(NamedTuple):
    """A decision that the draft changes, and how much more it comes to: what is worse first."""

    units_unfilled: int
    cost: int
    late: int
    co2: int
    entry: str
    decision: str
    order: str


class Interval(NamedTuple):
    """A difference, and between which 95 % of the sums lie if the orders are drawn again."""

    difference: int
    low: int
    high: int


@dataclass(slots=True)
class _Order:
    """What differs of an order over its decisions; whether some shipment is late, by the baseline and by the draft."""

    name: str
    differences: list[int] = field(default_factory=lambda: [0] * len(FIGURES))
    late: list[bool] = field(default_factory=lambda: [False, False])
    changed: bool = False


class Comparison:
    """One draft beside the baseline. `shown` decisions are kept of those that come out worst, and of the best; of each
    rule the last `weighed` decisions in which it acts.
    """

    def __init__(self, *, shown: int, weighed: int) -> None:
        self._shown = shown
        self._weighed = weighed
        self.sides = Sides()
        self.channels: dict[str, Sides] = {}
        self.segments: dict[str | None, Sides] = {}
        self.nodes: dict[str, NodeSides] = {}
        self.rules: dict[str, RuleUse] = {}
        self.breakdown = Breakdown()
        self.changed = 0
        self.same_bytes = 0
        """Decisions that come out as they were logged, byte for byte."""
        self.not_kept = Counter[NotKept]()
        """Decisions of which facts that the draft asks for were not kept, by what."""
        self.incomplete = 0
        """Decisions of which any were not."""
        self._orders: dict[str, _Order] = {}
        self._worst: list[tuple[tuple[int, ...], ChangedDecision]] = []
        self._best: list[tuple[tuple[int, ...], ChangedDecision]] = []
        self._number = 0

    def add(self, tried: TriedDecision, draft: TriedDraft) -> None:
        """Add one decision; those of the log come in its order."""
        self._number += 1
        before, after = tried.baseline.amounts, draft.outcome.amounts
        self.sides.add(before, after)
        self.channels.setdefault(tried.channel, Sides()).add(before, after)
        self.segments.setdefault(tried.segment, Sides()).add(before, after)
        self._add_nodes(tried.baseline, draft.outcome)
        self._add_rules(tried, draft)
        self.breakdown.add(tried, draft)
        self.changed += draft.changed
        self.same_bytes += bool(draft.same_bytes)
        self.not_kept.update(draft.not_kept)
        self.incomplete += bool(draft.not_kept)
        self._add_order(tried, draft)
        if draft.changed:
            self._add_changed(tried, draft)

    @property
    def orders(self) -> int:
        return len(self._orders)

    @property
    def orders_changed(self) -> list[str]:
        """The orders of which some decision is changed, in the order of the log."""
        return [order.name for order in self._orders.values() if order.changed]

    @property
    def orders_late(self) -> tuple[int, int]:
        """Orders of which something comes later than was promised, by the baseline and by the draft."""
        late = [order.late for order in self._orders.values()]
        return sum(before for before, _ in late), sum(after for _, after in late)

    @property
    def difference(self) -> Amounts:
        """How much more the draft comes to."""
        return subtracted(self.sides.draft, self.sides.baseline)

    @property
    def worst(self) -> list[ChangedDecision]:
        """Decisions that the draft makes worse, the worst first: those that lose units, then those that cost more."""
        return [item for _, item in sorted(self._worst, reverse=True)]

    @property
    def best(self) -> list[ChangedDecision]:
        """Decisions that the draft makes better, the best first."""
        return [item for _, item in sorted(self._best, reverse=True)]

    def intervals(self) -> Mapping[Figure, Interval]:
        """How sure each difference is, over the orders."""
        rows = [self._differences(order) for order in self._orders.values()]
        differing = [row for row in rows if any(row)]
        sums = [sum(column) for column in zip(*differing, strict=True)] or [0] * len(FIGURES)
        bounds = intervals(differing, len(rows)) or [(0, 0)] * len(FIGURES)
        return {
            figure: Interval(total, low, high) for figure, total, (low, high) in zip(FIGURES, sums, bounds, strict=True)
        }

    @staticmethod
    def _differences(order: _Order) -> Sequence[int]:
        row = list(order.differences)
        row[_LATE] = order.late[1] - order.late[0]
        return row

    def _add_order(self, tried: TriedDecision, draft: TriedDraft) -> None:
        before, after = tried.baseline.amounts, draft.outcome.amounts
        order = self._orders.setdefault(tried.first, _Order(tried.order))
        order.changed |= draft.changed
        order.late[0] |= bool(before.late)
        order.late[1] |= bool(after.late)
        if before != after:
            for place, figure in enumerate(FIGURES):
                if figure != "late_orders":
                    order.differences[place] += getattr(after, figure) - getattr(before, figure)

    def _add_nodes(self, before: Outcome, after: Outcome) -> None:
        for node, its in before.nodes:
            sides = self.nodes.setdefault(node, NodeSides())
            sides.baseline = NodeAmounts(*map(int.__add__, sides.baseline, its))
        for node, its in after.nodes:
            sides = self.nodes.setdefault(node, NodeSides())
            sides.draft = NodeAmounts(*map(int.__add__, sides.draft, its))

    def _add_rules(self, tried: TriedDecision, draft: TriedDraft) -> None:
        for rule in tried.baseline.fired:
            self._use(rule).baseline += 1
        cost = draft.outcome.amounts.cost - tried.baseline.amounts.cost
        for rule in draft.outcome.fired:
            use = self._use(rule)
            use.draft += 1
            use.changed += draft.changed
            use.cost += cost
            use.last.append(tried.entry)

    def _use(self, rule: str) -> RuleUse:
        use = self.rules.get(rule)
        if use is None:
            use = self.rules[rule] = RuleUse(last=deque(maxlen=self._weighed))
        return use

    def _add_changed(self, tried: TriedDecision, draft: TriedDraft) -> None:
        by = subtracted(draft.outcome.amounts, tried.baseline.amounts)
        more = by.units_unfilled, by.cost, by.shipments_late, by.co2
        changed = ChangedDecision(*more, tried.entry, tried.decision, tried.order)
        same = (0, 0, 0, 0)
        # of equal ones, the earlier come first
        if more > same:
            self._keep(self._worst, (*more, -self._number), changed)
        elif more < same:
            self._keep(self._best, (*(-amount for amount in more), -self._number), changed)

    def _keep(
        self,
        heap: list[tuple[tuple[int, ...], ChangedDecision]],
        rank: tuple[int, ...],
        changed: ChangedDecision,
    ) -> None:
        if len(heap) < self._shown:
            heappush(heap, (rank, changed))
        elif self._shown:
            heappushpop(heap, (rank, changed))
