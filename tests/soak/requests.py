"""Draws the requests of the soak at random: about orders of the caller's own, and about those of others."""

import json
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar, get_args

from engine.decide.order_record import order_of
from engine.decide.promises.quote_record import QuoteRecord
from engine.decide.record import to_json
from engine.model.facts import Line, Order
from engine.model.milestones import PREPARATION_MILESTONES
from engine.model.receipts import Receipt
from engine.model.transfers import Transfer, TransferStatus
from engine.orders.living_orders import OrderFilter
from engine.orders.quotes.quotes import QuoteRequest
from engine.orders.rejection import COUNTED, Reason
from engine.returns.return_list import ReturnFilter
from engine.service import Pointsman
from engine.store.flows.stored_return import StoredReturn
from tests.soak.calls import order_json
from tests.soak.journal import Request
from tests.soak.scenario import CHANNELS, CHECKED, NODES, SKUS, WAITING, Clock
from tests.support.facts import LILLE, MARSEILLE, PARIS, order

_REMEMBERED = 30
_SEEN = 5
_QUOTES = 3
_KEYED = 0.7
_HOLDS_OF_OWN_LENGTH = 0.1
_PARKED = 0.1
T = TypeVar("T")


class Insist(Protocol):
    """Repeats an act while the server does not answer; None if it was refused."""

    def __call__(self, act: Callable[[], T]) -> T | None: ...


@dataclass(kw_only=True)
class Caller:
    """What a caller knows: the decisions that it was last answered, those it saw of others, which of them it confirmed,
    and its last quotes.
    """

    pointsman: Pointsman
    clock: Clock
    insist: Insist
    versions: Sequence[str]
    dice: random.Random
    decisions: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    quotes: deque[QuoteRecord] = field(default_factory=lambda: deque(maxlen=_QUOTES))
    confirmed: deque[Request] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def pick(self, *, shipping: bool = True) -> dict[str, Any] | None:
        known = [record for record in self.decisions if record["shipments"] or not shipping]
        return self.dice.choice(known) if known else None

    def chance(self, share: float) -> bool:
        return self.dice.random() < share


Drawn = Request | None


def decide(caller: Caller, op: str) -> Drawn:
    minutes = caller.dice.randint(1, 60) if caller.chance(_HOLDS_OF_OWN_LENGTH) else None
    return {
        "order": order_json(_order(caller, op)),
        "wait": caller.chance(WAITING),
        "keyed": caller.chance(_KEYED),
        "hold_minutes": minutes,
    }


def batch(caller: Caller, op: str) -> Drawn:
    orders = [order_json(_order(caller, f"{op}.{number}")) for number in range(caller.dice.randint(2, 4))]
    return {"orders": orders, "wait": caller.chance(WAITING)}


def _order(caller: Caller, name: str) -> Order:
    dice = caller.dice
    return order(
        *((dice.choice(SKUS), dice.randint(1, 3)) for _ in range(dice.randint(1, 3))),
        id=name,
        channel=dice.choice(CHANNELS),
        segment=CHECKED if caller.chance(_PARKED) else None,
        placed_at=int(caller.clock()),
    )


def take_up(caller: Caller, op: str) -> Drawn:
    """One of the promises of a quote that was made just before, or a while ago."""
    quote = caller.insist(
        lambda: caller.pointsman.quotes.make(QuoteRequest(cart=_order(caller, op), deliveries=["standard"]))
    )
    if quote and quote.promises:
        caller.quotes.append(quote)
    if not caller.quotes:
        return None
    quote = caller.dice.choice(caller.quotes)
    return {
        "quote": quote.id,
        "promise": caller.dice.randint(1, len(quote.promises)),
        "order": op,
        "only_if_kept": caller.chance(0.3),
        "wait": caller.chance(WAITING),
    }


