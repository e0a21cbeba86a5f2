"""The orders of a file that are tried instead of logged ones, and the facts that each of them is tried on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from engine.decide.order_checks import check_order
from engine.errors import Contended, Mistake, OrderInvalid
from engine.model.facts import Inventory, NetworkCaches, Order, Snapshot, StockPosition
from engine.model.lots import Lot, unexpired_units
from engine.service import Pointsman
from rules.policy import PolicySet

_MOST_NETWORKS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersToTry:
    """`file` is where they are from. They are tried on the network and the stock of `inventory`, of which nothing is
    held yet, and which `folder` names; None: on those of now.
    """

    file: str
    orders: tuple[Order, ...]
    folder: str = ""
    inventory: Inventory | None = None


class OrderFacts(NamedTuple):
    """Of each order, the facts before any of them is decided. `read_for` are the policies whose facts were read; None:
    there are no others.
    """

    snapshots: Sequence[Snapshot]
    read_for: PolicySet | None


def order_facts(service: Pointsman, to_try: OrdersToTry, *, looks_ahead: bool) -> OrderFacts:
    """`looks_ahead`: with the look-ahead prices in force, even if no active rule lets them count. Raises OrderInvalid
    with what is wrong with the orders, NotReady, Contended, StoreUnavailable.
    """
    if to_try.inventory is None:
        facts = _of_now(service, to_try.orders, looks_ahead=looks_ahead)
    else:
        facts = OrderFacts(_of_inventory(to_try.inventory, to_try.orders), None)
    _verify(to_try.orders, facts.snapshots)
    return facts


def _of_now(service: Pointsman, orders: Sequence[Order], *, looks_ahead: bool) -> OrderFacts:
    for _ in range(_MOST_NETWORKS):
        read = [service.facts_for(order.skus, now=order.placed_at) for order in orders]
        snapshots = [snapshot for snapshot, _ in read]
        if all(snapshot.network is snapshots[0].network for snapshot in snapshots):
            break
    else:
        raise Contended(f"the network was loaded {_MOST_NETWORKS} times while stock was read; try again")
    first: dict[str, Snapshot] = {}
    for place, snapshot in enumerate(snapshots):
        for sku in snapshot.products:
            first.setdefault(sku, snapshot)
        same = _with_stock_of(snapshot, first)
        if looks_ahead and same.lookahead is None:
            same = replace(same, lookahead=service.replays.prices_in_force(service.now, same.products))
        snapshots[place] = same
    return OrderFacts(snapshots, read[0][1].policies if read else None)


def _with_stock_of(snapshot: Snapshot, first: Mapping[str, Snapshot]) -> Snapshot:
    """With the stock of each SKU as it was first read: others may take some meanwhile. Of SKUs with lots, it hangs on
    the day what has expired, so these are as they were read for that very order.
    """
    its = {sku: snapshot if sku in snapshot.lots else first[sku] for sku in snapshot.products}
    return replace(
        snapshot,
        positions={sku: read.positions[sku] for sku, read in its.items()},
        receipts={sku: read.receipts[sku] for sku, read in its.items() if sku in read.receipts},
    )


def _of_inventory(inventory: Inventory, orders: Sequence[Order]) -> list[Snapshot]:
    caches = NetworkCaches(inventory.network)
    snapshots = []
    for order in orders:
        today = inventory.network.local(order.placed_at).date().toordinal()
        skus = [sku for sku in order.skus if sku in inventory.products]
        read = {sku: _stock_of(inventory, sku, today) for sku in skus}
        snapshots.append(
            Snapshot(
                network=inventory.network,
                caches=caches,
                products={sku: inventory.products[sku] for sku in skus},
                positions={sku: positions for sku, (positions, _) in read.items()},
                loads={},
                has_lots=bool(inventory.lots),
                lots={sku: lots for sku, (_, lots) in read.items() if lots},
            )
        )
    return snapshots


def _stock_of(
    inventory: Inventory, sku: str, today: int
) -> tuple[dict[str, StockPosition], dict[str, tuple[Lot, ...]]]:
    """By node: the positions of an article without what expired before the date, and their lots."""
    paces, lots = inventory.paces.get(sku, {}), dict[str, tuple[Lot, ...]]()
    units = dict(inventory.stock.get(sku, {}))
    for node, its in inventory.lots.get(sku, {}).items():
        stored = [(label, count, 0) for label, count in its]
        units[node], lots[node] = unexpired_units(units[node], 0, stored, today)
    return {node: StockPosition(count, 0, paces.get(node)) for node, count in units.items()}, lots


def _verify(orders: Sequence[Order], snapshots: Sequence[Snapshot]) -> None:
    mistakes: list[Mistake] = []
    for order, snapshot in zip(orders, snapshots, strict=True):
        try:
            check_order(order, snapshot, now=order.placed_at)
        except OrderInvalid as error:
            mistakes += (replace(mistake, where=order.id) for mistake in error.mistakes)
    if mistakes:
        raise OrderInvalid(mistakes)
