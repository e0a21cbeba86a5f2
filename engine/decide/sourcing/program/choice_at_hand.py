"""The best choice that the program has found so far, as columns of lots."""

from collections.abc import Sequence

import numpy as np

from engine.decide.shipping.columns import Integers
from engine.decide.sourcing.objective import Units, Weights
from engine.decide.sourcing.program.model import Model, Part
from engine.model.facts import OptionKey


class ChoiceAtHand:
    """`lots` are by placement; they start from `units`. `parts` are those of the comparison, `weights` what each
    weighs.
    """

    def __init__(self, model: Model, weights: Weights, units: Units) -> None:
        self._model = model
        self.parts = model.parts()
        self.weights = (weights.unfilled, weights.unless_needed, weights.tier, 1)
        self._numbers = {key: number for number, key in enumerate(model.keys)}
        self._places = model.placements.candidate * len(model.quantity) + model.placements.line
        self.lots = self._lots_of(units)

    def take_units(self, units: Units) -> None:
        """Takes these units if they are better."""
        self.lots = min(self.lots, self._lots_of(units), key=self._rank)

    def take_lots(self, lots: Integers) -> None:
        """Takes these lots if they are better, and allowed."""
        if self._is_allowed(lots):
            self.lots = min(self.lots, lots, key=self._rank)

    def units(self) -> Units:
        rows = np.flatnonzero(self.lots)
        units = (self.lots * self._model.placements.lot)[rows]
        return dict(zip(self.places(rows), units.tolist(), strict=True))

    def places(self, rows: Integers) -> list[tuple[OptionKey, int]]:
        """The candidates and lines of these placements."""
        placements = self._model.placements.at(rows)
        pairs = zip(placements.candidate.tolist(), placements.line.tolist(), strict=True)
        return [(self._model.keys[candidate], line) for candidate, line in pairs]

    def used(self) -> Integers:
        """The candidates that ship something."""
        return self._used(self.lots)

    def amount(self, part: Part) -> int:
        """How much there is of a part of the comparison."""
        return self._amounts([part], np.flatnonzero(self.lots), self.lots)[0]

    def cost(self) -> int:
        """In weights, without the tie-break and without what the units ordered would cost unfilled."""
        return self._rank(self.lots)[0]

    def _is_allowed(self, lots: Integers) -> bool:
        model, placements = self._model, self._model.placements
        units = lots * placements.lot
        by_line, by_stock = np.zeros_like(model.quantity), np.zeros_like(model.supply)
        np.add.at(by_line, placements.line, units)
        np.add.at(by_stock, placements.stock, units)
        used = self._used(lots)
        by_node = np.bincount(model.node[used], minlength=len(model.room))
        return bool(
            (lots >= 0).all()
            and (by_line <= model.quantity).all()
            and (by_stock <= model.supply).all()
            and (by_node <= model.room).all()
            and len(used) <= model.most_opened
            and (not model.has_sets or self._sets_are_whole(lots))
            and all(
                (np.bincount(limit.group, limit.use * lots, len(limit.most)) <= limit.most)[limit.is_limited].all()
                for limit in model.limits
            )
            and self._keeps_to_bounds(lots, used)
        )

    def _sets_are_whole(self, lots: Integers) -> bool:
        """Whether each line of a set ships, on each candidate, if the first does."""
        leader = self._model.placements.leader
        is_led = leader != np.arange(len(lots))
        return bool((lots == lots[leader])[is_led].all())

    def _keeps_to_bounds(self, lots: Integers, used: Integers) -> bool:
        model = self._model
        if not model.shipment_limits:
            return True
        for limit in model.shipment_limits:
            amount = np.zeros_like(model.opening)
            np.add.at(amount, model.placements.candidate, lots * limit.amount)
            if (amount[used] < limit.least[used]).any() or (amount[used] > limit.most[used]).any():
                return False
        return len(np.unique(model.option[used])) == len(used)

    def _lots_of(self, units: Units) -> Integers:
        lots, lines = np.zeros_like(self._places), len(self._model.quantity)
        rows = self._places.searchsorted([self._numbers[key] * lines + line for key, line in units])
        lots[rows] = np.array(list(units.values()), dtype=np.int64) // self._model.placements.lot[rows]
        return lots

    def _used(self, lots: Integers) -> Integers:
        return self._candidates_of(np.flatnonzero(lots > 0))

    def _candidates_of(self, rows: Integers) -> Integers:
        """The candidates of these placements, which are sorted by candidate."""
        candidates = self._model.placements.candidate[rows]
        return candidates[np.diff(candidates, prepend=-1) > 0]

    def _amounts(self, parts: Sequence[Part], rows: Integers, lots: Integers) -> list[int]:
        """How much there is of the parts; `rows` are those with lots."""
        shipped, used = lots[rows], self._candidates_of(rows)
        return [int(part.cost[rows] @ shipped) + int(part.opening[used].sum()) for part in parts]

    def _rank(self, lots: Integers) -> tuple[int, int, list[int]]:
        """The comparison but for the quantities: the cost in weights, and the tie-break."""
        rows = np.flatnonzero(lots)
        used, amounts = self._candidates_of(rows), self._amounts(self.parts, rows, lots)
        cost = sum([weight * amount for weight, amount in zip(self.weights, amounts, strict=True)])
        return cost, len(used), used.tolist()
