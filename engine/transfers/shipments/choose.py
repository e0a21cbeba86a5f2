"""Chooses what to move of many articles at once, so that it gains most.

Where shipments cost nothing of themselves and may be of any size, and all lanes of an article have the same pack, each
article is best by itself (see engine/transfers/flow). Otherwise articles share shipments, and the choice is no flow any
more: up to `MOST_PAIRS` lanes of articles, a mixed integer program is solved for the best. Beyond, shipments that don't
pay are left out one after the other, and an upper bound says how much better another choice could be at most.
"""

from collections.abc import Sequence

from engine.transfers.flow.best_flow import best_flow
from engine.transfers.flow.market import Market, Moves
from engine.transfers.shipments.assortment import Assortment, Choice
from engine.transfers.shipments.leaving_out import Solve, leave_out_what_does_not_pay

MOST_PAIRS = 2_000


def each_best(markets: Sequence[Market]) -> list[Moves]:
    return [best_flow(market) for market in markets]


def choose(assortment: Assortment, solve: Solve = each_best) -> Choice:
    """The best choice, or one that is said to be perhaps not the best."""
    if assortment.is_simple or not assortment.articles:
        solved = solve([article.market for article in assortment.articles])
        moves = [article.globally(own) for article, own in zip(assortment.articles, solved, strict=True)]
        worth = assortment.worth(moves)
        return Choice(moves=moves, worth=worth, bound=worth)
    choice = leave_out_what_does_not_pay(assortment, solve)
    if choice.gap and sum(1 for _ in assortment.lanes()) <= MOST_PAIRS:
        # imported where it is needed: loading HiGHS takes longer than most choices do
        from engine.transfers.shipments.program import best_choice  # noqa: PLC0415

        return best_choice(assortment, choice)
    return choice
