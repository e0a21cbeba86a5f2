"""Why places could ship nothing of a line: for each line and place, the first thing that stood in the way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast, get_args

import numpy as np

from engine.audit.explanation.case import ExplainedChoice
from engine.decide.evaluation.options import Options
from engine.decide.incoming.used_up import used_up
from engine.decide.shipping.columns import NO_LIMIT, Flags
from rules.vocabulary import Stage

BarrierCode: TypeAlias = Literal[
    "no_stock",
    "not_promised",
    "promises_used_up",
    "held_for_others",
    "kept_back",
    "rejected",
    "unreachable",
    "shipment_limits",
    "other_day",
    "resting",
    "node_full",
    "capacity_used",
    "excluded",
    "left_to_others",
    "capped",
    "expire_too_soon",
    "not_a_multiple",
    "set_apart",
    "kept_together",
    "late_for_promise",
]
"""As the reasons of unfilled units (`reasons.REASON_CODES`); that it would be later than was promised; and that nothing
is left of what is to come and may be promised."""
BARRIER_CODES: Final = get_args(BarrierCode)
FREE: Final = ""
"""In place of a barrier: the place could ship units of the line."""
_EFFECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "promises_used_up": ("promise_from", "haircut"),
    "kept_back": ("keep", "protect", "allocate"),
    "excluded": ("exclude",),
    "node_full": ("daily_orders", "hourly_orders"),
    "capacity_used": ("daily_units", "daily_weight"),
    "capped": ("cap",),
    "expire_too_soon": ("min_shelf_life",),
    "not_a_multiple": ("multiple_of",),
    "kept_together": ("keep_together",),
}
"""By barrier, the effects of the rules behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Barrier:
    """What kept `nodes` from shipping any unit of each of the `lines` (indexes), and the rules behind it, if any."""

    code: BarrierCode
    rules: tuple[str, ...]
    lines: tuple[int, ...]
    nodes: tuple[str, ...]


def barriers(explained: ExplainedChoice) -> tuple[tuple[Barrier, ...], Sequence[Sequence[str]]]:
    """The barriers of all places that ship nothing, and by line and place what stood in the way, FREE if nothing did.
    Each line and place is in one barrier, or is free, or ships.
    """
    evaluation = explained.evaluation
    codes = [_codes(explained, index) for index in range(len(evaluation.order.lines))]
    by_cause: dict[tuple[str, tuple[str, ...]], dict[int, list[str]]] = {}
    chosen = {evaluation.ways.node_index[name] for name in explained.nodes}
    for index, of_line in enumerate(codes):
        rules = _Rules(explained, index)
        for node, code in enumerate(of_line):
            if code != FREE and node not in chosen:
                by_line = by_cause.setdefault((code, rules.behind(code, node)), {})
                by_line.setdefault(index, []).append(evaluation.ways.node_ids[node])
    return tuple(_grouped(by_cause)), codes


def _grouped(by_cause: Mapping[tuple[str, tuple[str, ...]], Mapping[int, list[str]]]) -> Iterator[Barrier]:
    """In the order of the codes; lines of which it is the same places stand together."""
    for code, rules in sorted(by_cause, key=lambda cause: (BARRIER_CODES.index(cause[0]), cause[1])):
        lines_of: dict[tuple[str, ...], list[int]] = {}
        for index, nodes in by_cause[code, rules].items():
            lines_of.setdefault(tuple(nodes), []).append(index)
        for names, lines in lines_of.items():
            yield Barrier(code=cast("BarrierCode", code), rules=rules, lines=tuple(lines), nodes=names)


def _codes(explained: ExplainedChoice, index: int) -> list[str]:
    """By node, what kept it from shipping any unit of the line."""
    evaluation, count = explained.evaluation, len(explained.evaluation.ways.nodes)
    positions, options = evaluation.positions[index], evaluation.options[index]
    codes = np.full(count, "no_stock", dtype=object)
    for name, receipts in evaluation.snapshot.receipts.get(evaluation.order.lines[index].sku, {}).items():
        if name in evaluation.ways.node_index and any(receipt.free > 0 for receipt in receipts):
            codes[evaluation.ways.node_index[name]] = "not_promised"
    codes[list(used_up(evaluation, index))] = "promises_used_up"
    node = positions.stock.node
    codes[node[positions.stock.on_hand > 0]] = "held_for_others"
    codes[node[positions.stock.available > 0]] = "kept_back"
    for name in explained.case.remainder.barred.get(evaluation.order.lines[index].sku, ()):
        if name in evaluation.ways.node_index:
            codes[evaluation.ways.node_index[name]] = "rejected"
    of_option = evaluation.reach.node[options.reach]
    has = np.zeros(count, dtype=bool)
    has[of_option] = True
    free = node[positions.free > 0 if evaluation.incoming is None else evaluation.incoming.total(index) > 0]
    for name in free[~has[free]].tolist():
        codes[name] = _without_options(explained, index, name)
    codes[has] = "excluded"
    usable = np.zeros(count, dtype=bool)
    usable[of_option[~options.excluded]] = True
    codes[usable] = _within(explained, index, options)[usable]
    later = np.zeros(count, dtype=bool)  # what ships later needs no room of today
    if evaluation.reach.ready_at is not None:
        later[of_option[(evaluation.reach.ready_at[options.reach] > 0) & ~options.excluded]] = True
    for code, at in _of_nodes(explained, index).items():
        codes[has & at & ~later if code != "resting" else has & at] = code
    return list(codes.tolist())