def amend(caller: Caller, _: str) -> Drawn:
    """The order as it stands, with another quantity, one line more or less, or another address."""
    record = caller.pick(shipping=False)
    state = record and caller.insist(lambda: caller.pointsman.orders.show(record["order"]["id"]))
    if not state:
        return None
    stands, dice = order_of(state.stored.order), caller.dice
    first, *others = stands.lines
    more = Line(id=str(max(int(line.id) for line in stands.lines) + 1), sku=dice.choice(SKUS), quantity=1)
    amended = dice.choice(
        [
            replace(stands, lines=(replace(first, quantity=dice.randint(1, 4)), *others)),
            replace(stands, lines=tuple(others) or stands.lines),
            replace(stands, lines=(*stands.lines[:4], more)),
            replace(stands, place=dice.choice([PARIS, LILLE, MARSEILLE])),
        ]
    )
    return {"order": order_json(amended), "wait": caller.chance(WAITING)}


def cancel(caller: Caller, _: str) -> Drawn:
    record = caller.pick(shipping=False)
    if record is None:
        return None
    line = caller.dice.choice(record["order"]["lines"])
    lines = {} if caller.chance(0.3) else {line["id"]: caller.dice.randint(1, line["quantity"])}
    return {"order": record["order"]["id"], "lines": lines}


def approve(caller: Caller, _: str) -> Drawn:
    parked = [record["order"]["id"] for record in caller.decisions if record.get("awaiting_approval")]
    return {"order": caller.dice.choice(parked)} if parked else None


def wait(caller: Caller, _: str) -> Drawn:
    record = caller.pick(shipping=False)
    return record and {"order": record["order"]["id"]}


def end(caller: Caller, _: str) -> Drawn:
    """All units that a decision holds, those of a shipment, or some of a line."""
    record = caller.pick()
    if record is None:
        return None
    shipment = caller.dice.choice(record["shipments"])
    line = caller.dice.choice(shipment["lines"])
    some = {line["line"]: caller.dice.randint(1, line["quantity"])} if caller.chance(0.5) else {}
    ways = [[shipment["node"], shipment["service"]]] if caller.chance(0.5) else []
    return {"decision": record["id"], "shipments": ways, "lines": some}


def confirm(caller: Caller, op: str) -> Drawn:
    """Units left, a while ago or just now."""
    drawn = end(caller, op)
    caller.confirmed += [drawn] if drawn else []
    return drawn and {**drawn, "left_at": _lately(caller) if caller.chance(0.5) else None}


def undo(caller: Caller, _: str) -> Drawn:
    """What a confirm was about, or all of its decision."""
    if not caller.confirmed:
        return None
    drawn = caller.confirmed.pop()
    return drawn if caller.chance(0.5) else {**drawn, "shipments": [], "lines": {}}


def extend(caller: Caller, _: str) -> Drawn:
    record = caller.pick()
    return record and {"decision": record["id"], "minutes": 30}


def report(caller: Caller, _: str) -> Drawn:
    """A shipment has passed a milestone; sometimes somebody looks what is at risk."""
    record, dice = caller.pick(), caller.dice
    if record is None:
        return None
    number, milestone = dice.randrange(len(record["shipments"])), dice.choice(PREPARATION_MILESTONES)
    return {"decision": record["id"], "number": number, "milestone": milestone, "watches": caller.chance(0.1)}


def reject(caller: Caller, _: str) -> Drawn:
    """All that a node holds or one unit of it, a while ago or just now; or a short pick, in which one unit leaves."""
    record, dice = caller.pick(), caller.dice
    if record is None:
        return None
    shipment, reason = dice.choice(record["shipments"]), dice.choice(get_args(Reason))
    unit, sku = {shipment["lines"][0]["line"]: 1}, shipment["lines"][0]["sku"]
    lines, confirmed = dice.choice([({}, {}), (unit, {}), ({}, unit)])
    counted = {sku: dice.randint(0, 9)} if reason in COUNTED and not confirmed and caller.chance(0.5) else None
    return {
        "decision": record["id"],
        "node": shipment["node"],
        "reason": reason,
        "lines": lines,
        "confirmed": confirmed,
        "on_hand": counted,
        "at": _lately(caller) if caller.chance(0.5) else None,
        "waits": caller.chance(WAITING),
    }


