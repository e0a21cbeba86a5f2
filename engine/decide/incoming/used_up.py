"""Where rules let goods be promised that are to come, and nothing of them is left to be promised."""

from typing import TYPE_CHECKING

from engine.decide.incoming.incoming import reliance_of
from engine.inbound.available_to_promise import available_of_receipts
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
        reliance = reliance_of(promise_from, haircut=haircut, now=evaluation.now)
        free = int(stock.on_hand[row] - stock.held[row] - positions.floor[row])
        most = available_of_receipts(free, receipts, reliance)[-1].units
        if not most and any(map(reliance.counts_on, receipts)):
            nodes.append(int(stock.node[row]))
    return tuple(nodes)
