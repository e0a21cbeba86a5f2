"""An event, its id, and the types of events that there are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

from engine.decide.order_record import Record

EVENT_TYPES: Mapping[str, str] = {
    "order.decided": "an order, or what was left of it, was decided",
    "order.changed": "an order was amended, cancelled, approved or withdrawn from the backlog, its hold was extended or"
    " released, or its confirm undone",
    "order.waiting": "units of an order wait for stock from now on",
    "order.filled": "units of an order that waited have stock, all of them",
    "hold.expired": "the time of a hold was over, and its units are free again",
    "shipment.confirmed": "units of shipments have left",
    "shipment.rejected": "a node won't ship units that it was given",
    "inbound.changed": "units that are to come in were announced, or are to come otherwise than was known",
    "inbound.received": "units of a receipt arrived",
    "inbound.late": "units of a receipt did not come by when they were expected",
    "return.opened": "units of an order may come back",
    "return.received": "goods of a return arrived, and are in quarantine",
    "return.inspected": "returned units were given a grade",
    "return.disposed": "it was decided what becomes of returned units",
    "return.cancelled": "nothing of a return is to come any more",
    "return.labelled": "a return has a label, by which its customer sends the goods back",
    "return.label_cancelled": "the label of a return was given back: it is none any more",
    "transfer.proposed": "units are to be moved from one node to another, once that is approved",
    "transfer.approved": "a transfer may be shipped",
    "transfer.shipped": "units of a transfer left, and are on their way",
    "transfer.received": "units of a transfer arrived, or no more is to come of it",
    "transfer.cancelled": "nothing more becomes of a transfer; what was on its way is on hand where it left again",
    "shipment.progressed": "a shipment was released, picked, packed or handed over",
    "shipment.packed": "units of a shipment are in parcels, with numbers and labels",
    "shipment.packing_cancelled": "labels of a shipment were given back: its units are in no parcel any more",
    "manifest.closed": "what was packed at a node for a carrier was handed over",
    "shipment.tracked": "parcels of a shipment are in another state, by what their carrier says",
    "shipment.delivered": "all parcels of a shipment are delivered",
    "shipment.late": "a shipment was not delivered by its promise",
    "shipment.lost": "nothing was heard of a shipment for so long that it may be lost",
    "promise.at_risk": "a shipment has missed a milestone or is about to, or the receipt on which it is held is late or"
    " short",
    "promise.moved": "what was at risk ships from elsewhere, or stays and arrives at another instant than was planned",
    "stock.low": "a position has no more units available than the setting says, or fewer than a rule's `alert_below`",
    "stock.changed": "other units are on hand: they were counted or moved, left, came back, arrived or were restocked;"
    " or a network was loaded",
    "allocation.changed": "rules about what each channel may take are other ones, as another policy version decides;"
    " or a channel's feed says other units",
    "policy.published": "a policy version was published for the first time",
    "policy.approval_changed": "it was asked that a policy version be approved, or no longer, or it was approved or"
    " declined",
    "policy.activated": "another policy version decides from now on",
    "policy.canary_ended": "a canary is over, and no order is decided by it any more: it broke a bound, or was stopped",
    "node.resting": "a node begins to rest, or its rest was ended early",
    "print.failed": "a paper is not printed by itself any more: its printer refuses it, or could not print for a day",
    "audit.checkpoint": "entries of the log were sealed, and this is the checkpoint of it",
}
"""By name, what has happened."""
CHECKPOINT = "audit.checkpoint"
PING = "webhook.ping"
"""The type of what a test of a webhook sends; it is in no stream."""
_WHOLE_ENTRY = 1 << 62
_NUMBER = r"(0|[1-9]\d{0,17})"
_POSITION = re.compile(rf"{_NUMBER}-{_NUMBER}(?:-{_NUMBER})?", re.ASCII)


class Position(NamedTuple):
    """A place in the stream of events: behind the event with this number, from 1, of those of the log entry
    `millis-sequence`; behind all of them without a number.
    """

    millis: int
    sequence: int
    number: int = _WHOLE_ENTRY

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Of an event's id, or of a cursor; None if the text is neither."""
        match = _POSITION.fullmatch(text)
        if match is None:
            return None
        millis, sequence, number = match.groups()
        return cls(int(millis), int(sequence), _WHOLE_ENTRY if number is None else int(number))

    @property
    def entry(self) -> str:
        """The id of its log entry."""
        return f"{self.millis}-{self.sequence}"

    def __str__(self) -> str:
        # without a full stop: Standard Webhooks forbids it in what is signed with others
        return self.entry if self.number == _WHOLE_ENTRY else f"{self.entry}-{self.number}"


START = Position(0, 0)
"""Before every event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. `subject` is what it is about: the id of an order, a SKU, a version or a node; empty of several. `at`
    is in UTC seconds.

    Those of one `lane` are delivered in order: all about one order, all about stock, about policies, about nodes, about
    checkpoints.
    """

    position: Position
    type: str
    subject: str
    at: int
    lane: str
    data: Record

    @property
    def id(self) -> str:
        return str(self.position)


def order_lane(order: str) -> str:
    return f"order:{order}"


STOCK_LANE, POLICY_LANE, NODE_LANE, AUDIT_LANE = "stock", "policies", "nodes", "audit"
