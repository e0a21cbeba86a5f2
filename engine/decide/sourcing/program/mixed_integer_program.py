"""The choice as a mixed integer program: what is asked where the search has used up its steps, or is not worth them.

The parts of the comparison are minimised one after another, each with the parts before held where they are. For each
part the linear relaxation over some candidates gives duals, at which all of them are priced; those that would lower the
bound are the next to be looked at (sifting). Then every placement that no better choice may use is dropped, and HiGHS
solves what is left. Its choices are scored in integers.
"""

from collections.abc import Callable, Collection

import numpy as np

from engine.decide.shipping.columns import Flags, Integers
from engine.decide.sourcing.objective import Solution, Units, Weights
from engine.decide.sourcing.problem import Problem
from engine.decide.sourcing.program.choice_at_hand import ChoiceAtHand
from engine.decide.sourcing.program.linear_program import Program
from engine.decide.sourcing.program.local_search import LocalSearch, Worth
from engine.decide.sourcing.program.model import Model, Part
from engine.decide.sourcing.program.pricing import Held, Priced, price
from engine.decide.sourcing.program.shortlist import cheapest, promise, promising
from engine.decide.sourcing.program.tie_break import PREFERRED, earlier_shipments, fewest
from engine.model.facts import OptionKey

WORK = 7_200_000
"""When so much work is done, no more is begun, and HiGHS stops. A unit is a placement that the local search looks at;
the rest counts as many as take as long. An iteration of a linear relaxation counts an eighth of its columns. HiGHS
reports an event at each round of cuts and at each node: it counts the columns of the program, times the lines of the
order (at most MOST_LINES).
"""
BUILT, COLUMNS_A_UNIT = 2, 8
"""Work counted for each placement of the order, as building the columns takes so long, at most three quarters of WORK;
and how many columns of a linear relaxation count one unit of work an iteration.
"""
MOST_LINES = 100
SEARCHED_FIRST, SIFTED, SEARCHED_LOCALLY = 3, 2, 1
"""The first local search stops when so many sixths of the work are left; then sifting begins no new round; then the
other local searches and relaxations stop, and the rest is HiGHS's.
"""
RELAXED, PER_LINE = 600, 6
"""The linear relaxation begins with candidates that carry so many lines together, or so many times the lines of the
order, and gets as many more in a round.
"""
STARTING, CORE = 20_000, 5
"""The local search begins with candidates that carry so many lines together; then it looks at as many times more than
the relaxation begins with.
"""
PATIENCE, TENTHS = (80, 20), (10, 12)
"""The local search goes on for so many steps without a better choice, with the duals of the relaxation times so many
tenths as what the earlier parts are worth; then for so many, with worths that no money outweighs.
"""
TRIED = 400, 1_200, 6_000
"""HiGHS solves a part for so many of the most promising placements, one number after another; for the last number only
if there are no more.
"""
SEARCHED = 80
"""Of so many candidates the search is asked first."""
ROUNDS = 8
"""The most rounds of sifting for one part of the comparison."""
ALTERNATIVES, TIMES_AS_LONG = 8, 4
"""So many choices of the least cost are looked for, each before the last in the tie-break. With their cost held, HiGHS
takes so many times as long from one event to the next.
"""


