"""Orders as they stand, as JSON."""

from typing import Annotated, Literal, TypeAlias
from urllib.parse import quote

from msgspec import UNSET, Meta, UnsetType

from api.shapes.cursors import orders_cursor
from engine.decide.decision import Status
from engine.decide.order_record import OrderRecord, Record, Timestamp, timestamp
from engine.decide.record import DecisionRecord
from engine.orders.living_orders import OrdersPage
from engine.orders.order_state import Action, LineState, OrderShipment, OrderState, State
from engine.orders.same_order import revision_of
from engine.store.hold_changes.stored_holds import Peg
from engine.store.outcomes import UnitState

Method: TypeAlias = Literal["POST", "DELETE"]
CALLS: dict[Action, tuple[Method, str]] = {
    "approve": ("POST", "/v1/orders/{id}/approve"),
    "wait": ("POST", "/v1/orders/{id}/wait"),
    "confirm": ("POST", "/v1/decisions/{id}/confirm"),
    "reject": ("POST", "/v1/decisions/{id}/reject"),
    "release": ("POST", "/v1/decisions/{id}/release"),
    "extend": ("POST", "/v1/decisions/{id}/extend"),
    "undo": ("POST", "/v1/decisions/{id}/confirm/undo"),
    "withdraw": ("DELETE", "/v1/backlog/{id}"),
    "cancel": ("POST", "/v1/orders/{id}/cancel"),
    "amend": ("POST", "/v1/orders/{id}/amend"),
}
"""Method and path of the call that does each."""


class OrderLineStateRecord(Record, frozen=True):
    """A line of an order: how many of its units are in each state. They add up to those ordered."""

    line: str
    sku: str
    ordered: int
    cancelled: int
    held: int
    shipped: int
    returned: int
    waiting: int
    unfilled: int
    not_counted: Annotated[
        int | UnsetType, Meta(description="filled without stock and without a parcel; left out if there are none")
    ] = UNSET

    @classmethod
    def of(cls, line: LineState) -> "OrderLineStateRecord":
        units = {state: count for state, count in line.units.items() if count or state != "not_counted"}
        return cls(line=line.line, sku=line.sku, ordered=line.ordered, **units)


class OrderDecisionRecord(Record, frozen=True):
    """A decision of an order, the first first."""

    id: str
    decided_at: Timestamp
    status: Status
    because: Annotated[str | None, Meta(description="why it follows another; null: the order's first decision")]
    reserve_at: Annotated[
        Timestamp | UnsetType, Meta(description="only of a scheduled decision: from when on its units are to be held")
    ] = UNSET
    approval_rules: Annotated[
        list[str] | UnsetType, Meta(description="the rules by which a person had to approve the order, if any")
    ] = UNSET

    @classmethod
    def of(cls, record: DecisionRecord) -> "OrderDecisionRecord":
        return cls(
            id=record.id or "",
            decided_at=record.decided_at,
            status=record.status,
            because=record.because,
            reserve_at=record.scheduled.reserve_at if record.scheduled else UNSET,
            approval_rules=record.approval_rules,
        )


class OrderShipmentLineRecord(Record, frozen=True):
    """Units of a line in a shipment: decided, and of these still held, and shipped. The others are not its any more."""

    line: str
    sku: str
    quantity: int
    held: int
    shipped: int


class AwaitedUnitsRecord(Record, frozen=True):
    """Units of a shipment that are held, and still to come by a receipt."""

    sku: str
    units: int
    receipt: str
    expected_at: Timestamp

    @classmethod
    def of(cls, peg: Peg) -> "AwaitedUnitsRecord":
        return cls(sku=peg.sku, units=peg.units, receipt=peg.receipt, expected_at=timestamp(peg.expected_at))


