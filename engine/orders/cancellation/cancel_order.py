"""Cancels orders, or units of them, as their customers ask."""

from collections.abc import Callable

import msgspec

from engine.decide.shipping.pricing import carriage
from engine.errors import Contended
from engine.facts_reader import FactsReader
from engine.idempotency import answered_before, name_reused, operation
from engine.model.facts import rounded
from engine.orders.cancellation.plan import (
    Cancellation,
    CancelRequest,
    PlannedCancellation,
    UnitCost,
    plan_cancellation,
)
from engine.store.connection.client import Client
from engine.store.hold_changes.change_script import MOST_TRIES, ChangeRequest, ChangeScript, entry_fields
from engine.store.hold_changes.order_change import OrderChange
from engine.store.hold_changes.order_units import OrderUnits, find_first_decision
from engine.store.holds import Holds, Operation
from engine.store.keys import Keys
from engine.store.outcomes import OperationReused, UnitsChanged


class Cancellations:
    """The cancellations of one network."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        facts: FactsReader,
        after_freeing: Callable[[], None],
        clock: Callable[[], int],
    ) -> None:
        """`after_freeing` is called once units were cancelled."""
        self._after_freeing = after_freeing
        self._client = client
        self._keys = keys
        self._holds = Holds(client, keys)
        self._change_script = ChangeScript(client, keys)
        self._facts = facts
        self._clock = clock

    def cancel(self, request: CancelRequest) -> Cancellation:
        """Cancel units of an order in one step: they are held no longer, and wait no longer. Raises NotFound,
        InputInvalid, HoldEnded if units have left, KeyReused, Contended, NotReady, StoreUnavailable.
        """
        first = find_first_decision(self._client, self._keys, request.order)
        named = operation(request.fingerprint, request.op)
        for _ in range(MOST_TRIES):
            now = self._clock()
            order = self._change_script.read_order(first, now=now)
            answer = answered_before(self._holds, first, named, request.op)
            if answer is not None:
                return _cancellation(answer)
            plan = plan_cancellation(
                request,
                order,
                unit_costs(order, self._facts),
                now=now,
                text=self._facts.network().quantity_text,
            )
            if not plan.answer.units:
                return plan.answer
            match self._change_script.run(_change_request(plan, order, named, now=now)):
                case UnitsChanged(answer=done):
                    self._after_freeing()
                    return _cancellation(done.decode())
                case OperationReused():
                    raise name_reused(request.op)
        raise Contended(f"order {request.order} changes again and again; try again")


def unit_costs(order: OrderUnits, facts: FactsReader) -> UnitCost:
    """Of what the order holds, by the network as it is now; none for what it does not have any more."""
    network = facts.network()
    products = facts.products(order.reading.order.skus)
    return {
        (shipment.node, shipment.service, sku): rounded(
            node.unit_handling + max(0, carriage(service, products[sku].weight)), products[sku].scale
        )
        for hold in order.holds
        for shipment in hold.held
        for sku in shipment.skus.values()
        if (node := network.nodes.get(shipment.node))
        and (service := network.services.get(shipment.service))
        and sku in products
    }


def _change_request(plan: PlannedCancellation, order: OrderUnits, named: Operation, *, now: int) -> ChangeRequest:
    reading = order.reading
    body = plan.body.encode().decode()
    return ChangeRequest(
        about=reading.first,
        now=now,
        changes=plan.changes,
        entries=[entry_fields("cancelled", reading.first, now, units=body)],
        operation=named,
        answer=msgspec.json.encode(plan.answer),
        order=OrderChange(reading=reading, cancelled=plan.answer.cancelled, waiting=plan.waiting),
    )


def _cancellation(answer: str) -> Cancellation:
    return msgspec.json.decode(answer, type=Cancellation)
