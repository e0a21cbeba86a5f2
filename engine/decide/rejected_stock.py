"""Accounts for units at nodes that rejected an order's SKU: they exist, but unfilled lines can't have them."""

import dataclasses
from collections.abc import Mapping, Sequence

from engine.decide.decision import Reason, Unfilled
from engine.model.facts import Snapshot

_TOO_FEW = frozenset({"no_stock", "not_enough"})


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
