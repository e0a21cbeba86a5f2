"""The calls of the soak: each carries out a request of the journal, and says what it was answered as JSON.

Each may be sent again until it is answered: by its operation id, or by what it is, it happens once.
"""

import contextlib
import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from engine.decide.order_record import OrderRecord, order_of
from engine.errors import NotFound
from engine.inventory.hold_state import HoldState
from engine.model.facts import Order
from engine.model.transfers import TransferLine
from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.decision_request import Answer
from engine.orders.quotes.take_up import TakeRequest
from engine.orders.rejection import RejectionRequest
from engine.promise_watch.progress import ProgressReport
from engine.returns.disposing import DisposedUnits, DisposeRequest
from engine.returns.inspecting import InspectedUnits, InspectRequest
from engine.returns.opening import LineToReturn, OpenRequest
from engine.returns.receiving import ReceiveRequest
from engine.returns.return_state import ReturnState
from engine.service import Pointsman
from engine.store.flows.receipts import Announcement, Delivery
from engine.store.ledger import RequestKey
from engine.store.outcomes import MovementApplied, MovementCounted, MovementRepeated
from engine.store.stock import Count, Movement, Stamp
from engine.transfers.transfers import NewTransfer
from tests.soak.journal import Request
from tests.soak.scenario import has_lots, lots_of
from tests.support.batches import decide_batch
from tests.support.facts import TODAY

