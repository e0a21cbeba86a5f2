"""By how much one choice is worse than another, and in which part of the comparison: the first in which they differ."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from engine.audit.explanation.case import ExplainedChoice
from engine.audit.explanation.costs import Costs, costs_of, judged_option
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.sourcing.problem import Choice

Part: TypeAlias = Literal["unfilled", "unless_needed", "shipments", "tiers", "co2", "money", "tie", "unproven"]
"""The parts of the comparison. `shipments` comes early only where rules say so, and otherwise breaks ties; `co2` is in
the place of money where the greenest choice was promised. `tie`: nothing but the names of the places tells them apart.
`unproven`: the other is better, for the search stopped before it found it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """How another choice compares with the one that was made: worse `by` so much of `part`. `costs` is how much more it
    costs in each part of money, and `co2` how many more milligrams it emits, whatever it lost on.
    """

    part: Part
    by: int
    costs: Costs
    co2: int
    scale: int | None = 1
    """Units are counted in parts of so many in a whole one; None: not all articles of the order alike, so that their
    sum says nothing.
    """


OF_UNITS: Final[Sequence[Part]] = ("unfilled", "unless_needed", "tiers")
"""The parts of the comparison that are sums over units."""


def loss(chosen: ExplainedChoice, other: Choice) -> Loss:
    """How the other choice on the same evaluation compares with the one that was made."""
    evaluation, greenest = chosen.evaluation, chosen.keeps is not None and chosen.keeps.greenest
    costs = costs_of(evaluation, other) - chosen.costs
    co2 = _co2(evaluation, other) - chosen.co2
    both = zip(_parts(evaluation, chosen.choice), _parts(evaluation, other), strict=True)
    parts: list[tuple[Part, int]] = [(part, theirs - ours) for (part, ours), (_, theirs) in both]
    if greenest:
        parts.append(("co2", co2))
    parts.append(("money", costs.total))
    parts.append(("shipments", _shipments(other) - _shipments(chosen.choice)))
    part, by = next(((part, by) for part, by in parts if by), ("tie", 0))
    if by < 0:  # the greenest choice is the cheapest of equally green ones to the cent alone
        return Loss(part="tie" if greenest and part == "money" else "unproven", by=0, costs=costs, co2=co2)
    scales = {evaluation.snapshot.products[line.sku].scale for line in evaluation.order.lines}
    scale = next(iter(scales)) if len(scales) == 1 else None
    return Loss(part=part, by=by, costs=costs, co2=co2, scale=scale if part in OF_UNITS else 1)


def _parts(evaluation: Evaluation, choice: Choice) -> Iterator[tuple[Part, int]]:
    """The parts of the comparison that come before money."""
    score, shipments, limit = choice.score, _shipments(choice), evaluation.shipments_unless_needed
    yield "unfilled", score.unfilled
    if limit is not None:
        yield "shipments", max(0, shipments - limit)
    yield "unless_needed", score.unless_needed
    if evaluation.order_outcome.fewest_shipments:
        yield "shipments", shipments
    yield "tiers", score.tiers


def _shipments(choice: Choice) -> int:
    return len({key for key, _ in choice.units})


def _co2(evaluation: Evaluation, choice: Choice) -> int:
    """Milligrams: of each unit, and of each shipment's drop."""
    rows = {key: evaluation.row(key) for key, _ in choice.units}
    total = sum(int(evaluation.reach.drop[row]) for row in rows.values())
    for (key, index), units in choice.units.items():
        options = evaluation.options[index]
        total += units * int(options.unit_carbon[int(options.reach.searchsorted(rows[key]))])
    return total


_EFFECTS: Final[Mapping[Part, tuple[str, ...]]] = {
    "unless_needed": ("exclude",),
    "tiers": ("tier",),
    "money": ("prefer", "avoid"),
}
"""By part of the comparison, the effects of rules that make it, of those that act on options."""


def rules_between(chosen: ExplainedChoice, other: Choice, part: Part) -> tuple[str, ...]:
    """The rules that act on more or fewer of the units of the other choice in a way that bears on a part of the
    comparison.
    """
    effects = _EFFECTS.get(part)
    if effects is None:
        return ()
    units = units_by_rule(chosen.evaluation, chosen.choice, effects)
    units.subtract(units_by_rule(chosen.evaluation, other, effects))
    return tuple(sorted(rule for rule, count in units.items() if count))


def units_by_rule(evaluation: Evaluation, choice: Choice, effects: tuple[str, ...]) -> Counter[str]:
    """On how many units of a choice each rule with one of the effects acts."""
    units = Counter[str]()
    for (key, index), count in choice.units.items():
        option = int(evaluation.options[index].reach.searchsorted(evaluation.row(key)))
        for rule in evaluation.matcher.with_effect(judged_option(evaluation, index, option), *effects):
            units[rule] += count
    return units
