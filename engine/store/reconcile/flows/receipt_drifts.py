"""Compares receipts, what stands on them and promises at risk with what the log says. Pure."""

from collections.abc import Iterator

import orjson

from engine.store.flows.receipt_texts import parse, text_of
from engine.store.keys import Keys
from engine.store.reconcile.drift import Drift, Write
from engine.store.reconcile.expected_state import ReceiptState
from engine.store.reconcile.flows.expected_receipts import PegKey, mark_of
from engine.store.reconcile.log_replay import LogReplay


def receipt_drifts(keys: Keys, replay: LogReplay, receipt: tuple[str, str], state: ReceiptState) -> Iterator[Drift]:
    """`receipt` is its SKU and its id."""
    sku, name = receipt
    known = replay.receipts.stored(name)
    text = text_of(known) if known else None
    is_open = known is not None and known.receipt.is_open
    awaited = replay.receipts.arriving.get(name)
    expected_at = str(known.receipt.expected_at) if known else None
    expected: ReceiptState = (
        text if is_open else None,
        known.receipt.sku if known else None,
        None if is_open else text,
        expected_at if is_open else None,
        None if is_open else expected_at,
        None if awaited is None else str(awaited),
    )
    writes = Write.each(receipt_places(keys, sku), name, state, expected)
    if writes:
        yield Drift(
            what=f"units that are to come by receipt {name}",
            sku=sku,
            node=known.receipt.node if known else "",
            expected=known.receipt.to_come if known else 0,
            found=_to_come(name, sku, state[0]),
            writes=writes,
            suspect=("receipts", receipt),
        )


def open_receipts_drifts(keys: Keys, replay: LogReplay, _: str, stored: str | None) -> Iterator[Drift]:
    """`stored` is whether the facts say that some receipt is open: 1, or None; decisions read receipts only then."""
    is_any_open = any(known.receipt.is_open for known in replay.receipts.by_id.values())
    expected = "1" if is_any_open else None
    if stored != expected:
        yield Drift(
            what="whether units are to come by any receipt",
            expected=int(expected is not None),
            found=int(stored is not None),
            writes=(Write(key=keys.facts, field="receipts", before=stored, after=expected),),
            suspect=("open_receipts", ""),
        )


def receipt_places(keys: Keys, sku: str) -> tuple[str, ...]:
    """Where something is stored by a receipt's id: its text, if it is open; its SKU; its text, if it is not open any
    more; the instant at which it is expected, in the list of those open, in that of the others, and of those of which
    it is not logged yet that they did not come.
    """
    return (
        keys.receipts(sku),
        keys.receipt_skus,
        keys.closed_receipts,
        keys.open_by_arrival,
        keys.closed_by_arrival,
        keys.arriving,
    )


def peg_drifts(keys: Keys, replay: LogReplay, peg: PegKey, stored: str | None) -> Iterator[Drift]:
    """`stored` are the units of a shipment that stand on a receipt, and their rank; None if there are none."""
    sku, field = peg
    units, rank = replay.receipts.pegs.get(peg, (0, ""))
    expected = f"{units}\n{rank}" if units else None
    if stored != expected:
        receipt, hold, number = field.split("\n")
        yield Drift(
            what=f"units of shipment {number} of decision {hold} that stand on receipt {receipt}",
            sku=sku,
            expected=units,
            found=_units(stored),
            writes=(Write(key=keys.pegs(sku), field=field, before=stored, after=expected),),
            suspect=("pegs", peg),
        )


def risk_drifts(keys: Keys, replay: LogReplay, shipment: str, stored: str | None) -> Iterator[Drift]:
    """`shipment` is the decision and the shipment's number, `stored` why its promise is at risk; None if it is not."""
    mark = replay.receipts.at_risk.get(shipment)
    if mark_of(stored) != mark:
        after = None if mark is None else orjson.dumps(mark).decode()
        yield Drift(
            what=f"why the promise of shipment {shipment} is at risk",
            expected=int(mark is not None),
            found=int(stored is not None),
            writes=(Write(key=keys.at_risk, field=shipment, before=stored, after=after),),
            suspect=("at_risk", shipment),
        )


def _to_come(name: str, sku: str, text: str | None) -> int:
    try:
        return parse(name, sku, text.encode()).receipt.to_come if text else 0
    except ValueError:
        return 0


def _units(text: str | None) -> int:
    units = (text or "").partition("\n")[0]
    return int(units) if units.isdigit() else 0