LATE = TODAY + 600
"""When the lot expires of which units arrive."""
_MOST_WAITING = 50


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a call was answered, and the decisions that it was answered with."""

    answer: Any = True
    decisions: Iterable[Answer] = ()


def order_json(order: Order) -> Any:
    return msgspec.to_builtins(OrderRecord.of(order))


def _order(json: Any) -> Order:
    return order_of(msgspec.convert(json, OrderRecord))


def _key(name: str) -> RequestKey:
    """Of the caller whose number the name begins with."""
    return RequestKey(caller=name[:2], name=name)


def decide(pointsman: Pointsman, request: Request) -> Done:
    key = _key(request["op"]) if request["keyed"] else None
    minutes = request["hold_minutes"]
    made = pointsman.decide(_order(request["order"]), key=key, wait=request["wait"], hold_minutes=minutes)
    return Done(decisions=[made])


def batch(pointsman: Pointsman, request: Request) -> Done:
    orders = [_order(item) for item in request["orders"]]
    made = decide_batch(pointsman, orders, keys=lambda item: _key(item.id), wait=request["wait"])
    for error in (made.failure, *made.errors.values()):
        if error is not None:
            raise error
    return Done(decisions=made.answers)


def take_up(pointsman: Pointsman, request: Request) -> Done:
    asked = TakeRequest(
        quote=request["quote"],
        promise=request["promise"],
        order_id=request["order"],
        only_if_kept=request["only_if_kept"],
    )
    return Done(decisions=[pointsman.quote_take_up.take(asked, caller=request["op"][:2], waits=request["wait"])])


def confirm(pointsman: Pointsman, request: Request) -> Done:
    return _end(functools.partial(pointsman.holds.confirm, left_at=request["left_at"]), request)


def release(pointsman: Pointsman, request: Request) -> Done:
    return _end(pointsman.holds.release, request)


def undo(pointsman: Pointsman, request: Request) -> Done:
    return _end(pointsman.holds.undo, request)


def _end(verb: Callable[..., HoldState], request: Request) -> Done:
    ways = [(node, service) for node, service in request["shipments"]]
    verb(request["decision"], shipments=ways, lines=request["lines"], op=request["op"])
    return Done()


def extend(pointsman: Pointsman, request: Request) -> Done:
    state = pointsman.holds.extend(request["decision"], minutes=request["minutes"], op=request["op"])
    return Done(answer=state.until)


def report(pointsman: Pointsman, request: Request) -> Done:
    names = ("decision", "number", "milestone", "op")
    pointsman.flows.promise_watch.report(ProgressReport(**{name: request[name] for name in names}))
    if request["watches"]:
        pointsman.flows.promise_watch.watch()
    return Done(answer=True)


def reject(pointsman: Pointsman, request: Request) -> Done:
    fields = {name: value for name, value in request.items() if name != "call"}
    answer = pointsman.rerouting.reject(RejectionRequest(**fields))
    return Done(answer=answer.id, decisions=[answer])


def cancel(pointsman: Pointsman, request: Request) -> Done:
    asked = CancelRequest(order=request["order"], lines=request["lines"], op=request["op"])
    return Done(answer=sum(item.quantity for item in pointsman.cancellations.cancel(asked).units))


def amend(pointsman: Pointsman, request: Request) -> Done:
    asked = AmendRequest(order=_order(request["order"]), waits=request["wait"], op=request["op"])
    amended = pointsman.amendments.amend(asked)
    return Done(answer=amended.amendment.fields, decisions=[amended.decision] if amended.decision else [])


def approve(pointsman: Pointsman, request: Request) -> Done:
    pointsman.orders.approve(request["order"], who="soak", note=request["op"])
    return Done()


def wait(pointsman: Pointsman, request: Request) -> Done:
    pointsman.orders.wait(request["order"])
    return Done()


def serve(pointsman: Pointsman, _: Request) -> Done:
    """Run the backlog; withdraw the last entries if there are too many."""
    run = pointsman.backlog.run(limit=5)
    for place in pointsman.backlog.page(limit=10 * _MOST_WAITING).places[_MOST_WAITING:]:
        with contextlib.suppress(NotFound):  # others were faster
            pointsman.backlog.withdraw(place.entry.decision)
    return Done(decisions=run.answers)


def count(pointsman: Pointsman, request: Request) -> Done:
    stamp = Stamp(kind="t", number=request["stamp"])
    of_lots = lots_of(request["sku"], request["on_hand"]) if request["of_lots"] else None
    item = Count(node=request["node"], sku=request["sku"], on_hand=request["on_hand"], stamp=stamp, lots=of_lots)
    placed = pointsman.stock.set_count(item)
    return Done(answer=None if placed.older else True)


def move(pointsman: Pointsman, request: Request) -> Done:
    item = Movement(**{name: request[name] for name in ("op", "node", "sku", "delta", "blocked", "at")})
    if request["of_lots"] and has_lots(item.sku) and item.delta > 0:
        item = replace(item, lot="late", expires=LATE)
    (outcome,) = pointsman.stock.move([item])
    # asked again after it was applied, it is answered as repeated
    is_done = isinstance(outcome, MovementApplied | MovementCounted | MovementRepeated)
    return Done(answer=request["delta"] if is_done else None)


def wake(pointsman: Pointsman, request: Request) -> Done:
    """End a rest, under a name that no other request has."""
    pointsman.rests.end(request["node"], who=request["op"])
    return Done()


def activate(pointsman: Pointsman, request: Request) -> Done:
    pointsman.versions.activate(request["version"], who="soak", note="", operation=request["op"])
    return Done()


def open_return(pointsman: Pointsman, request: Request) -> Done:
    lines = [LineToReturn(line=line, quantity=units, reason="other") for line, units in request["lines"].items()]
    asked = OpenRequest(order=request["order"], lines=lines, id=request["op"])
    return Done(answer=pointsman.flows.returns.open(asked, by="soak", may_override=False).stored.id)


def receive_return(pointsman: Pointsman, request: Request) -> Done:
    units = {name: request[name] for name in ("lines", "extra", "others")}
    asked = ReceiveRequest(node=request["node"], complete=request["complete"], op=request["op"], **units)
    return _step(pointsman.flows.returns.receive(request["name"], asked))


def inspect_return(pointsman: Pointsman, request: Request) -> Done:
    item = InspectedUnits(grade=request["grade"], restock=request["restock"])
    return _step(pointsman.flows.returns.inspect(request["name"], InspectRequest(groups=[item], op=request["op"])))


def dispose_return(pointsman: Pointsman, request: Request) -> Done:
    item = DisposedUnits(disposition=request["disposition"])
    asked = DisposeRequest(groups=[item], because="soak", op=request["op"])
    return _step(pointsman.flows.returns.dispose(request["name"], asked, by="soak").state)


def cancel_return(pointsman: Pointsman, request: Request) -> Done:
    return _step(pointsman.flows.returns.cancel(request["name"], op=request["op"]))


def _step(state: ReturnState) -> Done:
    return Done(answer=state.stored.id)


def announce(pointsman: Pointsman, request: Request) -> Done:
    """Goods are to come, by the message of that number; what is late by now is noted."""
    names = ("node", "sku", "quantity", "expected_at", "sequence")
    fields = {name: request[name] for name in names}
    announced = Announcement(id=request["name"], source="purchase_order", status="confirmed", **fields)
    pointsman.flows.inbound.announce(announced)
    pointsman.flows.inbound.note_overdue()
    return Done(answer=request["name"])


def receive(pointsman: Pointsman, request: Request) -> Done:
    delivery = Delivery(units=request["units"], closes=request["closes"], over=True)
    taken = pointsman.flows.inbound.receive(request["name"], delivery, op=request["op"])
    return Done(answer=taken.receipt.id)


def create_transfer(pointsman: Pointsman, request: Request) -> Done:
    line = TransferLine(sku=request["sku"], units=request["units"])
    new = NewTransfer(id=request["op"], origin=request["node"], goal=request["goal"], lines=[line])
    return Done(answer=pointsman.flows.transfers.create(new, op=request["op"]).transfer.id)


def approve_transfer(pointsman: Pointsman, request: Request) -> Done:
    return Done(answer=pointsman.flows.transfers.approve(request["name"], op=request["op"]).id)


def ship_transfer(pointsman: Pointsman, request: Request) -> Done:
    return Done(answer=pointsman.flows.transfers.ship(request["name"], op=request["op"]).id)


def receive_transfer(pointsman: Pointsman, request: Request) -> Done:
    units, op = request["units"], request["op"]
    received = pointsman.flows.transfers.receive(request["name"], units, closes=request["closes"], over=True, op=op)
    return Done(answer=received.id)


def cancel_transfer(pointsman: Pointsman, request: Request) -> Done:
    return Done(answer=pointsman.flows.transfers.cancel(request["name"], op=request["op"]).id)


CALLS: Mapping[str, Callable[[Pointsman, Request], Done]] = {
    act.__name__: act
    for act in (
        *(decide, batch, take_up, amend, cancel, approve, wait, reject, confirm, release, undo, extend, report),
        *(serve, count, move, wake, activate),
        *(open_return, receive_return, inspect_return, dispose_return, cancel_return, announce, receive),
        *(create_transfer, approve_transfer, ship_transfer, receive_transfer, cancel_transfer),
    )
}
"""Calls by name. A new one is drawn in requests.py, and what it should have done is told in effects.py."""
