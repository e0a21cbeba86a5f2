"""Accounts for units at nodes that rejected an order's SKU: they exist, but unfilled lines can't have them."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from engine.decide.decision import Reason, Unfilled
from engine.model.facts import Snapshot, StockPosition

_TOO_FEW = frozenset({"no_stock", "not_enough"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RejectedPosition:
    """What becomes of a position at the node that rejects now: `rejected` units are no longer held, and in a short pick
    `left` units left. `counted`: the node says that it has `on_hand` units; None: as many as are then held. Of the
    rejected ones, `blocked` are on hand no more.
    """

    sku: str
    node: str
    rejected: int
    left: int = 0
    blocked: int = 0
    counted: bool = False
    on_hand: int | None = None

    def after(self, position: StockPosition) -> StockPosition:
        held = position.held - self.rejected - self.left
        on_hand = max(0, position.on_hand - self.left - self.blocked)
        if self.counted:
            on_hand = min(on_hand, held) if self.on_hand is None else self.on_hand
        return StockPosition(on_hand=on_hand, held=held, pace=position.pace)


def after_rejection(snapshot: Snapshot, rejected: Iterable[RejectedPosition]) -> Snapshot:
    """The stock once the units that are being rejected are no longer held."""
    positions = dict(snapshot.positions)
    for item in rejected:
        nodes = positions.get(item.sku, {})
        if item.node in nodes:
            positions[item.sku] = {**nodes, item.node: item.after(nodes[item.node])}
    return dataclasses.replace(snapshot, positions=positions)


def count_rejected_stock(
    unfilled: Sequence[Unfilled], snapshot: Snapshot, barred: Mapping[str, frozenset[str]]
) -> tuple[Unfilled, ...]:
    """The `unfilled` units, which were decided without the `barred` nodes (by SKU), with the units of these nodes in
    `snapshot` as a reason: there are too few units only as far as the barred nodes have none either.
    """
    corrected: list[Unfilled] = []
    credited: dict[str, int] = {}
    for item in unfilled:
        nodes = snapshot.positions.get(item.sku, {})
        units = sum(max(0, nodes[node].available) for node in barred.get(item.sku, ()) if node in nodes)
        if not units:
            corrected.append(item)
            continue
        lacking = sum(reason.units for reason in item.reasons if reason.code in _TOO_FEW)
        credit = min(lacking, units - credited.get(item.sku, 0))
        credited[item.sku] = credited.get(item.sku, 0) + credit
        others = (reason for reason in item.reasons if reason.code not in _TOO_FEW)
        last = [Reason(code="not_enough", units=lacking - credit)] if lacking > credit else []
        corrected.append(
            dataclasses.replace(item, reasons=(Reason(code="rejected", units=units), *others, *last)),
        )
    return tuple(corrected)
