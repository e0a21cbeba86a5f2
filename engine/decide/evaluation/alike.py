"""Evaluations of one decision by several policy sets, of which most rules are alike: what follows from these is worked
out once, and where the others say the same of it, the choice is the same.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np

from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.matching.judge import PolicyJudge
from engine.decide.matching.judgement_table import Judgement
from engine.decide.matching.matcher import Matcher, StageMatcher
from engine.decide.shipping.columns import Integers
from rules.policy import PolicySet
from rules.vocabulary import Stage

Alike: TypeAlias = frozenset[Stage]
"""The stages at which two policy sets judge by one matcher, so that they say the same of anything."""
Same: TypeAlias = Callable[[Judgement, Judgement], bool]
_BITS: Final = 32
_MASK: Final = (1 << _BITS) - 1
"""Two numbers of judgements in one."""
_NOTHING: Final[Alike] = frozenset()
_STOCK: Final = frozenset({Stage.POSITION, Stage.LEVEL})
_REACHED: Final = _STOCK | {Stage.LINE}
_PARTS: Final[Mapping[str, Alike]] = {
    "facts": _NOTHING,
    "line_facts": _NOTHING,
    "destinations": _NOTHING,
    "order_judgement": frozenset({Stage.ORDER}),
    "line_judgements": frozenset({Stage.LINE}),
    "positions": _STOCK,
    "multiples": _STOCK,
    "caps": _STOCK,
    "nodes": _REACHED,
    "reach": _REACHED,
    "incoming": _REACHED,
    "options": _REACHED | {Stage.OPTION},
    "node_numbers": _REACHED | {Stage.NODE},
    "rooms": _REACHED | {Stage.NODE},
    "ordered_units": frozenset({Stage.NODE}),
    "judged_bands": _REACHED | {Stage.NODE, Stage.SHIPMENT},
    "shipment_bands": _REACHED | {Stage.NODE, Stage.SHIPMENT},
}
"""Parts of an evaluation that depend on the rules of these stages alone, and on what `_looked_at` says."""
_COLUMNS: Final = frozenset({Stage.NODE, Stage.LEVEL})


def alike_stages(one: PolicyJudge, other: PolicyJudge) -> Alike:
    """Nothing, if they don't look at the same facts."""
    if _looked_at(one.policies) != _looked_at(other.policies):
        return _NOTHING
    return frozenset(stage for stage in Stage if one.stages[stage] is other.stages[stage])


def shared_stages(policies: PolicySet, others: Sequence[Matcher]) -> dict[Stage, StageMatcher]:
    """The stages at which one of the others has the very rules of the policies, with its matchers."""
    shared: dict[Stage, StageMatcher] = {}
    for stage in Stage:
        rules = policies.relevant_at(stage)
        its = next((its.stages[stage] for its in others if its.policies.relevant_at(stage) == rules), None)
        if its is not None:
            shared[stage] = its
    return shared


def share_parts(one: Evaluation, other: Evaluation, alike: Alike) -> None:
    """What one of two evaluations of a decision has, the other takes over, as far as it depends on rules alike."""
    if not alike:
        return
    if alike >= _COLUMNS:
        one.columns = other.columns
    for part, stages in _PARTS.items():
        if stages <= alike:
            if part in other.__dict__:
                one.__dict__.setdefault(part, other.__dict__[part])
            elif part in one.__dict__:
                other.__dict__[part] = one.__dict__[part]


def judged_alike(one: Evaluation, other: Evaluation, alike: Alike, *, by_the_same_rules: bool) -> bool:
    """Whether the rules of both come to the same on a decision, so that the choice is the same; `by_the_same_rules`:
    and they are those of the same names. False also where that is not known.
    """
    same_judgement = _same_rules if by_the_same_rules else _same_outcome
    if not alike >= {Stage.LEVEL}:
        return False
    for stage, same in _SAME.items():
        if stage not in alike:
            share_parts(one, other, alike)
            if not same(one, other, same_judgement):
                return False
    return True


def _looked_at(policies: PolicySet) -> tuple[object, ...]:
    """What of facts is looked at because of rules of several stages."""
    return (
        policies.uses_receipts,
        policies.promises_receipts,
        policies.preorders,
        policies.has_uplifts,
        policies.counts_hours,
        policies.limits_output,
        policies.capped_channels,
        policies.allotments,
        policies.longest_cover,
        policies.mentions_incoming,
        policies.most_oversold,
    )


def _same_of_order(one: Evaluation, other: Evaluation, same: Same) -> bool:
    other.__dict__.setdefault("facts", one.facts)  # whatever the rules say of them
    return same(one.order_judgement, other.order_judgement)


def _same_of_lines(one: Evaluation, other: Evaluation, same: Same) -> bool:
    return all(itertools.starmap(same, zip(one.line_judgements, other.line_judgements, strict=True)))


def _same_of_positions(one: Evaluation, other: Evaluation, same: Same) -> bool:
    columns = ([item.judgement for item in its.positions] for its in (one, other))
    return _same_rows(Stage.POSITION, one, other, zip(*columns, strict=True), same)


def _same_of_options(one: Evaluation, other: Evaluation, same: Same) -> bool:
    columns = ([item.judgement for item in its.options] for its in (one, other))
    return _same_rows(Stage.OPTION, one, other, zip(*columns, strict=True), same)


def _same_of_nodes(one: Evaluation, other: Evaluation, same: Same) -> bool:
    return _same_rows(Stage.NODE, one, other, [(one.columns.node_numbers, other.columns.node_numbers)], same)


def _same_of_shipments(one: Evaluation, other: Evaluation, same: Same) -> bool:
    steps = one.matcher.shipment_steps
    if steps is None or steps != other.matcher.shipment_steps:
        return False
    ours, theirs = one.judged_bands, other.judged_bands
    if ours is None or theirs is None:
        return ours is theirs
    return _same_rows(Stage.SHIPMENT, one, other, [(ours.judgement, theirs.judgement)], same)


_SAME: Final[Mapping[Stage, Callable[[Evaluation, Evaluation, Same], bool]]] = {
    Stage.ORDER: _same_of_order,
    Stage.LINE: _same_of_lines,
    Stage.NODE: _same_of_nodes,
    Stage.POSITION: _same_of_positions,
    Stage.OPTION: _same_of_options,
    Stage.SHIPMENT: _same_of_shipments,
}
"""By stage, in the order in which a decision asks them: each compares the rows that there are if the stages before it
came to the same.
"""


def _same_rows(
    stage: Stage, one: Evaluation, other: Evaluation, columns: Iterable[tuple[Integers, Integers]], same: Same
) -> bool:
    """Of columns of numbers of judgements."""
    ours, theirs = (its.matcher.stages[stage].table.judgements for its in (one, other))
    for mine, its in columns:
        if len(mine) != len(its):
            return False
        pairs = np.unique((mine << _BITS) + its).tolist()
        if not all(same(ours[pair >> _BITS], theirs[pair & _MASK]) for pair in pairs):
            return False
    return True


def _same_outcome(one: Judgement, other: Judgement) -> bool:
    return one.outcome == other.outcome


def _same_rules(one: Judgement, other: Judgement) -> bool:
    return one.fired == other.fired and one.outcome == other.outcome
