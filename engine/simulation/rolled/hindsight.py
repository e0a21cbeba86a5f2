"""How much of what was possible a draft that looks ahead captures: what it costs beside the baseline, and beside the
least that the same units of the same orders could have cost.

Compared are the orders of which both sides ship the same units. The bound is of these alone, with all the stock that
there was at any time of the period, so no plan that ships them costs less (see engine/lookahead/hindsight.py).
"""

import functools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, NamedTuple

from msgspec import UNSET

from engine.lookahead.hindsight import Captured, hindsight_bound
from engine.lookahead.known_orders import KnownOrders
from engine.parallel.work import Executor, Task
from engine.simulation.rolled.roll import Roll
from engine.simulation.rolled.rolled_order import RolledOrder, VariantOrder, result_of

Key = tuple[str, str]
"""That of a `RolledOrder`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindsight:
    """Of so many `orders`, of which both sides ship the same units."""

    orders: int
    captured: Captured


class _Cost(NamedTuple):
    """Micros of an order on each side."""

    baseline: int
    draft: int


def known_orders(rolled: Roll) -> KnownOrders | None:
    """What the bound is worked out of; None: nothing ships. Only orders that came in the period count, and of several
    networks only those that were decided on the one that most were.
    """
    variants = [variant for variant in rolled.variants if _is_known(variant, rolled)]
    networks = {variant.network.version: variant.network for variant in variants if variant.network}
    most = Counter(variant.network.version for variant in variants if variant.network).most_common(1)
    if not most:
        return None
    version = most[0][0]
    known = KnownOrders(networks[version], supply=rolled.known.came)
    for variant in variants:
        result = result_of(variant)
        if variant.order and result and variant.network and variant.network.version == version:
            known.add(_name(variant.key), variant.order, variant.products, _units_from_stock(result))
    return known


def hindsights(
    pool: Executor, baseline: Sequence[RolledOrder], drafts: Sequence[tuple[Sequence[RolledOrder], KnownOrders | None]]
) -> list[Hindsight | None]:
    """Of each draft; None: it does not look ahead, or ships nothing that the baseline ships, too."""
    before = {order.key: order for order in baseline}
    costs = [{} if known is None else dict(_alike(before, orders, known)) for orders, known in drafts]
    tasks = [
        _bound_task(known, frozenset(map(_name, its)))
        for its, (_, known) in zip(costs, drafts, strict=True)
        if known is not None and its
    ]
    bounds = iter(list(pool.each(tasks)))
    return [_hindsight(its, next(bounds)) if its else None for its in costs]


def _is_known(variant: VariantOrder, rolled: Roll) -> bool:
    """Whether it came in the period, and the stock of all its articles was read."""
    came = bool(variant.made) and variant.made[0].decision == variant.first
    counted = (sku for sku, product in variant.products.items() if product.counted)
    return came and all(sku in rolled.known.came for sku in counted)


def _alike(
    before: Mapping[Key, RolledOrder], orders: Sequence[RolledOrder], known: KnownOrders
) -> Iterator[tuple[Key, _Cost]]:
    """The known orders of which both sides ship the same."""
    for order in orders:
        other = before.get(order.key)
        if other is not None and _name(order.key) in known.orders:
            units = _units_from_stock(order)
            if units and units == _units_from_stock(other):
                yield order.key, _Cost(baseline=_cost(other), draft=_cost(order))


def _units_from_stock(order: RolledOrder) -> Mapping[str, int]:
    """What ships, by line; nothing if some of it waits for a receipt, and so may be of no stock that there was."""
    units = Counter[str]()
    for shipment in order.decided.shipments:
        if shipment.ready_at is not UNSET:
            return {}
        for line in shipment.lines:
            units[line.line] += line.quantity
    return units


def _cost(order: RolledOrder) -> int:
    return sum(shipment.cost_micros for shipment in order.decided.shipments)


def _hindsight(costs: Mapping[Key, _Cost], bound: int) -> Hindsight:
    baseline, draft = (sum(side) for side in zip(*costs.values(), strict=True))
    return Hindsight(orders=len(costs), captured=Captured(baseline=baseline, achieved=draft, bound=bound))


def _name(key: Key) -> str:
    return "\n".join(key)


def _bound_task(known: KnownOrders, names: AbstractSet[str]) -> Task:
    """Answers the micros that the orders of these names cost at least."""
    return functools.partial(_bound, known=known, names=names)


def _bound(_work: Any, known: KnownOrders, names: AbstractSet[str]) -> int:
    return hindsight_bound(known.expected(names), unfilled=0)
