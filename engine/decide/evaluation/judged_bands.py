"""What the rules that act on shipments say of each band in which a shipment of an order may be."""

from collections.abc import Mapping

from engine.decide import rule_facts
from engine.decide.evaluation.positions import Shared, node_facts_at
from engine.decide.evaluation.shipment_bands import ShipmentBands
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.judge import PolicyJudge
from engine.decide.matching.signature_table import LOAD, SHIPMENT_UNITS, SHIPMENT_WEIGHT, Rows
from engine.decide.shipping.reach import Reach
from rules.vocabulary import Facts, Stage


def judge_bands(
    matcher: PolicyJudge,
    bands: ShipmentBands,
    facts_of: Mapping[int, Shared],
    *,
    out: Reach,
    columns: SnapshotColumns,
    parts: int,
) -> ShipmentBands:
    """The bands with their judgements. `facts_of` has the facts of a line by the number of the destination to which it
    goes; weights are in so many `parts` of a gram.
    """
    ways, loads, clocks, judge = columns.ways, columns.loads, columns.clocks, matcher.stages[Stage.SHIPMENT]
    node, service, judgement = out.node[bands.row], out.service[bands.row], bands.judgement.copy()
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
    for destination, of_line in facts_of.items():
        at = (out.destination[bands.row] == destination).nonzero()[0]
        shared = {group: of_line[group] for group in Stage.SHIPMENT.value if group in of_line}
        judgement[at] = judge.judge_rows(shared, rows.at(at))
    return bands._replace(judgement=judgement)
