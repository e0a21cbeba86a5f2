"""What the rules that act on shipments say of each band in which a shipment of an order may be."""

from collections.abc import Iterable

from engine.decide import rule_facts
from engine.decide.evaluation.positions import Shared, node_facts_at
from engine.decide.evaluation.shipment_bands import ShipmentBands
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.judge import PolicyJudge
from engine.decide.matching.signature_table import LOAD, SHIPMENT_UNITS, SHIPMENT_WEIGHT, Rows
from engine.decide.shipping.columns import Integers
from rules.vocabulary import Facts, Stage


def judge_bands(
    matcher: PolicyJudge,
    bands: ShipmentBands,
    facts_of: Iterable[tuple[Integers, Shared]],
    *,
    node: Integers,
    service: Integers,
    columns: SnapshotColumns,
    parts: int = 1,
) -> ShipmentBands:
    """The bands, each of shipments from this node by this service, with their judgements. `facts_of` has numbers of
    bands, and the facts that these share; weights are in so many `parts` of a gram.
    """
    ways, loads, clocks, judge = columns.ways, columns.loads, columns.clocks, matcher.stages[Stage.SHIPMENT]
    judgement = bands.judgement.copy()
    compared = {
        LOAD: lambda: loads[node],
        SHIPMENT_WEIGHT: lambda: bands.most_weight // parts,
        SHIPMENT_UNITS: lambda: bands.most_units,
    }

    def facts(row: int) -> Facts:
        return {
            **node_facts_at(ways, int(node[row]), loads, clocks),
            **ways.service_facts[int(service[row])],
            **rule_facts.shipment_facts(int(bands.most_weight[row]) // parts, int(bands.most_units[row])),
        }

    rows = Rows(ways, node, service, compared, facts, clocks.apart)
    for at, known in facts_of:
        shared = {group: known[group] for group in Stage.SHIPMENT.value if group in known}
        judgement[at] = judge.judge_rows(shared, rows.at(at))
    return bands._replace(judgement=judgement)