class Solver:
    """Starts from `units`. `allocate` gives the units if some shipments are opened; `search` the best choice among some
    placements, if it can prove it.
    """

    def __init__(
        self,
        problem: Problem,
        weights: Weights,
        units: Units,
        *,
        allocate: Callable[[Collection[OptionKey]], Units],
        search: Callable[[Collection[tuple[OptionKey, int]], Units], Solution | None],
    ) -> None:
        self._model, self._allocate, self._search = Model(problem), allocate, search
        self._at_hand = ChoiceAtHand(self._model, weights, units)
        self._parts, self._weights = self._at_hand.parts, self._at_hand.weights
        self._ship_complete = problem.ship_complete
        self._kept: Flags = np.ones(len(self._at_hand.lots), dtype=bool)
        self._held: list[Held] = []
        self._work = self._work_left = max(WORK // 4, WORK - BUILT * len(self._at_hand.lots))
        self._searched = (1 if units else 2) * len(self._at_hand.lots)
        self._found: Solution | None = None
        self._is_proven = True
        self._relaxed = max(RELAXED, PER_LINE * len(self._model.quantity))
        self._is_coupled = bool(self._model.limits) and len(self._at_hand.lots) <= TRIED[-1]

    def solve(self) -> Solution:
        """The best choice found."""
        ordered = int(self._model.quantity.sum())
        if not self._is_coupled:
            self._search_locally(
                self._cheapest(promise(self._model), STARTING), self._at_hand.used(), until=SEARCHED_FIRST
            )
        lower_bound = ordered * self._weights[0]
        for index, (part, weight) in enumerate(zip(self._parts, self._weights, strict=True)):
            least = self._settle(part, self._floor(index))
            if self._found:
                return self._found
            amount = self._at_hand.amount(part)
            if self._is_proven:
                lower_bound += weight * least
                self._is_proven = least == amount
                if not self._is_proven and weight > 1:
                    lower_bound -= self._weights[2] // 4  # money can be so far below zero
            if index == 0 and self._ship_complete and amount > -ordered:
                return self._solution(lower_bound - self._weights[2] // 4, is_first=False)
            self._held.append(Held(part, amount))
        if self._is_found_by_search() and self._found:
            return self._found
        is_first = self._is_proven and self._find_first_of_cheapest()
        return self._solution(lower_bound, is_first=is_first)

    def _solution(self, lower_bound: int, *, is_first: bool) -> Solution:
        cost = self._at_hand.cost() + int(self._model.quantity.sum()) * self._weights[0]
        return Solution(self._at_hand.units(), lower_bound, cost - lower_bound or int(not is_first))

    def _search_locally(
        self,
        among: Flags,
        start: Integers,
        worth: Worth | None = None,
        patience: int = 0,
        until: int = SEARCHED_LOCALLY,
    ) -> Integers:
        """Searches among these candidates, then among those that are cheapest to add to what it finds, and so on while
        that is better than the choice at hand, which it becomes, until so many sixths of the work are left.
        """

        def spend(work: int) -> bool:
            self._spend(work)
            return self._work_until(until) <= 0

        opened, worth, everywhere = start, worth or Worth.above_money(self._model), None
        while self._work_until(until) > 0:
            among[opened] = True
            before, rows = self._at_hand.lots, self._kept & among[self._model.placements.candidate]
            opened = LocalSearch(self._model, rows, worth, spend).improve(opened, patience)
            self._try(opened, np.ones_like(opened))
            if before is self._at_hand.lots:
                break
            everywhere = everywhere or LocalSearch(self._model, self._kept, worth, spend)
            among = self._cheapest(everywhere.costs_of_adding(opened), CORE * self._relaxed)
        return opened

    def _floor(self, index: int) -> int:
        """The least that a part can be, whatever is chosen; money weighs less than a quarter of a tier."""
        placements, shipped = self._model.placements, -self._at_hand.amount(self._parts[0])
        least_tier = int((placements.tiers // placements.lot).min(initial=9))
        return (-int(self._model.quantity.sum()), 0, shipped * least_tier, -(self._weights[2] // 4))[index]

    def _settle(self, part: Part, floor: int) -> int:
        """Makes the part as small as it can be made. No choice has less of it than what is returned."""
        if self._at_hand.amount(part) <= floor:
            return floor
        if self._is_coupled:
            # to try an allocation takes longer here than to solve the whole program
            bound = self._solve(part, np.flatnonzero(self._kept), floor)
            if bound >= self._at_hand.amount(part):
                return bound
        priced = self._sift(part)
        if priced is None:
            return min(self._at_hand.amount(part), self._solve(part, np.flatnonzero(self._kept), floor))
        bound = max(floor, -(-priced.lower_bound // priced.scale))
        if bound < self._at_hand.amount(part) and self._is_found_by_search():
            return bound
        for most in TRIED:
            is_whole = int(self._kept.sum()) <= most
            if bound < self._at_hand.amount(part) and self._work_left > 0 and (is_whole or most < TRIED[-1]):
                chosen = promising(self._model, self._kept, self._at_hand.lots, priced, most)
                bound_of_chosen = self._solve(part, chosen, floor)
                bound = max(bound, bound_of_chosen) if is_whole else bound
                self._drop(priced, part)
        return min(bound, self._at_hand.amount(part))  # what was dropped costs more than that

    def _is_found_by_search(self) -> bool:
        """Whether the search proves which choice is the best among the placements that are left, once they are few. It
        can't where an earlier part is unproven: what a better choice uses may have been dropped since.
        """
        rows = np.flatnonzero(self._kept)
        if (
            self._is_proven
            and 2 * len(rows) <= self._searched
            and len(np.unique(self._model.placements.candidate[rows])) <= SEARCHED
        ):
            self._searched = len(rows)
            self._found = self._search(self._at_hand.places(rows), self._at_hand.units())
        return self._found is not None

    def _sift(self, part: Part) -> Priced | None:
        """The highest lower bound of a part that the linear relaxation gives. On the way, placements are dropped that
        cost too much; at last, the search for a better choice starts from what the relaxation opens.
        """
        best, candidate = None, self._model.placements.candidate
        chosen = self._cheapest(promise(self._model), self._relaxed)
        chosen[self._at_hand.used()] = True
        for _ in range(ROUNDS):
            program = self._program(np.flatnonzero(chosen[candidate] & self._kept))
            most_iterations = max(1, self._work_until(SEARCHED_LOCALLY) * COLUMNS_A_UNIT // max(1, program.size))
            duals, opened, iterations = program.relax(part, most_iterations)
            self._spend(iterations * program.size // COLUMNS_A_UNIT)
            priced = price(self._model, self._kept, part, self._held, duals)
            if priced is None:
                break
            self._try(program.candidates, opened)
            if best is None or priced.lower_bound > best.lower_bound:
                best, worth = priced, duals.held
            self._drop(priced, part)
            more = (priced.opening < 0) & ~chosen
            if self._work_until(SIFTED) <= 0 or not more.any():
                break
            chosen |= more & self._cheapest(np.where(more, priced.opening, 0), self._relaxed)
        if best is not None and -(-best.lower_bound // best.scale) < self._at_hand.amount(part):
            self._improve(best, Worth(*worth) if part.opening.any() else None)
            self._drop(best, part)
        return best

    def _improve(self, priced: Priced, worth: Worth | None) -> None:
        """Looks for a better choice among the candidates that cost least at these duals; first, where the earlier parts
        are worth so much and a choice may be worse in them on the way.
        """
        core, start = self._cheapest(priced.opening, CORE * self._relaxed), self._at_hand.used()
        for about in [worth.times(tenths) for tenths in TENTHS] if worth else ():
            start = self._search_locally(core, start, about, PATIENCE[0])
        self._search_locally(core, start, patience=PATIENCE[1])

    def _cheapest(self, cost: Integers, lines: int) -> Flags:
        return cheapest(self._model, self._kept, cost, lines)

    def _drop(self, priced: Priced, part: Part) -> None:
        """Drops the placements that no choice uses which is as good as the one at hand."""
        self._kept &= priced.may_cost(self._model.placements.candidate, self._at_hand.amount(part))
        if self._model.has_sets:
            self._kept &= self._kept[self._model.placements.leader]

    def _program(self, chosen: Integers) -> Program:
        program = Program(self._model, chosen, self._count_event)
        for part, most in self._held:
            program.hold(part, most)
        return program

    def _work_until(self, sixths: int) -> int:
        """How much work may be done until so many sixths of it are left."""
        return self._work_left - self._work * sixths // 6

    def _spend(self, work: int) -> bool:
        """Counts work; whether that was the last."""
        self._work_left -= work
        return self._work_left <= 0

    def _count_event(self, size: int) -> bool:
        return self._spend(size * min(MOST_LINES, len(self._model.quantity)))

    def _count_slow_event(self, size: int) -> bool:
        return self._count_event(TIMES_AS_LONG * size)

    def _solve(self, part: Part, chosen: Integers, floor: int) -> int:
        """The lower bound of a part among these placements; what HiGHS finds is taken if it is better."""
        if self._work_left <= 0:
            return floor
        program = self._program(chosen)
        solved = program.solve(part, self._columns(program, chosen))
        bound = floor if solved.bound is None else solved.bound
        if solved.values is not None:
            self._adopt(chosen, solved.values)
            if bound < self._at_hand.amount(part):
                self._try(program.candidates, solved.values[len(chosen) :])
        return bound

    def _columns(self, program: Program, chosen: Integers) -> Integers:
        used = np.isin(program.candidates, self._at_hand.used())
        return np.append(self._at_hand.lots[chosen], used)

    def _adopt(self, chosen: Integers, values: Integers) -> None:
        """Takes over what HiGHS found, if it is better."""
        lots = np.zeros_like(self._at_hand.lots)
        lots[chosen] = values[: len(chosen)]
        self._at_hand.take_lots(lots)

    def _try(self, candidates: Integers, opened: Integers) -> None:
        """Opens as many of the candidates as there is room for, those that are opened most first; takes over the best
        allocation if it is better.
        """
        model, keys = self._model, []
        room, left = model.room.copy(), model.most_opened
        for place in np.argsort(-opened, kind="stable"):
            number = int(candidates[place])
            if opened[place] > 0 and left and room[model.node[number]]:
                keys.append(model.keys[number])
                left -= 1
                room[model.node[number]] -= 1
        self._at_hand.take_units(self._allocate(keys))

    def _find_first_of_cheapest(self) -> bool:
        """Of the choices that cost as much, looks for the one whose shipments come first in the tie-break; whether it
        is sure of it.
        """
        chosen = np.flatnonzero(self._kept)
        placements = self._model.placements
        tiers = placements.tiers + 10 * placements.unless_needed
        # with only money held, the cheapest allocation to some shipments is one of whole units anyway
        in_units = bool((tiers != tiers[:1]).any() or (placements.lot > 1).any())
        for turn in range(ALTERNATIVES if len(chosen) <= TRIED[-1] else 0):
            if self._work_left <= 0:
                break
            program, before = (
                Program(self._model, chosen, self._count_slow_event, in_units=in_units),
                self._at_hand.lots,
            )
            for part, most in self._held:
                program.hold(part, most, loosely=True)
            for constraint in earlier_shipments(self._model, program, chosen, self._at_hand.used()):
                program.limit(*constraint)
            solved = program.solve(fewest(self._model, program.candidates[turn * PREFERRED :][:PREFERRED]))
            if solved.is_impossible:
                return True
            if solved.values is not None:
                self._adopt(chosen, solved.values)
                self._try(program.candidates, solved.values[len(chosen) :])
            if self._at_hand.lots is before:
                break
        return False
