"""The best choice if a place had to ship what it can of an order: decided again under that condition.

Of each line that the place can ship, as many units as it has for it ship from there, and the rest from elsewhere or not
at all. So an order of which it has everything ships from there whole.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple, Self

import numpy as np

from engine.audit.explanation.case import CountedCandidates, ExplainedChoice
from engine.decide.decision import PromiseTerms
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.kept_promise import choose_as_promised
from engine.decide.shipping.columns import Integers
from engine.decide.sourcing.direct_choice import Columns
from engine.decide.sourcing.problem import Candidate, Choice, LotLimit, Problem
from engine.model.facts import OptionKey


class ForcedChoice(NamedTuple):
    """The best choice under the condition, and the units by line that had to ship from the node."""

    choice: Choice
    units: Mapping[int, int]


def forced_from(explained: ExplainedChoice, node: int) -> ForcedChoice | None:
    """With a node by its number; None: it can ship nothing of the order."""
    candidates = explained.candidates
    of_node = candidates.evaluation.reach.node[candidates.rows[candidates.candidate]] == node
    units = _units_from(candidates, np.flatnonzero(of_node))
    if not units:
        return None
    whole = [index for index, count in units.items() if count == candidates.quantity[index]]
    entries = of_node | ~np.isin(candidates.line, whole)
    parts = {index: count for index, count in units.items() if index not in whole}
    some = candidates.at(entries)
    if parts:
        some = _SplitLines.of(some, node, parts)
    return ForcedChoice(choose_as_promised(some, explained.keeps or _ANY_TIME), units)


def with_at_most(explained: ExplainedChoice, shipments: int) -> Choice:
    """The best choice of at most so many shipments of the order."""
    limited = _FewerShipments.of(explained.candidates, shipments)
    return choose_as_promised(limited, explained.keeps or _ANY_TIME)


_ANY_TIME: Final = PromiseTerms(arrives_by=0)
"""Of candidates that were not chosen for when they arrive."""


def _units_from(candidates: Candidates, entries: Integers) -> dict[int, int]:
    """By line, how many units some entries, which are of one node, can ship; lines of one SKU share its units."""
    evaluation = candidates.evaluation
    most: dict[int, int] = {}
    multiples: dict[int, int] = {}
    for entry in entries.tolist():
        line = int(candidates.line[entry])
        most[line] = max(most.get(line, 0), int(candidates.units[entry]))
        multiples[line] = 1 if candidates.multiple is None else int(candidates.multiple[entry])
    units: dict[int, int] = {}
    taken: dict[str, int] = {}
    for line, its_most in sorted(most.items()):
        item = evaluation.order.lines[line]
        count = min(item.quantity, its_most - taken.get(item.sku, 0)) // multiples[line] * multiples[line]
        if count <= 0 or (count < item.quantity and evaluation.ships_whole(line)):
            continue
        units[line] = count
        taken[item.sku] = taken.get(item.sku, 0) + count
    return units


def best_first(explained: ExplainedChoice) -> list[int]:
    """The nodes with candidates, by what the best of theirs would come to if it shipped all it can: the most units,
    then as choices are compared. That is only the order in which they are looked at.
    """
    candidates, count = explained.candidates, len(explained.candidates.fixed)
    units = np.minimum(candidates.units, candidates.quantity[candidates.line])

    def sums(column: Integers) -> Integers:
        totals = np.zeros(count, dtype=np.int64)
        np.add.at(totals, candidates.candidate, column)
        return totals

    shipped = sums(units)
    unless_needed, tiers = sums(units * candidates.unless_needed), sums(units * candidates.tier)
    money = sums(units * candidates.money) + candidates.fixed
    order = np.lexsort((money, tiers, unless_needed, -shipped))
    nodes = explained.evaluation.reach.node[candidates.rows[order[shipped[order] > 0]]]
    return list(dict.fromkeys(nodes.tolist()))


class _FewerShipments(CountedCandidates):
    """Candidates of which so many ship at most, whatever more the rules allow."""

    most: int

    @classmethod
    def of(cls, candidates: Candidates, most: int) -> "_FewerShipments":
        limited = cls.__new__(cls)
        limited.__dict__.update(candidates.__dict__)
        limited.most = most
        return limited

    def _choose(self, most: int | None) -> Choice:
        return super()._choose(self.most if most is None else min(most, self.most))


class _SplitLines(CountedCandidates):
    """Candidates among which some lines are split: units that one node ships, and units that others do. That takes the
    search: it is given each part as a demand of its own.
    """

    node: int
    split_units: Mapping[int, int]

    @classmethod
    def of(cls, candidates: Candidates, node: int, split_units: Mapping[int, int]) -> "_SplitLines":
        split = cls.__new__(cls)
        split.__dict__.update(candidates.__dict__)
        split.node, split.split_units = node, split_units
        return split

    def _directly(self, columns: Columns, most: int) -> None:
        """Never."""

    @property
    def undominated(self) -> Self:
        """All: a candidate of another node can't ship what one node has to."""
        return self

    def problem(self, max_shipments: int | None) -> Problem:
        """The candidates as the optimiser takes them, with the demands for the rest of split lines at the end."""
        problem = super().problem(max_shipments)
        node_name = self.evaluation.ways.node_ids[self.node]
        rest = {index: len(problem.demands) + number for number, index in enumerate(self.split_units)}
        demands = list(problem.demands)
        for index, units in self.split_units.items():
            demands.append(replace(demands[index], quantity=demands[index].quantity - units))
            demands[index] = replace(demands[index], quantity=units)
        return replace(
            problem,
            demands=demands,
            candidates=[
                candidate
                for item in problem.candidates
                if (candidate := _split(item, rest, its=self.own_node(item.key) == node_name)).prices
            ],
            multiples={
                **problem.multiples,
                **{(node, rest[index]): most for (node, index), most in problem.multiples.items() if index in rest},
            },
            lot_limits=[_limit_of_both(limit, rest) for limit in problem.lot_limits],
        )

    def _with_own_keys(self, choice: Choice) -> Choice:
        """The choice with the lines whole again."""
        whole = dict(enumerate(self.split_units, start=len(self.quantity)))
        units: dict[tuple[OptionKey, int], int] = {}
        for (key, index), count in choice.units.items():
            place = key, whole.get(index, index)
            units[place] = units.get(place, 0) + count
        return super()._with_own_keys(replace(choice, units=dict(sorted(units.items()))))


def _split(candidate: Candidate, rest: Mapping[int, int], *, its: bool) -> Candidate:
    """A candidate that ships of a split line only the node's part, if it is `its` own, or else only the rest."""
    if its:
        return candidate
    return replace(candidate, prices={rest.get(index, index): price for index, price in candidate.prices.items()})


def _limit_of_both(limit: LotLimit, rest: Mapping[int, int]) -> LotLimit:
    return limit._replace(places=limit.places | {(key, rest[index]) for key, index in limit.places if index in rest})