def serve(_: Caller, __: str) -> Drawn:
    return {}


def count(caller: Caller, _: str) -> Drawn:
    # the same clock as that of rejections
    on_hand, of_lots = caller.dice.randint(5, 30), caller.chance(0.5)
    return {**_position(caller), "on_hand": on_hand, "of_lots": of_lots, "stamp": _lately(caller)}


def move(caller: Caller, _: str) -> Drawn:
    """Units came or left, a while ago or just now; are blocked, or blocked no more."""
    delta, blocked = caller.dice.choice([(-2, 0), (-1, 0), (3, 0), (6, 0), (-1, 1), (1, -1), (0, -1)])
    at = _lately(caller) if caller.chance(0.5) else None
    return {**_position(caller), "delta": delta, "blocked": blocked, "of_lots": caller.chance(0.5), "at": at}


def _lately(caller: Caller) -> int:
    """An instant in UTC microseconds."""
    return int((caller.clock() - caller.dice.choice([0, 0.01, 1, 30])) * 1_000_000)


def _position(caller: Caller) -> Request:
    return {"node": caller.dice.choice(NODES), "sku": caller.dice.choice(SKUS)}


def wake(caller: Caller, _: str) -> Drawn:
    resting = caller.insist(caller.pointsman.rests.all)
    return {"node": caller.dice.choice(resting).node} if resting else None


def activate(caller: Caller, _: str) -> Drawn:
    return {"version": caller.dice.choice(caller.versions)}


def open_return(caller: Caller, _: str) -> Drawn:
    """Of a decision that shipped something; mostly of one that the caller has confirmed some units of."""
    confirmed = {request["decision"] for request in caller.confirmed}
    left = [record for record in caller.decisions if record["id"] in confirmed]
    record = caller.dice.choice(left) if left and caller.chance(0.9) else caller.pick()
    if record is None:
        return None
    line = caller.dice.choice(caller.dice.choice(record["shipments"])["lines"])
    return {"order": record["order"]["id"], "lines": {line["line"]: caller.dice.randint(1, 2)}}


def _return(caller: Caller) -> StoredReturn | None:
    """One of those opened last, by whichever caller."""
    page = caller.insist(lambda: caller.pointsman.flows.returns.list(ReturnFilter(), limit=_SEEN))
    return caller.dice.choice(page.returns).stored if page and page.returns else None


def receive_return(caller: Caller, _: str) -> Drawn:
    """What was authorised, perhaps a unit more, perhaps another article."""
    stored = _return(caller)
    if stored is None:
        return None
    line = stored.lines[0]
    return {
        "name": stored.id,
        "node": caller.dice.choice(NODES),
        "lines": {line.line: caller.dice.randint(1, line.quantity)},
        "extra": {line.line: 1} if caller.chance(0.2) else {},
        "others": {caller.dice.choice(SKUS): 1} if caller.chance(0.2) else {},
        "complete": caller.chance(0.5),
    }


def inspect_return(caller: Caller, _: str) -> Drawn:
    stored = _return(caller)
    grade = caller.dice.choice(["as_new", "as_new", "worn"])
    return stored and {"name": stored.id, "grade": grade, "restock": caller.dice.choice([None, None, False])}


def dispose_return(caller: Caller, _: str) -> Drawn:
    stored = _return(caller)
    disposition = caller.dice.choice([None, "restock", "refurbish", "donate"])
    return stored and {"name": stored.id, "disposition": disposition}


def cancel_return(caller: Caller, _: str) -> Drawn:
    stored = _return(caller)
    return stored and {"name": stored.id}


def announce(caller: Caller, op: str) -> Drawn:
    """Goods are to come soon, so that some are late; or a message of another caller changes what was announced."""
    receipt = _receipt(caller) if caller.chance(0.5) else None
    position = _position(caller) if receipt is None else {"node": receipt.node, "sku": receipt.sku}
    return {
        **position,
        "name": op if receipt is None else receipt.id,
        "quantity": caller.dice.randint(1, 6),
        "expected_at": int(caller.clock()) + 60 * caller.dice.randint(1, 20),
        "sequence": int(caller.clock() * 1_000_000),
    }


