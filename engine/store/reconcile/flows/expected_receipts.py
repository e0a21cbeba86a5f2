"""The receipts that the ledger should have by its log, and the units of holds that stand on them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import orjson

from engine.model.lots import place_of
from engine.model.receipts import OPEN, Receipt
from engine.store.flows.receipt_texts import StoredReceipt
from engine.store.log.entry import Entry
from engine.store.log.entry_bodies import ReceiptBody
from engine.store.reconcile.expected_state import LateChanges
from engine.store.reconcile.expected_stock import ExpectedStock

PegKey: TypeAlias = tuple[str, str]
"""SKU, and the field of the peg: receipt, hold and number of the shipment, as `Keys.pegs` has it."""


@dataclass(slots=True, kw_only=True)
class ExpectedReceipts:
    """Of each receipt the last that was logged, the units that stand on each, and the promises at risk."""

    late: LateChanges
    stock: ExpectedStock
    by_id: dict[str, StoredReceipt] = field(default_factory=dict)
    """By id; how many units are promised is in `promised`."""
    promised: Counter[str] = field(default_factory=Counter)
    """By id, the sum of what stands on the receipt."""
    pegs: dict[PegKey, tuple[int, str]] = field(default_factory=dict)
    """Units of the peg, and the rank by which it is served. `set_peg` alone changes them."""
    standing: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    """The units of `pegs` once more: by SKU and receipt, and the `hold number` of the shipment."""
    arriving: dict[str, int] = field(default_factory=dict)
    """As `Keys.arriving`."""
    at_risk: dict[str, dict[str, Any]] = field(default_factory=dict)
    """As `Keys.at_risk`, parsed."""

    def stored(self, name: str) -> StoredReceipt | None:
        """The receipt of that id, as it should be stored."""
        known = self.by_id.get(name)
        return known and replace(known, receipt=replace(known.receipt, promised=self.promised[name]))

    def change(self, entry: Entry) -> tuple[tuple[str, int], ...]:
        """An entry by which a receipt was announced or received; answers which holds last until which instant."""
        body, name = entry.receipt, entry.decision
        position, before = (body.sku, body.node), self.by_id.get(name)
        self._note(name, body.sku)
        self.by_id[name] = _stored(name, body)
        self._await(name, before)
        if body.units:
            self.stock.move(position, body.units, entry.instant())
            if body.lot:
                self.stock.move((body.sku, place_of(body.node, body.lot)), body.units, entry.instant())
        standing = dict(self.standing.get((body.sku, name), {})) if body.status in OPEN else {}
        for hold, number, units in (*body.arrived, *body.lost):
            self._take((body.sku, f"{name}\n{hold}\n{number}"), units)
            self.stock.hold(position, units)
        unbacked = (*body.lost, *(body.arrived if body.in_count else ()))
        self.stock.unbacked[position] += sum(units for _, _, units in unbacked)
        cause: dict[str, Any] = {"receipt": name, "sku": body.sku, "node": body.node, "at": str(entry.at)}
        if body.before not in (None, body.expected_at):
            for shipment, units in standing.items():
                self._note_moved(shipment, cause | {"units": units}, body.before, body.expected_at)
        kind = "cancelled" if body.status == "cancelled" else "short"
        for hold, number, units in body.lost:
            self._note_at_risk(f"{hold} {number}", cause | {"cause": kind, "units": units})
        return body.extended

    def overdue(self, entry: Entry) -> None:
        """An entry that says that a receipt did not come by when it was expected."""
        details, name = entry.details, entry.decision
        self._note(name, str(details["sku"]))
        self.arriving.pop(name, None)
        for hold, number, units in details.get("standing", ()):
            mark = {"receipt": name, "sku": details["sku"], "node": details["node"], "at": str(entry.at)}
            self._note_moved(f"{hold} {number}", mark | {"units": units}, details["expected_at"], None)

    def peg(self, entry: Entry) -> None:
        """Units of a decision's hold that stand on receipts: they are not held of what is on hand."""
        for sku, name, number, units, rank in entry.pegs:
            key = sku, f"{name}\n{entry.decision}\n{number}"
            self._note(name, sku)
            self.late.note("pegs", key)
            self.set_peg(key, self.pegs.get(key, (0, rank))[0] + units, rank)
            self.stock.hold((sku, self.by_id[name].receipt.node), -units)

    def unpeg(self, entry: Entry) -> None:
        """Units that stood on receipts and are not held any more."""
        for sku, name, hold, number, units in entry.unpegged:
            self._note(name, sku)
            self._take((sku, f"{name}\n{hold}\n{number}"), units)
            self.stock.hold((sku, self.by_id[name].receipt.node), units)

    def shipment_ended(self, hold: str, number: int) -> None:
        """Nothing of a shipment is held any more."""
        if self.at_risk.pop(f"{hold} {number}", None) is not None:
            self.late.note("at_risk", f"{hold} {number}")

    def _await(self, name: str, before: StoredReceipt | None) -> None:
        receipt = self.by_id[name].receipt
        if receipt.status not in OPEN:
            self.arriving.pop(name, None)
        elif before is None or before.receipt.status not in OPEN or before.receipt.expected_at != receipt.expected_at:
            self.arriving[name] = receipt.expected_at

    def set_peg(self, key: PegKey, units: int, rank: str) -> None:
        """From now on so many units stand there."""
        name, _, shipment = key[1].partition("\n")
        self.promised[name] += units - self.pegs.get(key, (0, ""))[0]
        standing = self.standing.setdefault((key[0], name), {})
        self.pegs[key], standing[shipment.replace("\n", " ")] = (units, rank), units
        if units <= 0:
            del self.pegs[key], standing[shipment.replace("\n", " ")]

    def _take(self, key: PegKey, units: int) -> None:
        self.late.note("pegs", key)
        there, rank = self.pegs.get(key, (0, ""))
        self.set_peg(key, there - units, rank)

    def _note_moved(self, shipment: str, mark: dict[str, Any], before: int, expected_at: int | None) -> None:
        """As `note_moved` of parts/receipt_changes.lua."""
        stored = self.at_risk.get(shipment, {})
        is_late = stored.get("cause") == "late" and stored["receipt"] == mark["receipt"]
        promised_on = stored.get("promised_on", before) if is_late else before
        late = mark | {"cause": "late", "promised_on": promised_on}
        if expected_at is None:
            self._note_at_risk(shipment, late)
        elif expected_at > promised_on:
            self._note_at_risk(shipment, late | {"expected_at": expected_at})
        elif is_late:
            self.late.note("at_risk", shipment)
            del self.at_risk[shipment]

    def _note_at_risk(self, shipment: str, mark: dict[str, Any]) -> None:
        self.late.note("at_risk", shipment)
        self.at_risk[shipment] = mark

    def _note(self, name: str, sku: str) -> None:
        self.late.note("receipts", (sku, name))


def mark_of(text: str | bytes | None) -> Mapping[str, Any] | None:
    """A promise at risk as it is stored."""
    return None if text is None else orjson.loads(text)


def _stored(name: str, body: ReceiptBody) -> StoredReceipt:
    receipt = Receipt(
        id=name,
        source=body.source,
        node=body.node,
        sku=body.sku,
        quantity=body.quantity,
        expected_at=body.expected_at,
        status=body.status,
        received=body.received,
        sequence=int(body.sequence),
    )
    return StoredReceipt(receipt=receipt, stated=body.stated, owned=body.owned == "1")
