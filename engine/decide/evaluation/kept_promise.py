"""The choice that keeps a promise: of options that arrive in time, the policies' choice or the greenest."""

import copy
from dataclasses import replace

import numpy as np

from engine.decide.decision import PromiseTerms
from engine.decide.evaluation.candidates import Candidates
from engine.decide.shipping.columns import WIDEST, Integers, integers, rounded
from engine.decide.sourcing.problem import Choice
from rules.syntax.literals import MICROS

_CENT = MICROS // 100
"""The columns of `Candidates` that have an entry for each line and way that can ship units of it."""


def choose_in_time(candidates: Candidates, terms: PromiseTerms) -> Choice:
    """The best choice of those that ship nothing that arrives later than was promised."""
    return choose_as_promised(candidates_in_time(candidates, terms), terms)


def choose_as_promised(candidates: Candidates, terms: PromiseTerms) -> Choice:
    """The policies' choice, or the greenest if that was promised. The gap of the greenest is in milligrams of CO2e."""
    return _choose_greenest(candidates) if terms.greenest else candidates.choose()


def candidates_in_time(candidates: Candidates, terms: PromiseTerms) -> Candidates:
    """Those that arrive no later than was promised."""
    in_time = (arrivals(candidates) <= terms.arrives_by).nonzero()[0]
    return candidates.at(in_time)


def arrivals(candidates: Candidates) -> Integers:
    """When the units of each entry would arrive."""
    return candidates.evaluation.reach.arrives_by[candidates.rows[candidates.candidate]]


def rows_of(candidates: Candidates, choice: Choice) -> Integers:
    """By which row of `reach` each of the choice's units ship."""
    return integers(candidates.evaluation.row(key) for key, _ in choice.units)


def _choose_greenest(candidates: Candidates) -> Choice:
    """With CO2e in the place of money; of equal CO2e the cheapest, to the cent, if that can be proven."""
    weighed = _by_carbon_and_cents(candidates)
    choice = weighed.choose() if weighed else None
    if choice is None or choice.gap != 0:
        choice = _with_money(candidates, candidates.carbon, _drops(candidates), 0).choose()
    return replace(choice, score=replace(choice.score, money=_money(candidates, choice)))


def _by_carbon_and_cents(candidates: Candidates) -> Candidates | None:
    """With a money of which a milligram weighs more than all cents together; None if 61 bits do not hold that."""
    drop, units = _drops(candidates), int(candidates.quantity.sum())
    unit_cents, cents = rounded(candidates.money, _CENT), rounded(candidates.fixed, _CENT)
    penalty = int(rounded(integers([candidates.split_penalty]), _CENT)[0])
    # there are no more shipments than units
    weight = 2 * units * (int(np.abs(unit_cents).max(initial=0)) + int(cents.max(initial=0)) + penalty) + 1
    if weight * max(int(candidates.carbon.max(initial=0)), int(drop.max(initial=0))) >= WIDEST:
        return None
    return _with_money(candidates, weight * candidates.carbon + unit_cents, weight * drop + cents, penalty)


def _drops(candidates: Candidates) -> Integers:
    """Milligrams of CO2e a shipment, by candidate."""
    return candidates.evaluation.reach.drop[candidates.rows]


def _with_money(candidates: Candidates, money: Integers, fixed: Integers, split_penalty: int) -> Candidates:
    other = copy.copy(candidates)
    other.money, other.fixed, other.split_penalty = money, fixed, split_penalty
    return other


def _money(candidates: Candidates, choice: Choice) -> int:
    """Micros, with what policies add and take."""
    numbers, count = candidates.numbers(choice), len(candidates.fixed)
    lines, units = integers(line for _, line in choice.units), integers(choice.units.values())
    entries = (candidates.line * count + candidates.candidate).searchsorted(lines * count + numbers)
    used = np.unique(numbers)
    penalties = candidates.split_penalty * max(0, len(used) - 1)
    return int((units * candidates.money[entries]).sum() + candidates.fixed[used].sum()) + penalties
