"""Labels of returns as JSON."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record
from engine.fulfilment.return_labels.return_labels import LabelledReturn
from engine.store.flows import stored_return

_DATE = {"format": "date"}


class ReturnLabelPartsRecord(Record, frozen=True, kw_only=True):
    """What stands on the label of a return but the customer's address. `booking`: its carrier is being asked for it;
    `cancelling`: to take it back.
    """

    state: Literal["booking", "made", "cancelling"]
    node: Annotated[str, Meta(description="where the goods go")]
    issued_on: Annotated[str, Meta(extra_json_schema=_DATE)]
    until: Annotated[
        str, Meta(extra_json_schema=_DATE, description="the last day all of which the return is waited for")
    ]
    carrier: Annotated[str | None, Meta(description="null: the network names none that brings returns back")]
    sscc: Annotated[str | None, Meta(description="null: nobody carries it for us")]
    tracking_number: str | None
    weight_g: int | UnsetType = UNSET

    @classmethod
    def of(cls, label: stored_return.StoredReturnLabelRecord) -> "ReturnLabelPartsRecord":
        return cls(
            state="made" if label.state == "cancelled" else label.state,
            node=label.node,
            issued_on=label.issued_on.isoformat(),
            until=label.until.isoformat(),
            carrier=label.carrier or None,
            sscc=label.sscc or None,
            tracking_number=label.tracking_number or None,
            weight_g=label.grams or UNSET,
        )


class ReturnLabelRecord(Record, frozen=True, kw_only=True):
    """The label of a return, and the return and order that it is of."""

    return_id: Annotated[str, Meta(description="the return (RMA)")] = msgspec.field(name="return")
    order: str
    label: ReturnLabelPartsRecord

    @classmethod
    def of(cls, labelled: LabelledReturn) -> "ReturnLabelRecord":
        stored = labelled.stored
        return cls(return_id=stored.id, order=stored.order, label=ReturnLabelPartsRecord.of(labelled.label))
