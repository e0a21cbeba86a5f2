"""What a row that came early waits for, and whether that is there by now."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from engine.errors import NotFound, OrderErased
from engine.service import Pointsman

_POSITION, _SHIPMENT = ("node", "sku"), ("shipment", "decision", "order")
_NAMED_BY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "counts": _POSITION,
        "movements": _POSITION,
        "receipts": _POSITION,
        "cancellations": ("order",),
        "confirmations": _SHIPMENT,
        "packings": _SHIPMENT,
        "deliveries": ("receipt",),
        "returns": ("order",),
        "returned_goods": ("return",),
        "return_inspections": ("return",),
    }
)
"""By its kind, the fields of a row that name what it is about."""
_ADDRESSEE = "addressee"
MOST_AWAITED = 20
"""Things that one message is known to wait for."""


def things_of(kind: str, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """What the row is about, such as `order W-7`: a shipment is there once its decision is."""
    things = []
    for field in _NAMED_BY.get(kind, ()):
        name = fields.get(field)
        if isinstance(name, str) and name.isprintable():
            things.append(f"decision {name.rpartition('/')[0]}" if field == "shipment" else f"{field} {name}")
    return tuple(things)


def addressee_of(order: str) -> str:
    """The addressee of an order as a thing that is waited for."""
    return f"{_ADDRESSEE} {order}"


def is_answered_later(things: Iterable[str]) -> bool:
    """Whether a row that waits for these things waits for one that its sender can't send: it is told neither that the
    row was taken over nor that it was refused, until that is so.
    """
    return any(thing.partition(" ")[0] == _ADDRESSEE for thing in things)


def missing(pointsman: Pointsman, things: Iterable[str]) -> tuple[str, ...]:
    """The first of them that are not there. Raises what `incoming.LATER` names."""
    return tuple(thing for thing in _first(things) if not is_there(pointsman, thing))


def _first(things: Iterable[str]) -> list[str]:
    return [*dict.fromkeys(things)][:MOST_AWAITED]


@dataclass(frozen=True, slots=True)
class Awaited:
    """What rows that came early wait for: things that are `missing`. `came`: all that one of them was about has come
    since it was refused.
    """

    missing: tuple[str, ...]
    came: bool


NOTHING_AWAITED = Awaited((), came=False)


def look_for(pointsman: Pointsman, rows: Iterable[tuple[str, ...]]) -> Awaited:
    """Of early rows, each the things that it is about. Raises what `incoming.LATER` names."""
    rows = [row for row in rows if row]
    looked_for = {*_first(thing for row in rows for thing in row)}
    lacking = missing(pointsman, (thing for row in rows for thing in row))
    return Awaited(lacking, any((looked_for - {*lacking}).issuperset(row) for row in rows))


def is_there(pointsman: Pointsman, thing: str) -> bool:
    """Whether the thing has come by now. Raises what `incoming.LATER` names."""
    kind, _, name = thing.partition(" ")
    flows = pointsman.flows
    lookups: Mapping[str, Callable[[], object]] = {
        "node": lambda: pointsman.network().nodes[name],
        "sku": lambda: pointsman.products({name})[name],
        "order": lambda: pointsman.orders.show(name),
        _ADDRESSEE: lambda: pointsman.fulfilment.parcels.addressee(name),
        "decision": lambda: pointsman.decision(name),
        "receipt": lambda: flows.inbound.find(name),
        "return": lambda: flows.returns.show(name),
    }
    try:
        lookups[kind]()
    except (NotFound, KeyError):
        return False
    except OrderErased:
        return True  # nothing more will come
    return True