def _without_options(explained: ExplainedChoice, index: int, node: int) -> str:
    """Why there is no way to ship the line from a place that has units free."""
    evaluation = explained.evaluation
    if evaluation.order.deliver_on is not None:
        any_day = evaluation.on_any_day
        if (any_day.reach.node[any_day.options[index].reach] == node).any():
            return "other_day"
    out = evaluation.reach
    goes = ((out.node == node) & (out.destination == evaluation.destinations[index])).any()
    return "shipment_limits" if goes else "unreachable"


def _of_nodes(explained: ExplainedChoice, index: int) -> Mapping[str, Flags]:
    """What keeps nodes from shipping anything today, whatever rules say of the options; the last one counts."""
    evaluation = explained.evaluation
    resting = np.zeros(len(evaluation.ways.nodes), dtype=bool)
    resting[[evaluation.ways.node_index[name] for name in evaluation.resting]] = True
    barriers = {"node_full": evaluation.rooms == 0, "resting": resting}
    if evaluation.capacities is not None:
        units, weight = evaluation.capacities
        needed = evaluation.snapshot.products[evaluation.order.lines[index].sku].counted_weight
        return {"capacity_used": (units == 0) | (weight < needed), **barriers}
    return barriers


def _within(explained: ExplainedChoice, index: int, options: Options) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    """By node with options that rules allow, why none of them can ship a unit of the line; FREE if one can."""
    evaluation, everybody, count = explained.evaluation, explained.everybody, len(explained.evaluation.ways.nodes)
    codes = np.full(count, FREE, dtype=object)
    node = evaluation.positions[index].stock.node
    line = evaluation.order.lines[index]
    if line.set_name is not None:
        codes[:] = "set_apart"
    elif evaluation.keeps_together(index):
        codes[:] = "kept_together"
    elif everybody.multiple is not None or evaluation.multiples is not None:
        codes[:] = "not_a_multiple"
    else:
        codes[:] = "shipment_limits"
    offered = everybody.offered[index]
    if evaluation.multiples is not None:
        least = np.minimum(evaluation.multiples[index], NO_LIMIT)
        codes[node[(least > 1) & (offered < least)]] = "not_a_multiple"
    if evaluation.shelf_life is not None:
        usable = np.zeros(count, dtype=np.int64)
        np.maximum.at(usable, evaluation.reach.node[options.reach], evaluation.shelf_life.usable(index, offered))
        codes[usable == 0] = "expire_too_soon"
    codes[node[offered <= 0]] = "capped"
    codes[node[everybody.free[index] <= 0]] = "left_to_others"
    rooms_left = np.asarray(everybody.rooms == 0)
    codes[rooms_left] = "left_to_others"
    everyone = everybody.line == index
    codes[evaluation.reach.node[everybody.rows[everybody.candidate[everyone]]]] = "late_for_promise"
    in_time = explained.candidates.line == index
    codes[evaluation.reach.node[explained.candidates.rows[explained.candidates.candidate[in_time]]]] = FREE
    return codes


class _Rules:
    """The rules behind the barriers of a line."""

    def __init__(self, explained: ExplainedChoice, index: int) -> None:
        self._explained = explained
        self._index = index

    def behind(self, code: str, node: int) -> tuple[str, ...]:
        """Those behind the barrier of a node, sorted."""
        evaluation, index = self._explained.evaluation, self._index
        if code == "resting":
            return tuple(sorted(evaluation.resting[evaluation.ways.node_ids[node]].because))
        effects = _EFFECTS.get(code)
        if effects is None:
            return ()
        stages = evaluation.matcher.stages
        if code == "kept_together":
            judgements = [evaluation.line_judgements[index]]
        elif code in ("node_full", "capacity_used"):
            judgements = [stages[Stage.NODE].table.judgements[int(evaluation.columns.node_numbers[node])]]
        elif code == "excluded":
            options = evaluation.options[index]
            numbers = options.judgement[evaluation.reach.node[options.reach] == node]
            judgements = [stages[Stage.OPTION].table.judgements[number] for number in np.unique(numbers).tolist()]
        else:
            judgements = []
            for at, line in enumerate(evaluation.order.lines):
                if line.sku == evaluation.order.lines[index].sku:  # lines of one SKU share its floors
                    positions = evaluation.positions[at]
                    number = int(positions.judgement[int(positions.stock.node.searchsorted(node))])
                    judgements.append(stages[Stage.POSITION].table.judgements[number])
        with_effect = evaluation.matcher.with_effect
        return tuple(sorted({rule for judgement in judgements for rule in with_effect(judgement, *effects)}))
