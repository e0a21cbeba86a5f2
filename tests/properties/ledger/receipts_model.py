"""A model in plain dictionaries of what is to come in, and of holds of which units stand on it."""

from collections import Counter
from dataclasses import dataclass, field, replace

from engine.model.receipts import OPEN, Receipt


@dataclass
class Peg:
    """Units of a shipment that stand on a receipt; the least `rank` is served first."""

    decision: str
    number: int
    receipt: str
    units: int
    rank: tuple


@dataclass(frozen=True)
class Risk:
    """Why the promise of a shipment is at risk: its receipt is cancelled or short, or late: then `expected_at` is when
    it comes, None if nobody knows, and `promised_on` when it was to come before its first delay.
    """

    cause: str
    receipt: str
    expected_at: int | None = None
    promised_on: int | None = None


@dataclass
class Receipts:
    """`there` are the units on hand by position, `held` those of them that are held, by (decision, number of the
    shipment); positions are (SKU, node). Of each shipment it is known which position it is of.
    """

    by_id: dict = field(default_factory=dict)
    pegs: list = field(default_factory=list)
    there: Counter = field(default_factory=Counter)
    held: Counter = field(default_factory=Counter)
    position: dict = field(default_factory=dict)
    until: dict = field(default_factory=dict)
    """By decision, until when its hold lasts."""
    at_risk: dict = field(default_factory=dict)
    """By (decision, number), the `Risk`."""
    noted: dict = field(default_factory=dict)
    """By receipt that was noted as overdue, when it was expected then."""

    def promised(self, name):
        return sum(peg.units for peg in self.pegs if peg.receipt == name)

    def receipts(self, position=None):
        """Those that are open, with what is promised of them."""
        return [
            replace(item, promised=self.promised(name))
            for name, item in self.by_id.items()
            if item.status in OPEN and position in (None, (item.sku, item.node))
        ]

    def held_of(self, position):
        return sum(units for shipment, units in self.held.items() if self.position[shipment] == position)

    def decided(self, record, sku, rank, until):
        """Take over what a decision ships."""
        for number, shipment in enumerate(record["shipments"]):
            (line,) = shipment["lines"]
            key = record["id"], number
            self.position[key] = sku, shipment["node"]
            pegged = {item["receipt"]: item["units"] for item in line.get("receipts", ())}
            self.held[key] += line["quantity"] - sum(pegged.values())
            self.pegs += [Peg(record["id"], number, name, units, rank) for name, units in pegged.items()]
        self.until[record["id"]] = until

    def announce(self, name, **values):
        """Returns whether it changes anything."""
        before = self.by_id.get(name)
        received = before.received if before else 0
        receipt = Receipt(id=name, received=received, **values)
        if receipt.status in OPEN and received == receipt.quantity:
            receipt = replace(receipt, status="received")
        self.by_id[name] = receipt
        if receipt.status not in OPEN:
            self.noted.pop(name, None)
        delay = receipt.expected_at - before.expected_at if before else 0
        standing = [peg for peg in self.pegs if peg.receipt == name]
        if delay and receipt.status in OPEN:
            for peg in standing:
                self._moved(peg, before.expected_at, receipt.expected_at)
        if delay > 0 and receipt.status in OPEN:
            for decision in {peg.decision for peg in standing}:
                self.until[decision] += delay
        self._settle(name, 0, "cancelled" if receipt.status == "cancelled" else "short")

    def receive(self, name, units, *, closes):
        receipt = self.by_id[name]
        received = receipt.received + units
        closed = closes or received >= receipt.quantity
        self.by_id[name] = replace(receipt, received=received, status="received" if closed else receipt.status)
        self.there[receipt.sku, receipt.node] += units
        self._settle(name, units, "short")

    def note_overdue(self, now):
        """What stands on a receipt that did not come in time is at risk, from the first time that it is looked at."""
        for name, receipt in self.by_id.items():
            is_new = self.noted.get(name) != receipt.expected_at
            if receipt.status in OPEN and receipt.expected_at <= now and is_new:
                self.noted[name] = receipt.expected_at
                for peg in self.pegs:
                    if peg.receipt == name:
                        self._moved(peg, receipt.expected_at, None)

    def _moved(self, peg, before, expected_at):
        """The receipt comes at another instant than before, or did not come; None: nobody knows when it does."""
        key = peg.decision, peg.number
        risk = self.at_risk.get(key)
        was_late = risk is not None and (risk.cause, risk.receipt) == ("late", peg.receipt)
        promised_on = risk.promised_on if was_late else before
        if expected_at is None or expected_at > promised_on:
            self.at_risk[key] = Risk("late", peg.receipt, expected_at, promised_on)
        elif was_late:
            del self.at_risk[key]

    def _settle(self, name, arrived, cause):
        standing = sorted((peg for peg in self.pegs if peg.receipt == name), key=lambda peg: peg.rank)
        for peg in standing:
            units = min(peg.units, arrived)
            arrived -= units
            self._unpeg(peg, units)
        for peg in reversed(standing):
            units = min(peg.units, self.promised(name) - self.by_id[name].to_come)
            if units > 0:
                self._unpeg(peg, units)
                self.at_risk[peg.decision, peg.number] = Risk(cause, name)

    def _unpeg(self, peg, units):
        peg.units -= units
        self.held[peg.decision, peg.number] += units
        self.pegs = [other for other in self.pegs if other.units]

    def pegged(self, key):
        """The pegs of a shipment, the last to arrive first."""
        pegs = [peg for peg in self.pegs if (peg.decision, peg.number) == key]
        return sorted(pegs, key=lambda peg: (self.by_id[peg.receipt].expected_at, peg.receipt), reverse=True)

    def total(self, key):
        return self.held[key] + sum(peg.units for peg in self.pegged(key))

    def release(self, key, units):
        """Units of a shipment are not needed any more: those to come go first."""
        for peg in self.pegged(key):
            taken = min(peg.units, units)
            peg.units -= taken
            units -= taken
        self.pegs = [peg for peg in self.pegs if peg.units]
        self.held[key] -= units
        self._end(key)

    def confirm(self, key, units):
        self.held[key] -= units
        self.there[self.position[key]] -= units
        self._end(key)

    def _end(self, key):
        if not self.total(key):
            self.at_risk.pop(key, None)

    def expire(self, now):
        for decision in [name for name, until in self.until.items() if until <= now]:
            for key in [key for key in self.position if key[0] == decision]:
                self.release(key, self.total(key))
            del self.until[decision]
