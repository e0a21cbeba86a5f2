"""Ranges of quantities of which rules say the same, whichever of them an order of one product asks for.

Rules tell orders of one product apart by their quantity, by facts that grow with it (units and weight of the order),
and by what a route costs, which grows between the weights at which parcel prices change. Two quantities that rules
judge alike, with no such weight between them, have none between them that rules judge otherwise. Only where a rule
compares one of these facts with another fact (`same_as`) may each quantity be judged in its own way.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from engine.decide import rule_facts
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.matching.matcher import Matcher
from engine.model.facts import Line, Order, Product, Snapshot
from rules.conditions import Compare, comparisons

COSTS = frozenset({"route.cost", "route.co2", "route.rank_cost"})
"""Facts of a route that depend on the quantity."""
QUANTITIES = frozenset({"order.units", "order.weight", "line.quantity"})
"""Facts of the order and the line that do."""

MOST_APART = 1_000
"""So many quantities are looked at, each by itself, where rules may tell each from the next."""

Range: TypeAlias = tuple[int, int]
"""The first and the last quantity of a range."""


def of_quantity(order: Order, sku: str, quantity: int) -> Order:
    """The order of so many units of the SKU, and nothing else."""
    return replace(order, lines=(Line(id="1", sku=sku, quantity=quantity),))


def alike_in_facts(order: Order, sku: str, snapshot: Snapshot, matcher: Matcher, most: int) -> Iterator[Range]:
    """The ranges from 1 to `most`, the highest first, in which rules on the order and its line say the same; where
    these may be of one quantity each, MOST_APART of them.
    """
    if any(_is_pair(item) for item in _comparisons(matcher)):
        yield from ((quantity, quantity) for quantity in range(most, max(0, most - MOST_APART), -1))
        return
    product, network = snapshot.products[sku], snapshot.network

    def codes(quantity: int) -> object:
        asked = of_quantity(order, sku, quantity)
        facts = {
            **rule_facts.order_facts(asked, {sku: product}, network),
            **rule_facts.line_facts(asked.lines[0], product, asked, network),
        }
        return [stage.codes(facts) for stage in matcher.stages.values()]

    yield from _ranges(codes, 1, most)


def alike_in_costs(
    evaluate: Callable[[int], Evaluation], product: Product, matcher: Matcher, alike: Range
) -> Iterator[Range]:
    """The parts of a range, the highest first, in which rules on what a route costs say the same, too."""
    if not COSTS & {fact.path for item in _comparisons(matcher) for fact in item.facts}:
        yield alike
        return

    def judged(quantity: int) -> object:
        (options,) = evaluate(quantity).options
        return options.reach.tobytes(), options.judgement.tobytes()

    first, last = alike
    ways = evaluate(last).ways
    steps = sorted(
        {
            quantity
            for bands in ways.bands
            for band in bands or ()
            for quantity in (_reaching(band.least, product), _reaching(band.most + 1, product))
            if first < quantity <= last
        }
    )
    for begin, end in reversed(list(zip([first, *steps], [*(step - 1 for step in steps), last], strict=True))):
        yield from _ranges(judged, begin, end)


def _comparisons(matcher: Matcher) -> Iterator[Compare]:
    for rule in matcher.policies.rules.values():
        yield from comparisons(rule.condition)


def _is_pair(item: Compare) -> bool:
    """Whether it compares a fact that depends on the quantity with another fact."""
    return item.other is not None and not (QUANTITIES | COSTS).isdisjoint(fact.path for fact in item.facts)


def _reaching(grams: int, product: Product) -> int:
    """The least quantity that weighs so much; 0 if nothing does."""
    return -(-grams * product.scale // product.weight) if product.weight else 0


def _ranges(known: Callable[[int], object], first: int, last: int) -> Iterator[Range]:
    """The ranges in which what is `known` of the quantities is the same, the highest first. It is the same at all
    quantities between two of which it is.
    """
    while last >= first:
        here, low, high = known(last), first, last
        while low < high:
            middle = (low + high) // 2
            if known(middle) == here:
                high = middle
            else:
                low = middle + 1
        yield low, last
        last = low - 1
