"""Finds the smallest single changes that would have changed a decision, by deciding again under each.

How many times it decides is bounded by a number, never by time, so that the same decision always gets the same answer;
an order of many lines, which takes longer, fewer times. A change is reported only if deciding under it gave another
choice, and, where it has a size, deciding under the next smaller size did not.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final, TypeVar

from engine.audit.explanation.case import DecidedCase, ExplainedChoice
from engine.audit.explanation.changes.change import (
    AmountMoved,
    Change,
    FewerParcels,
    MoreUnits,
    MovedInTime,
    RuleOff,
    number_in,
    with_units,
)
from engine.audit.explanation.comparison import loss
from engine.audit.explanation.costs import costs_of
from engine.audit.explanation.forced import best_first
from engine.audit.explanation.statement import Statement
from engine.decide.evaluation.judgements import counted_judgements
from rules.syntax.amount_range import UNITS
from rules.syntax.effect_parser import RANGES
from rules.syntax.literals import MICROS
from rules.vocabulary import Kind

MOST_WORK: Final = 1_000
"""Decisions times lines of the order; one that takes a search counts as SEARCH of them."""
SEARCH: Final = 4
LEAST_WORK: Final = 20
"""Decisions that are made however many lines there are."""
MOST_DECISIONS: Final = 400
_MOST_PLACES: Final = 3
"""Of which more units are tried, for each article: those that would do best if all places had it."""
_HOURS: Final = 24
"""How far the order is moved in time, an hour at a time."""
_CENT: Final = MICROS // 100
_MUCH: Final = 10
"""Times what is ordered: as many units that stock does not matter."""
_MOST_MONEY: Final = 100 * MICROS
_MOST_RAISED: Final = 100
"""What is added at most to what a rule says, in micros, and in units, shipments or grams."""
_EVEN: Final = frozenset({"prefer", "avoid", "split_penalty", "carbon_price"})
"""Effects of which what a choice costs grows evenly with their amount, but for what is rounded."""
_MOST_GUESSES: Final = 6
"""How often it is computed where an amount breaks even before the rest is halved."""
_MOST_AMOUNTS: Final = 5
"""Of amounts of rules, so many changes are told: those that move an amount by the least part of itself."""
_IRRELEVANT: Final = frozenset(
    {
        "hold",
        "priority",
        "approve",
        "rest_after_rejection",
        "multiple_of",
        "min_shelf_life",
        "backorder",
        "slack",
        "haircut",
        "preorder_from",
        "promise_from",
    }
)
"""Effects whose number does not bear on the choice, or whose multiples and days mean something only as they are."""
_Sized = TypeVar("_Sized", bound=Change)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundChange:
    """A change, and what would have been chosen under it."""

    change: Change
    statement: Statement
    then: ExplainedChoice


class BudgetSpent(Exception):
    """No more decisions may be made."""


@dataclass(slots=True)
class Decider:
    """Decides a case under changes, and remembers what came of each."""

    case: DecidedCase
    chosen: ExplainedChoice
    left: int
    results: dict[Change, ExplainedChoice | None] = field(default_factory=dict)

    def decide(self, case: DecidedCase) -> ExplainedChoice:
        """Decides; raises BudgetSpent if no more may be decided."""
        if self.left <= 0:
            raise BudgetSpent
        then = ExplainedChoice(case)
        self.left -= SEARCH if then.searches else 1
        return then

    def flips(self, change: Change) -> bool:
        """Whether another choice is made under the change."""
        return self.under(change) is not None

    def under(self, change: Change) -> ExplainedChoice | None:
        """What is chosen under the change; None: the same."""
        if change not in self.results:
            then = self.decide(change.applied(self.case))
            self.results[change] = None if then.choice.units == self.chosen.choice.units else then
        return self.results[change]

    def break_even(self, change: Change, steps: int) -> int | None:
        """By how many of so many steps, of which all flip the choice, an amount of money would have to be moved for the
        two choices to cost alike, rounded up; None: something else tells them apart, or grows unevenly.
        """
        then = self.under(change)
        if then is None or not isinstance(change, AmountMoved) or change.effect not in _EVEN:
            return None
        before = loss(self.chosen, then.choice)
        if before.part not in ("money", "tie"):
            return None
        more = before.costs.total
        less = costs_of(then.evaluation, self.chosen.choice).total - then.costs.total
        return -(-steps * more // (more + less)) if more >= 0 and less > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundChanges:
    """Those found. `complete`: all that are looked for were tried; otherwise it took too many decisions."""

    each: tuple[FoundChange, ...]
    complete: bool


def changes(chosen: ExplainedChoice) -> FoundChanges:
    """Rules that decided, then stock, limits of parcels, amounts of rules, and time; of each as far as the number of
    decisions goes.
    """
    case = chosen.case
    lines = max(1, len(case.remainder.whole_order.lines))
    decider = Decider(case, chosen, min(MOST_DECISIONS, max(LEAST_WORK, MOST_WORK // lines)))
    found: list[FoundChange] = []
    try:
        for change in _changes(decider):
            then = decider.under(change)
            if then is not None:
                found.append(FoundChange(change=change, statement=change.statement(case), then=then))
    except BudgetSpent:
        return FoundChanges(each=tuple(found), complete=False)
    return FoundChanges(each=tuple(found), complete=True)


def _changes(decider: Decider) -> Iterator[Change]:
    acting = _acting_rules(decider.chosen)
    for rule in acting:
        yield RuleOff(rule=rule)
    yield from _units(decider)
    yield from _parcels(decider)
    yield from _least_moved(decider, acting)
    yield from _time(decider)


def _least_moved(decider: Decider, acting: Sequence[str]) -> Iterator[AmountMoved]:
    """Of all amounts of these rules, the changes that move one by the least part of itself."""
    found: list[AmountMoved] = []
    spent: BudgetSpent | None = None
    try:
        for rule in acting:
            found.extend(_amounts(decider, rule))
    except BudgetSpent as error:
        spent = error
    yield from sorted(found, key=_relative_size)[:_MOST_AMOUNTS]
    if spent:
        raise spent


def _relative_size(change: AmountMoved) -> tuple[Fraction, str, int, int]:
    """By how much of itself an amount is moved; and what tells changes of one size apart."""
    size = Fraction(abs(change.after - change.before), max(change.before, 1))
    return size, change.rule, change.place, change.after


def _acting_rules(chosen: ExplainedChoice) -> list[str]:
    """The rules that acted or were silenced anywhere, or by which nodes rest."""
    evaluation, rules = chosen.evaluation, chosen.case.matcher.policies.rules
    acting = {
        rule for judgement, _ in counted_judgements(evaluation) for rule in (*judgement.fired, *judgement.silenced)
    }
    for rest in evaluation.resting.values():
        if rest.policy_version == chosen.case.matcher.policies.version:
            acting.update(rest.because)
    return sorted(acting & rules.keys())


def _units(decider: Decider) -> Iterator[Change]:
    """The fewest units more at one place, of each article, at the places that would do best if all had it."""
    chosen, case = decider.chosen, decider.case
    evaluation, order = chosen.evaluation, chosen.evaluation.order
    for sku in order.skus:
        ordered = sum(line.quantity for line in order.lines if line.sku == sku)
        if sku in case.snapshot.lots:
            continue  # units that come are of some lot, and nobody can say of which
        barred = case.remainder.barred.get(sku, frozenset())
        step = case.snapshot.products[sku].scale
        enough = _MUCH * ordered + _most_kept(decider) * step
        names = (name for name in evaluation.ways.node_ids if name not in barred)
        plenty = {name: enough + _lacking(case, sku, name) for name in names}
        everywhere = decider.decide(replace(case, snapshot=with_units(case.snapshot, sku, plenty)))
        for node in best_first(everywhere)[:_MOST_PLACES]:
            name = evaluation.ways.node_ids[node]
            yield from _least(decider, _more_units(sku, name), 0, plenty[name], step)


def _more_units(sku: str, node: str) -> Callable[[int], MoreUnits]:
    return lambda units: MoreUnits(sku=sku, node=node, units=units)


def _lacking(case: DecidedCase, sku: str, node: str) -> int:
    """How many units more a place must have so that it has as many as are held there."""
    position = case.snapshot.positions.get(sku, {}).get(node)
    return 0 if position is None else max(0, position.held - position.on_hand)


def _most_kept(decider: Decider) -> int:
    """The units that rules keep back of a place, if all do that keep some."""
    rules = decider.case.matcher.policies.rules.values()
    effects = (effect for rule in rules for effect in rule.effects if effect.name in ("keep", "protect"))
    return min(_MOST_RAISED, sum(number_in(effect.value) or 0 for effect in effects))


def _parcels(decider: Decider) -> Iterator[Change]:
    """The fewest parcels that places with no room would have to have been given less."""
    evaluation, snapshot = decider.chosen.evaluation, decider.case.snapshot
    for node in (evaluation.rooms == 0).nonzero()[0].tolist():
        name = evaluation.ways.node_ids[node]
        given = max(snapshot.loads.get(name, 0), snapshot.hourly_loads.get(name, 0))
        yield from _least(decider, _fewer_parcels(name), 0, given, 1)


def _fewer_parcels(node: str) -> Callable[[int], FewerParcels]:
    return lambda parcels: FewerParcels(node=node, parcels=parcels)


def _time(decider: Decider) -> Iterator[Change]:
    """The fewest minutes earlier, and later."""
    for sign in (-1, 1):
        moved = _moved_in_time(sign)
        for hour in range(1, _HOURS + 1):
            if decider.flips(moved(60 * hour)):
                yield from _least(decider, moved, 60 * (hour - 1), 60 * hour, 1)
                break


def _moved_in_time(sign: int) -> Callable[[int], MovedInTime]:
    return lambda minutes: MovedInTime(minutes=sign * minutes)


def _amounts(decider: Decider, rule: str) -> Iterator[AmountMoved]:
    """Of each number of a rule, the nearest lower and the nearest higher that would have changed the choice."""
    for place, effect in enumerate(decider.case.matcher.policies.rules[rule].effects):
        number = number_in(effect.value)
        if number is None or effect.name in _IRRELEVANT:
            continue
        bounds = RANGES.get(effect.name, UNITS)
        money = bounds.kind is Kind.MONEY
        step = _CENT if money and number % _CENT == 0 else 1
        raised = number + (_MOST_MONEY if money else _MOST_RAISED)
        highest = raised if bounds.high is None else min(bounds.high, raised)

        yield from _least(decider, _moved(rule, place, effect.name, number, -1), 0, number - bounds.low, step)
        yield from _least(decider, _moved(rule, place, effect.name, number, 1), 0, highest - number, step)


def _moved(rule: str, place: int, effect: str, number: int, sign: int) -> Callable[[int], AmountMoved]:
    return lambda by: AmountMoved(rule=rule, place=place, effect=effect, before=number, after=number + sign * by)


def _least(decider: Decider, change: Callable[[int], _Sized], low: int, high: int, step: int) -> Iterator[_Sized]:
    """The change of the least size above `low`, in steps, that changes the choice, if that of `high` does. Of amounts,
    no size above the least leaves the choice as it was; where rules look at stock, one may.
    """
    fails, steps = 0, (high - low) // step
    if steps < 1 or not decider.flips(change(low + steps * step)):
        return
    tries = 0
    while steps - fails > 1:
        tries += 1
        even = decider.break_even(change(low + steps * step), steps) if tries <= _MOST_GUESSES else None
        middle = (fails + steps) // 2 if even is None else min(max(even, fails + 1), steps - 1)
        if decider.flips(change(low + middle * step)):
            steps = middle
        else:
            fails = middle
    yield change(low + steps * step)
