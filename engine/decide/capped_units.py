"""Which units of an order stay unfilled only because rules cap what its channel is offered."""

from collections import Counter
from collections.abc import Container

from engine.decide.decision import LeftToOthers
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.judgements import judged_positions
from engine.decide.matching.judgement_table import Judgement
from engine.decide.sourcing.problem import Choice


def capped_units(evaluation: Evaluation, choice: Choice, left: LeftToOthers) -> Counter[str]:
    """By SKU, how many more units the best choice would ship if nothing were capped."""
    capped = Counter[str]()
    if not choice.score.unfilled or not Candidates(evaluation, left).caps:
        return capped
    without = Candidates(evaluation.without_caps, left).choose()
    lines = evaluation.order.lines
    for units, sign in ((without.units, 1), (choice.units, -1)):
        for (_, index), count in units.items():
            capped[lines[index].sku] += sign * count
    return +Counter({sku: units for sku, units in capped.items() if sku in evaluation.caps})


def capping(evaluation: Evaluation, choice: Choice, index: int, nodes: Container[str]) -> list[Judgement]:
    """What the rules say of those of the nodes whose cap bounds the line at `index`: the order has all that is offered
    there, or, if it has that nowhere, asks for more.
    """
    lines, names = evaluation.order.lines, evaluation.ways.node_ids
    sku = lines[index].sku
    of_sku = [at for at, line in enumerate(lines) if line.sku == sku]
    positions = evaluation.positions[index].stock.node.tolist()
    caps = {names[node]: cap for node, cap in zip(positions, evaluation.caps[sku].tolist(), strict=True)}
    ordered, shipped = sum(lines[at].quantity for at in of_sku), Counter[int]()
    for (key, at), units in choice.units.items():
        if at in of_sku:
            shipped[caps[key.node]] += units
    exceeded = {cap for cap in caps.values() if cap < ordered}
    reached = {cap for cap in exceeded if sum(units for its, units in shipped.items() if its <= cap) >= cap}
    bounding = {node for node, cap in caps.items() if node in nodes and cap in (reached or exceeded)}
    return [item.judgement for at in of_sku for item in judged_positions(evaluation, at) if item.node in bounding]