def receive(caller: Caller, _: str) -> Drawn:
    receipt = _receipt(caller)
    units = caller.dice.choice([None, 1])
    return receipt and {"name": receipt.id, "units": units, "closes": caller.chance(0.3)}


def _receipt(caller: Caller) -> Receipt | None:
    """One of those open that no transfer or return opened."""
    receipts = caller.insist(caller.pointsman.flows.inbound.open_receipts) or ()
    bought = [receipt for receipt in receipts if receipt.source == "purchase_order"]
    return caller.dice.choice(bought) if bought else None


def create_transfer(caller: Caller, _: str) -> Drawn:
    origin, goal = caller.dice.sample(NODES, 2)
    return {"sku": caller.dice.choice(SKUS), "node": origin, "goal": goal, "units": caller.dice.randint(1, 2)}


def _transfer(caller: Caller, *statuses: TransferStatus) -> Transfer | None:
    """One of those of these statuses, made by whichever caller."""
    transfers = caller.insist(caller.pointsman.flows.transfers.open_transfers) or ()
    found = [transfer for transfer in transfers if transfer.status in statuses]
    return caller.dice.choice(found) if found else None


def approve_transfer(caller: Caller, _: str) -> Drawn:
    transfer = _transfer(caller, "proposed")
    return transfer and {"name": transfer.id}


def ship_transfer(caller: Caller, _: str) -> Drawn:
    transfer = _transfer(caller, "approved")
    return transfer and {"name": transfer.id}


def receive_transfer(caller: Caller, _: str) -> Drawn:
    transfer = _transfer(caller, "shipped")
    if transfer is None:
        return None
    units = {transfer.lines[0].sku: caller.dice.randint(1, 2)}
    return {"name": transfer.id, "units": caller.dice.choice([None, units]), "closes": caller.chance(0.3)}


def cancel_transfer(caller: Caller, _: str) -> Drawn:
    transfer = _transfer(caller, "proposed", "approved", "shipped")
    return transfer and {"name": transfer.id}


def look_around(caller: Caller, _: str) -> Drawn:
    """See which orders were placed last, by whichever caller, so that several callers change the same ones."""
    page = caller.insist(lambda: caller.pointsman.orders.list(OrderFilter(), limit=_SEEN))
    for state in page.orders if page else ():
        caller.decisions += [json.loads(to_json(record)) for record in state.decisions]
    return None


ODDS: Mapping[tuple[str, Callable[[Caller, str], Drawn]], int] = {
    ("decide", decide): 50,
    ("batch", batch): 3,
    ("take_up", take_up): 4,
    ("amend", amend): 8,
    ("cancel", cancel): 5,
    ("approve", approve): 4,
    ("wait", wait): 3,
    ("reject", reject): 7,
    ("serve", serve): 3,
    ("confirm", confirm): 8,
    ("release", end): 7,
    ("undo", undo): 3,
    ("extend", extend): 4,
    ("report", report): 3,
    ("count", count): 6,
    ("move", move): 13,
    ("wake", wake): 12,
    ("activate", activate): 1,
    ("open_return", open_return): 8,
    ("receive_return", receive_return): 7,
    ("inspect_return", inspect_return): 5,
    ("dispose_return", dispose_return): 5,
    ("cancel_return", cancel_return): 2,
    ("announce", announce): 8,
    ("receive", receive): 4,
    ("create_transfer", create_transfer): 8,
    ("approve_transfer", approve_transfer): 6,
    ("ship_transfer", ship_transfer): 6,
    ("receive_transfer", receive_transfer): 4,
    ("cancel_transfer", cancel_transfer): 2,
    ("", look_around): 4,
}
"""How likely each call is, by its name and what draws it."""
