"""Compares what calls did, by the log, with what their callers were answered: each did it once, or was refused."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.store.log.entry import Entry
from tests.soak.journal import Request

_ENDED = {"confirm": "confirmed", "release": "released", "undo": "undone"}
_STEPS = {
    "open_return": "return_opened",
    "receive_return": "return_received",
    "inspect_return": "return_inspected",
    "dispose_return": "return_disposed",
    "cancel_return": "return_cancelled",
    "announce": "expected",
    "receive": "received",
    "create_transfer": "transfer_proposed",
    "approve_transfer": "transfer_approved",
    "ship_transfer": "transfer_shipped",
    "receive_transfer": "transfer_received",
    "cancel_transfer": "transfer_cancelled",
}
"""By call of which the answer is the return, receipt or transfer, the kind of the entry."""
_ANSWERED_AGAIN = frozenset({"approved", "return_opened", "return_cancelled", "expected"})
"""What is done once however often it is asked for, by whoever."""


@dataclass(kw_only=True)
class Effects:
    """`times` counts changes by kind and what they are of: a decision that was rejected, an order that was cancelled or
    amended, a return, a receipt or a transfer. `units` are those of a decision that left, were released or held again.
    """

    times: Counter[tuple[str, str]] = field(default_factory=Counter)
    units: Counter[tuple[str, str]] = field(default_factory=Counter)
    wholly: set[tuple[str, str]] = field(default_factory=set)
    """Where a call that named no lines changed more units, the number of which its answer does not tell."""

    def log(self, entry: Entry, order: str, units: int) -> None:
        """The entry changed so many `units`; it is about a decision of `order`."""
        match entry.kind:
            case "cancelled" | "amended" | "approved":
                self.times[entry.kind, order] += 1
            case kind if kind.startswith("return_"):
                self.times[kind, orjson.loads(entry.body)["returned"]["id"]] += 1
            case "rejected":
                self.times[entry.kind, entry.decision] += 1
            case "expected" | "received" if entry.receipt.source == "purchase_order":
                self.times[entry.kind, entry.decision] += 1
            case kind if kind.startswith("transfer_"):
                self.times[kind, entry.transfer.transfer.id] += 1
            case "confirmed" | "released" | "undone":
                self.units[entry.kind, entry.decision] += units

    def expect(self, request: Request, answer: Any) -> None:
        """What a request did that was answered so; None: it was refused."""
        match request["call"]:
            case "cancel" if answer:
                self.times["cancelled", request["order"]] += 1
            case "amend" if answer:
                self.times["amended", request["order"]["id"]] += 1
            case "approve" if answer:
                self.wholly.add(("approved", request["order"]))
            case "reject" if answer:
                self.times["rejected", request["decision"]] += 1
                self.units["confirmed", request["decision"]] += sum(request["confirmed"].values())
            case "open_return" | "cancel_return" | "announce" as call if answer:  # again, it is answered as before
                self.wholly.add((_STEPS[call], answer))
            case call if call in _STEPS and answer:
                self.times[_STEPS[call], answer] += 1
            case "confirm" | "release" | "undo" if answer:
                key = _ENDED[request["call"]], request["decision"]
                self.units[key] += sum(request["lines"].values())
                if not request["lines"]:
                    self.wholly.add(key)

    def differences(self, logged: "Effects") -> Iterator[str]:
        """Against what the log has."""
        for key in self.times.keys() | logged.times.keys():
            if key[0] not in _ANSWERED_AGAIN and self.times[key] != logged.times[key]:
                yield f"{key[1]} was {key[0]} {logged.times[key]} times, {self.times[key]} as answered"
        for key in self.units.keys() | logged.units.keys():
            most = None if key in self.wholly else self.units[key]
            if not self.units[key] <= logged.units[key] or (most is not None and logged.units[key] > most):
                yield f"{logged.units[key]} units of {key[1]} were {key[0]}, {self.units[key]} as answered"
        for kind, name in self.wholly:
            if not logged.times[kind, name] and not logged.units[kind, name]:
                yield f"{name} was never {kind}, and that was answered"