class OrderShipmentRecord(Record, frozen=True):
    """A shipment of one of the order's decisions, and where it stands."""

    decision: str
    node: str
    service: str
    state: UnitState
    ships_at: Timestamp
    arrives_by: Timestamp
    expires_at: Annotated[Timestamp | None, Meta(description="until when it is held; null: it is not, any more")]
    ended_at: Timestamp | None
    lines: list[OrderShipmentLineRecord]
    collect_at: Annotated[
        str | UnsetType | None, Meta(description="only if it goes elsewhere than its order, as in its decision")
    ] = UNSET
    awaited: Annotated[
        list[AwaitedUnitsRecord] | UnsetType,
        Meta(description="only if units of it are still to come: which, the next to arrive first"),
    ] = UNSET

    @classmethod
    def of(cls, shipment: OrderShipment) -> "OrderShipmentRecord":
        return cls(
            decision=shipment.decision,
            node=shipment.record.node,
            service=shipment.record.service,
            state=shipment.state,
            ships_at=shipment.record.ships_at,
            arrives_by=shipment.record.arrives_by,
            expires_at=None if shipment.until is None else timestamp(shipment.until),
            ended_at=None if shipment.ended_at is None else timestamp(shipment.ended_at),
            lines=[
                OrderShipmentLineRecord(
                    line=line.line, sku=line.sku, quantity=line.quantity, held=line.held, shipped=line.shipped
                )
                for line in shipment.lines
            ],
            collect_at=shipment.record.collect_at,
            awaited=[AwaitedUnitsRecord.of(peg) for peg in shipment.pegs] or UNSET,
        )


class OrderActionRecord(Record, frozen=True):
    """Something that can be done with the order now, by a request to `path`."""

    action: Action
    id: Annotated[str, Meta(description="of the order, or of the decision that it is done with")]
    method: Method
    path: Annotated[str, Meta(description="with that id, encoded as a URL has it")]

    @classmethod
    def of(cls, action: Action, of: str) -> "OrderActionRecord":
        method, path = CALLS[action]
        return cls(action=action, id=of, method=method, path=path.format(id=quote(of, safe="")))


class ApprovalRecord(Record, frozen=True):
    by: str
    at: Timestamp
    note: str


class OrderStateRecord(Record, frozen=True):
    """An order as it stands: where its units are, how they got there, and what can still be done."""

    id: str
    states: Annotated[list[State], Meta(description="every state that any of its units is in")]
    placed_at: Timestamp
    order: Annotated[OrderRecord, Meta(description="as it was sent or last amended")]
    revision: Annotated[str, Meta(description="of the `order`: another after each amendment that changes it")]
    lines: list[OrderLineStateRecord]
    decisions: list[OrderDecisionRecord]
    shipments: list[OrderShipmentRecord]
    actions: list[OrderActionRecord]
    approved: Annotated[ApprovalRecord | None, Meta(description="null: it was not, or need not be")]

    @classmethod
    def of(cls, state: OrderState) -> "OrderStateRecord":
        order, approval = state.stored.order, state.stored.approval
        return cls(
            id=state.stored.id,
            states=list(state.states),
            placed_at=order.placed_at,
            order=order,
            revision=revision_of(order),
            lines=[OrderLineStateRecord.of(line) for line in state.lines],
            decisions=[OrderDecisionRecord.of(record) for record in state.decisions],
            shipments=[OrderShipmentRecord.of(shipment) for shipment in state.shipments],
            actions=[OrderActionRecord.of(*action) for action in state.actions],
            approved=approval and ApprovalRecord(by=approval.by, at=timestamp(approval.at), note=approval.note),
        )


class OrdersPageRecord(Record, frozen=True):
    """Those placed last first. A page with a `next` may have fewer orders than asked for, or none."""

    orders: list[OrderStateRecord]
    next: str | None

    @classmethod
    def of(cls, page: OrdersPage) -> "OrdersPageRecord":
        return cls(orders=[OrderStateRecord.of(state) for state in page.orders], next=orders_cursor(page.after))
