"""Where the units of each order are by the log alone, read with code that shares none with the engine's."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.orders.order_state import OrderState
from engine.store.log.entry import Entry
from tests.support.decision_json import json_of

Lines = Counter[str]
"""Units by line."""


@dataclass(kw_only=True)
class OrderUnits:
    """The state after the entries of the log read so far."""

    firsts: Counter[str] = field(default_factory=Counter)
    """How many first decisions each order has."""
    ordered: dict[str, Lines] = field(default_factory=dict)
    decisions: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Those of each order."""
    order_of: dict[str, str] = field(default_factory=dict)
    held: dict[str, list[Lines]] = field(default_factory=dict)
    """By decision, those of each of its shipments."""
    shipped: defaultdict[str, Lines] = field(default_factory=lambda: defaultdict(Counter))
    returned: defaultdict[str, dict[str, Lines]] = field(default_factory=lambda: defaultdict(dict))
    """By order and return."""
    cancelled: defaultdict[str, Lines] = field(default_factory=lambda: defaultdict(Counter))
    waiting: dict[str, int] = field(default_factory=dict)
    """How many units wait under each decision."""

    def add(self, entry: Entry) -> int:
        """How many units left, were released or held again by the entry."""
        match entry.kind:
            case kind if kind.startswith("return_"):
                self._return(orjson.loads(entry.body)["returned"])
            case "decided":
                self._decide(json_of(entry))
            case "queued":
                self.waiting[entry.decision] = sum(json_of(entry)["units"].values())
            case "withdrawn":
                self.waiting.pop(entry.decision)
            case "rejected":
                for number, lines in json_of(entry)["lines"]:
                    self.held[entry.decision][number].subtract(dict(lines))
            case "confirmed" | "released" | "expired" | "cancelled" | "amended" | "undone" if entry.body:
                return self._move(entry.kind, orjson.loads(entry.body))
            case "confirmed" | "released" | "expired" if entry.decision in self.held:
                return self._end(entry)
        return 0

    def differences(self, state: OrderState) -> list[str]:
        """In what an order as it is shown differs from the log, and units that are in no state or in two."""
        name = state.stored.id
        held: Lines = Counter()
        for shipments in (self.held[decision] for decision in self.decisions[name]):
            held.update(sum(shipments, Counter()))
        found = [
            f"order {name}, line {line.line}: {line.units} of {line.ordered}"
            for line in state.lines
            if line.ordered != self.ordered[name][line.line]
            or line.units["held"] != held[line.line]
            or line.units["shipped"] + line.units["returned"] != self.shipped[name][line.line]
            or line.units["returned"] != sum(units[line.line] for units in self.returned[name].values())
            or line.units["cancelled"] != self.cancelled[name][line.line]
            or min(line.units.values()) < 0
            or sum(line.units.values()) != line.ordered
        ]
        waiting = sum(self.waiting.get(decision, 0) for decision in self.decisions[name])
        if state.units("waiting") != waiting:
            found.append(f"order {name}: {state.units('waiting')} wait, {waiting} by the log")
        if len(state.lines) != len(+self.ordered[name]) or self.firsts[name] != 1:
            found.append(f"order {name}: {len(state.lines)} lines, {self.firsts[name]} first decisions")
        return found

    def _return(self, returned: Mapping[str, Any]) -> None:
        units: Lines = Counter()
        for group in returned.get("groups", ()):
            if group.get("line") and group.get("node"):
                units[group["line"]] += group["units"]
        self.returned[returned["order"]][returned["id"]] = units

    def _decide(self, record: Mapping[str, Any]) -> None:
        decision, name, follows = record["id"], record["order"]["id"], record.get("follows")
        if follows is None:
            self.firsts[name] += 1
            self.ordered[name] = _ordered(record["order"])
        elif follows["because"] == "stock":
            self.waiting.pop(follows["decision"])
        self.decisions[name].append(decision)
        self.order_of[decision] = name
        self.held[decision] = [
            Counter({line["line"]: line["quantity"] for line in shipment["lines"]}) for shipment in record["shipments"]
        ]
        if record.get("waiting"):
            self.waiting[decision] = sum(item["quantity"] for item in record["unfilled"])

    def _end(self, entry: Entry) -> int:
        shipments = self.held[entry.decision]
        ended = range(len(shipments)) if entry.shipments is None else entry.shipments
        gone = sum((shipments[number] for number in ended), Counter[str]())
        for number in ended:
            shipments[number] = Counter()
        if entry.kind == "confirmed":
            self.shipped[self.order_of[entry.decision]].update(gone)
        return gone.total()

    def _move(self, kind: str, body: Mapping[str, Any]) -> int:
        moved = 0
        for hold in body.get("holds", ()):
            shipped = self.shipped[self.order_of[hold["decision"]]]
            for number, _, _, source, _, lines, *_ in hold["parts"]:
                units, shipment = Counter(dict(lines)), self.held[hold["decision"]][number]
                moved += units.total()
                if kind == "undone":
                    shipment.update(units)
                    shipped.subtract(units)
                elif source == "held":
                    shipment.subtract(units)
                if kind == "confirmed":
                    shipped.update(units)
        self._change_order(body)
        return moved

    def _change_order(self, body: Mapping[str, Any]) -> None:
        self.cancelled[body.get("order", "")].update(body.get("cancelled", {}))
        for decision, count in body.get("waiting", {}).items():
            self.waiting[decision] = count
        if "amended" in body:
            self.ordered[body["amended"]["id"]] = _ordered(body["amended"])


def _ordered(order: Mapping[str, Any]) -> Lines:
    return Counter({line["id"]: line["quantity"] for line in order["lines"]})
