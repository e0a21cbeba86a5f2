"""What of an order a variant decides where the log made a decision: as much as the log did, or what the variant has of
it otherwise. Pure.
"""

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from engine.decide.record import DecisionRecord
from engine.decide.remainder import Barred, Remainder, without_barred
from engine.simulation.rolled.rolled_order import VariantOrder
from engine.simulation.rolled.units.logged_units import LoggedOrder


def variant_remainder(
    record: DecisionRecord, remainder: Remainder, order: LoggedOrder, variant: VariantOrder, *, in_step: bool
) -> Remainder | None:
    """`remainder` is what the log decided of the order. `in_step`: its units are in the same places in both. None if
    there is nothing to decide.
    """
    if variant.name != record.order.id:
        remainder = replace(remainder, whole_order=replace(remainder.whole_order, id=variant.name))
    if record.because is None:
        return remainder
    if in_step:
        alone = order.rejected_in_log_alone(variant)
        barred = _barred_in_step(record, remainder, variant, alone)
        return replace(remainder, barred=_without_let_go(record, barred, variant))
    units = _undecided(record, remainder, variant)
    if not units:
        return None
    barred = _without_let_go(record, _barred(record, remainder, variant), variant)
    promised = remainder.promised
    if record.because == "stock":
        promised = any(decision in variant.owed for decision in _decided_again(record, variant))
    standing = variant.units.standing
    return replace(remainder, units=units, standing_shipments=standing, barred=barred, promised=promised)


def _decided_again(record: DecisionRecord, variant: VariantOrder) -> Mapping[str, Counter[str]]:
    """By the decision under which they wait, the units for which stock came: those that waited in the log under the
    same decision or, if the variant has none of these, all.
    """
    waiting, decision = variant.units.waiting, record.follows.decision if record.follows else ""
    return {decision: waiting[decision]} if decision in waiting else waiting


def _undecided(record: DecisionRecord, remainder: Remainder, variant: VariantOrder) -> dict[str, int]:
    """Units by line that are to be decided of an order which stands otherwise than in the log."""
    units = variant.units
    lines = {line.id for line in remainder.whole_order.lines}
    if record.because == "stock":
        waiting = sum(_decided_again(record, variant).values(), Counter[str]())
        return {line: count for line, count in waiting.items() if line in lines}
    if record.because == "amended":
        return {line: count for line, count in units.unfilled.items() if line in lines}
    if record.because == "rejected" and record.follows and record.follows.node:
        node = record.follows.node
        there = {line: min(count, units.held_of(line, node)) for line, count in remainder.units.items()}
        return {line: count for line, count in there.items() if count}
    return {}  # the promise at risk was of a shipment that the variant does not have


def _barred(record: DecisionRecord, remainder: Remainder, variant: VariantOrder) -> Barred:
    """By SKU, the nodes that may not ship what is decided again: those that rejected it of the variant."""
    if record.because != "rejected" or not record.follows or not record.follows.node:
        return variant.barred(lasting=True)
    barred = variant.barred(lasting=False)
    rejecting = frozenset({record.follows.node})
    return barred | {line.sku: barred.get(line.sku, frozenset()) | rejecting for line in remainder.order.lines}


def _barred_in_step(
    record: DecisionRecord, remainder: Remainder, variant: VariantOrder, alone: AbstractSet[tuple[str, str]]
) -> Barred:
    """Those of the log, without the nodes that rejected the SKU in the log `alone`."""
    its = variant.barred(lasting=record.because != "rejected")
    rejecting = record.follows.node if record.follows else ""
    pairs = {(sku, node) for sku, node in alone if node not in its.get(sku, ()) and node != rejecting}
    return without_barred(remainder.barred, pairs)


def _without_let_go(record: DecisionRecord, barred: Barred, variant: VariantOrder) -> Barred:
    """A node that rejected an article and still had some of it to ship, which an amendment let go of, may ship it."""
    return without_barred(barred, variant.let_go) if record.because == "amended" else barred
