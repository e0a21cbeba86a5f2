"""What a branch costs at least: by raising values first (`ascent`), and where that is not enough, by closer bounds."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from engine.decide.sourcing.bounds.column_generation import Closing, Part, Priced
from engine.decide.sourcing.bounds.dual_ascent import Ascent
from engine.decide.sourcing.bounds.integer_bounds import Carried, carried, least_alone, missing
from engine.decide.sourcing.bounds.pricing_problem import Valued
from engine.decide.sourcing.bounds.relaxation import Relaxation
from engine.decide.sourcing.bounds.shared_nodes import sharing
from engine.decide.sourcing.bounds.subgradient import ROUNDS, refined
from engine.decide.sourcing.columns import Lane
from engine.decide.sourcing.demand_classes import wants
from engine.decide.sourcing.incumbent import Opening
from engine.decide.sourcing.problem import Problem

SOON, LATER = 50, 400
"""After so many bounds they are worth more work each, and then still more."""
SHARED = 12
"""That is after so many where nodes are shared, which makes an ascent as much work as closing a branch is."""
AT_FIRST = 20_000
"""Steps that may go into closing before it is asked whether that is too much of all."""
COUNTED, COUNTED_ALONE = 60, 2_000
"""Up to so many units of a SKU it is worth to look at each, and if there is no other."""


class Bounded(NamedTuple):
    """Floors, each with its surpluses, and where to go on from in what is left of the branch."""

    floors: Sequence[tuple[int, Mapping[int, int]]]
    values: Sequence[int]
    priced: Priced | None

    def decided(self, free: Sequence[int], target: int) -> tuple[frozenset[int], list[int]]:
        """The shipments without which no choice costs less than the target; and of the others those with which some
        may.
        """
        must, may = frozenset[int](), free
        for floor, surplus in self.floors:
            slack = target - floor
            must = must.union([number for number in free if surplus[number] >= slack])
            may = [number for number in may if -slack < surplus[number] < slack]
        return must, list(may)

    def divides(self, free: Sequence[int]) -> int:
        """The shipment to branch on: what is farthest from decided in the blend, or what is worth most."""
        _, surplus = self.floors[0]
        halved = None if self.priced is None else self.priced.halved
        if not halved:
            return max(free, key=lambda number: (surplus[number], -number))
        return max(free, key=lambda number: (halved[number], surplus[number], -number))


class Bounding:
    """`target` says which cost alone is of use."""

    def __init__(
        self, problem: Problem, lanes: Sequence[Lane], unfilled: int, opening: Opening, target: Callable[[], int]
    ) -> None:
        self._problem = problem
        self._lanes = lanes
        self._opening = opening
        self._target = target
        self._wants = wants(problem, lanes, unfilled)
        self._fixed = [lane.fixed for lane in lanes]
        self._nodes = [lane.key[0] for lane in lanes]
        self._relaxation = self._relaxed(closely=False)
        self._closing: Closing | None = None
        self._first: Priced | None = None
        self._is_late = False
        self._looks = 0
        self.start = self._relaxation.start
        self.base = self._relaxation.base
        self.count = 0

    @cached_property
    def _carried(self) -> Sequence[Carried]:
        return carried(self._problem, self._nodes, self._wants)

    @property
    def steps(self) -> int:
        return self._looks + (0 if self._closing is None else self._closing.steps)

    @property
    def surplus(self) -> Mapping[int, int]:
        """At the values that were found first."""
        return {} if self._first is None else self._first.surplus

    def is_time_to_begin_again(self) -> bool:
        """From better values, and with closer bounds from there on."""
        if self._closing is not None:
            return False
        if self._relaxation.nodes:
            return self.count > SHARED
        return self.count > (LATER if self._is_late else SOON)

    def begun_again(self) -> tuple[Sequence[int], Priced | None]:
        """The values to begin with."""
        closing = self._is_late or bool(self._relaxation.nodes)
        self._is_late = True
        if closing:
            self._relaxation = self._relaxed(closely=True)
            self._closing = Closing(self._relaxation, self._improved)
            self._opening.swap()
        values = self.start if self._first is None else self._first.values
        every = range(len(self._lanes))
        if self._opening.room(()) >= len(every):
            first = Ascent(self._relaxation, frozenset(), every, self._relaxation.start, len(every))
            self._looks += first.steps * ROUNDS
            values = refined(self._relaxation, first.values, self._target())
        return values, self._first if closing else None

    def unfilled(self, part: Part) -> Mapping[int, int]:
        """By free shipment, how many units stay unfilled at least if it is opened."""
        self._looks += len(part.free) * len(self._carried)
        return missing(self._carried, part.opened, part.free, part.most)

    def bounded(self, part: Part, values: Sequence[int], priced: Priced | None) -> Bounded | None:
        """None if no choice of the part costs less than the target. The values are raised from those given."""
        if self._closing is not None and priced is not None:
            return self._closed(self._closing, part, values, priced)
        ascent = self._ascent(part, values)
        if self._is_useless(ascent, part):
            return None
        return Bounded([(ascent.floor, ascent.surplus)], ascent.values, None)

    def _closed(self, closing: Closing, part: Part, values: Sequence[int], priced: Priced) -> Bounded | None:
        """By an ascent and by closing, first by what is less work: if that is enough, the other is left out."""
        self.count += 1
        due, shared = closing.is_due() and self._is_worth(closing), bool(self._relaxation.nodes)
        priced = closing.looked(part, priced)
        if due and shared and priced.floor < self._target():
            priced, paid = closing.closed(part, priced, self._target(), priced.floor)
            if paid:
                floors = [(priced.floor, priced.surplus)]
                return Bounded(floors, values, priced) if priced.floor < self._target() else None
        if priced.floor >= self._target():
            return None
        ascent = self._ascent(part, values)
        if self._is_useless(ascent, part):
            return None
        if due and not shared:
            priced, _ = closing.closed(part, priced, self._target(), ascent.floor)
        if max(ascent.floor, priced.floor) >= self._target():
            return None
        return Bounded([(ascent.floor, ascent.surplus), (priced.floor, priced.surplus)], ascent.values, priced)

    def _is_worth(self, closing: Closing) -> bool:
        """Where no nodes are shared, an ascent is far less work, and so no more than as much goes into closing."""
        return bool(self._relaxation.nodes) or closing.steps <= self._looks + self._opening.steps + AT_FIRST

    def _ascent(self, part: Part, values: Sequence[int]) -> Ascent:
        ascent = Ascent(self._relaxation, part.opened, part.free, values, part.most)
        self._looks += ascent.steps
        if self._first is None:
            if part.most < len(part.free):
                # where that leaves units unfilled the values are high, and only come down to there with the toll
                high = [want.unfilled for want in self._wants]
                other = Ascent(self._relaxation, part.opened, part.free, high, part.most)
                ascent = max(ascent, other, key=lambda one: one.floor)
            self._first = Priced(ascent.floor, ascent.surplus, ascent.values, ascent.toll)
        self.count += 1
        self._opening.improve(part.opened, ascent.surplus)
        return ascent

    def _is_useless(self, ascent: Ascent, part: Part) -> bool:
        """Whether no choice of the part costs less than the target, by bounds that are ever closer."""
        target = self._target()
        if ascent.floor >= target:
            return True
        if len(self._wants) == 1 and self._wants[0].units <= COUNTED_ALONE:
            (want,) = self._wants
            self._looks += want.units * len(part.free)
            return least_alone(want, self._fixed, self._nodes, part.opened, part.free) >= target
        # whatever it costs to open shipments, some units may have none that can carry them
        if (self._is_late or self._problem.ship_complete) and self._opening.floor(part.opened, part.free) >= target:
            return True
        for sku in self._carried if self._is_late else ():
            if sku.wanted <= COUNTED:
                self._looks += sku.wanted * len(part.free)
                if ascent.floor_in_units(sku.sku) >= target:
                    return True
        return False

    def _improved(self, part: Part, used: frozenset[int], valued: Valued) -> int:
        self._opening.improve_with(part.opened, used - part.opened, valued.surplus)
        return self._target()

    def _relaxed(self, *, closely: bool) -> Relaxation:
        nodes = sharing(self._problem, self._lanes, self._wants, closely=closely)
        return Relaxation(self._wants, self._fixed, list(nodes))
