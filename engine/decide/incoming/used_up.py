"""Where rules let goods be promised that are to come, and nothing of them is left to be promised."""

from typing import TYPE_CHECKING

from engine.decide.incoming.incoming import STATUSES
from engine.inbound.available_to_promise import Reliance, available_of_receipts
from rules.effects import PromiseFrom
from rules.vocabulary import Stage

if TYPE_CHECKING:
    from engine.decide.evaluation.evaluation import Evaluation


def used_up(evaluation: "Evaluation", index: int) -> tuple[int, ...]:
    """The nodes (indexes) where rules let receipts of the line be promised, and promises and the haircut take all."""
    positions = evaluation.positions[index]
    stock, table = positions.stock, evaluation.matcher.stages[Stage.POSITION].table.promises()
    nodes = []
    for row, receipts in stock.receipts.items():
        promise_from, _, haircut = table[:, int(positions.judgement[row])].tolist()
        reliance = Reliance(now=evaluation.now, statuses=STATUSES[PromiseFrom(promise_from)], haircut=haircut)
        free = int(stock.on_hand[row] - stock.held[row] - positions.floor[row])
        steps = available_of_receipts(free, receipts, reliance)
        relied_on = any(item.status in reliance.statuses and item.expected_at > evaluation.now for item in receipts)
        if relied_on and all(step.units <= 0 for step in steps):
            nodes.append(int(stock.node[row]))
    return tuple(nodes)
