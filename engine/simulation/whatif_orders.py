"""What-if on the orders of a file: decides them one after another by the baseline and by each draft, from the stock of
now on. Nothing is written, and nothing is held.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.parallel.executor import executor
from engine.parallel.work import Spread
from engine.service import Pointsman
from engine.simulation.comparison import Comparison
from engine.simulation.one_step import OneStep, OneStepWork
from engine.simulation.rolled.order_roll import OrderRoll
from engine.simulation.rolled.orders_rolled import OrdersRolled, entry_of
from engine.simulation.rolled.orders_to_try import OrdersToTry, order_facts
from engine.simulation.whatif import UntriedCounts, WhatIf, WhatIfRequest, all_results, draft_results


def what_if_of_orders(
    service: Pointsman,
    request: WhatIfRequest,
    orders: OrdersToTry,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> WhatIf:
    """Try the drafts in this process. `progress` is told of so many more orders that were decided by all of them.
    Raises OrderInvalid with what is wrong with the orders; nothing is then tried. Raises NotFound if there is no such
    policy version; PolicyUnreadable, NotReady, Contended, StoreUnavailable.
    """
    request = replace(
        request,
        way="orders",
        orders=orders,
        since=min(order.placed_at for order in orders.orders),
        until=max(order.placed_at for order in orders.orders) + 1,
    )
    work = OneStepWork(against=request.against, drafts=request.drafts)
    comparisons = [Comparison(shown=request.shown, weighed=request.weighed) for _ in request.drafts]
    with executor(work, Spread(), service) as pool:
        task = functools.partial(_rolled, service=service, orders=orders, comparisons=comparisons, progress=progress)
        (rolled,) = pool.each([task])
        results = tuple(
            replace(result, rolled=rolled.figures(number))
            for number, result in enumerate(draft_results(service, request, comparisons, pool, rolled))
        )
    return all_results(service, request, UntriedCounts(), results, decisions=rolled.decisions, made_again=0)


def _rolled(
    one_step: OneStep,
    *,
    service: Pointsman,
    orders: OrdersToTry,
    comparisons: Sequence[Comparison],
    progress: Callable[[int], None],
) -> OrdersRolled:
    """All sides on the same facts, which are read before anything is decided."""
    sides: list[int | None] = [None, *range(len(comparisons))]
    looks_ahead = any(one_step.matcher(side).policies.looks_ahead for side in sides)
    facts = order_facts(service, orders, looks_ahead=looks_ahead)
    rolls = [OrderRoll(one_step.matcher(side), one_step.network(side).change) for side in sides]
    for place, (order, snapshot) in enumerate(zip(orders.orders, facts.snapshots, strict=True)):
        for its in rolls:
            its.decide(entry_of(place), order, snapshot)
        progress(1)
    rolled = OrdersRolled(orders.orders, facts, rolls)
    rolled.add_each(comparisons, one_step)
    return rolled
