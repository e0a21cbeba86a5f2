"""The promises of an order by brute force: every instant at which something arrives, every choice."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from engine.decide.matching.judge import PolicyJudge
from engine.decide.sourcing.problem import Candidate, Choice, Problem
from engine.model.facts import OptionKey, Order, Snapshot, rounded
from tests.reference.enumerated_choice import best_by_enumeration
from tests.reference.plain_choice import PlainEvaluation

CENT = 10_000
"""Micros."""
MORE_THAN_ALL_MONEY = 10**12


class PlainPromise(NamedTuple):
    """UTC seconds, micros, milligrams of CO2e."""

    arrives_by: int
    cost: int
    co2: int


def plain_promises(
    order: Order, deliveries: Sequence[str], snapshot: Snapshot, matcher: PolicyJudge, now: int
) -> set[PlainPromise]:
    """Those that can be kept and that no other is better than."""
    found = {
        promise
        for delivery in deliveries
        for greenest in (False, True)
        for promise in kept_promises(replace(order, delivery=delivery), snapshot, matcher, now, greenest=greenest)
    }
    return {promise for promise in found if not any(_dominates(other, promise) for other in found)}


def kept_promises(
    order: Order, snapshot: Snapshot, matcher: PolicyJudge, now: int, *, greenest: bool
) -> Iterator[PlainPromise]:
    """The choices that fill the order and arrive just when they may at the latest, by such an instant."""
    for latest in sorted({route.arrives_by for route in PlainEvaluation(order, snapshot, matcher, now).routes}):
        plain = PlainEvaluation(replace(order, promise_by=latest), snapshot, matcher, now)
        arrives = {route.key: route.arrives_by for route in plain.routes}
        problem = plain.problem()
        in_time = [candidate for candidate in problem.candidates if arrives[candidate.key] <= latest]
        problem = replace(problem, candidates=in_time)
        choice = best_by_enumeration(_by_carbon(problem, plain) if greenest else problem)
        if not choice.score.unfilled and max(arrives[key] for key, _ in choice.units) == latest:
            yield _promise(choice, plain, latest)


def _by_carbon(problem: Problem, plain: PlainEvaluation) -> Problem:
    """The same, but for CO2e before the cents that it costs."""
    drops = {route.key: route.drop for route in plain.routes}
    carbon = _amounts(plain)

    def weighed(candidate: Candidate) -> Candidate:
        prices = {
            line: replace(
                price, money=carbon[candidate.key, line][1] * MORE_THAN_ALL_MONEY + rounded(price.money, CENT)
            )
            for line, price in candidate.prices.items()
        }
        fixed = drops[candidate.key] * MORE_THAN_ALL_MONEY + rounded(candidate.fixed, CENT)
        return replace(candidate, fixed=fixed, prices=prices)

    return replace(
        problem,
        candidates=list(map(weighed, problem.candidates)),
        split_penalty=rounded(problem.split_penalty, CENT),
    )


def _promise(choice: Choice, plain: PlainEvaluation, arrives_by: int) -> PlainPromise:
    amounts, used = _amounts(plain), {key for key, _ in choice.units}
    opened = [(route.fixed, route.drop) for route in plain.routes if route.key in used]
    shipped = [(units, *amounts[place]) for place, units in choice.units.items()]
    return PlainPromise(
        arrives_by=arrives_by,
        cost=sum(fixed for fixed, _ in opened) + sum(units * cost for units, cost, _ in shipped),
        co2=sum(drop for _, drop in opened) + sum(units * carbon for units, _, carbon in shipped),
    )


def _amounts(plain: PlainEvaluation) -> dict[tuple[OptionKey, int], tuple[int, int]]:
    """Micros and milligrams of a unit, by way and line."""
    return {
        (option.route.key, line): (option.unit_cost, option.unit_carbon)
        for line, options in enumerate(plain.options)
        for option in options
    }


def _dominates(other: PlainPromise, promise: PlainPromise) -> bool:
    return other != promise and all(theirs <= ours for theirs, ours in zip(other, promise, strict=True))
