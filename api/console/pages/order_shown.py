"""An order as its page shows it: what its shipments hold now, what was taken out of it, and what happened to it."""

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.console.rendering import articles
from api.language.current import say, text

_ENDINGS = {
    "confirmed": text("its units left {node}"),
    "released": text("its units at {node} were released"),
    "expired": text("its hold at {node} expired"),
    "rejected": text("{node} could not ship its units"),
    "cancelled": text("its units at {node} were cancelled"),
    "amended": text("by an amendment, {node} holds its units no longer"),
}
_DECIDED: Mapping[str | None, str] = {
    None: text("it was decided"),
    "amended": text("it was amended, and decided again as far as it had to be"),
    "rejected": text("what a place could not ship was decided again"),
    "stock": text("stock arrived for what waited"),
    "late": text("what would have been late was decided again"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Of an order's life. `decision` is that which it is of, if there is one."""

    at: str
    says: str
    decision: str = ""


def shipments_now(order: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Its shipments, with the units that they hold or that have left (`now`), and whether that `differs` from what was
    decided at first.
    """
    return [
        {**item, "now": now, "differs": any(line["quantity"] != _there(line) for line in item["lines"])}
        for item in order["shipments"]
        for now in [[{**line, "quantity": _there(line)} for line in item["lines"] if _there(line)]]
    ]


def taken_out(first: Mapping[str, Any], order: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Of the order of its `first` decision, by SKU the units that it does not have any more."""
    before, after = (Counter[str](), Counter[str]())
    for line in first["lines"]:
        before[line["sku"]] += line["quantity"]
    for line in order["lines"]:
        after[line["sku"]] += line["ordered"]
    return [{"sku": sku, "quantity": count} for sku, count in (before - after).items()]


def held_by(order: Mapping[str, Any], decision: str) -> str:
    """What a decision holds, by place: lyon (1 × SHIRT); empty if it is nothing."""
    held = [
        (item["node"], [{**line, "quantity": line["held"]} for line in item["lines"] if line["held"]])
        for item in order["shipments"]
        if item["decision"] == decision
    ]
    return ", ".join(f"{node} ({articles(lines)})" for node, lines in held if lines)


def life(order: Mapping[str, Any]) -> Sequence[Event]:
    """What happened to it, the first first."""
    return sorted(_events(order), key=lambda event: datetime.datetime.fromisoformat(event.at))


def _events(order: Mapping[str, Any]) -> Iterator[Event]:
    yield Event(at=order["placed_at"], says=say("it was placed"))
    for item in order["decisions"]:
        yield Event(at=item["decided_at"], says=say(_DECIDED.get(item["because"], _DECIDED[None])), decision=item["id"])
    if order["approved"]:
        says = say("{name} approved it", name=order["approved"]["by"])
        yield Event(at=order["approved"]["at"], says=says)
    for item in order["shipments"]:
        if item["ended_at"] and item["state"] in _ENDINGS:
            says = say(_ENDINGS[item["state"]], node=item["node"])
            yield Event(at=item["ended_at"], says=says, decision=item["decision"])


def _there(line: Mapping[str, Any]) -> int:
    there: int = line["held"] + line["shipped"]
    return there
