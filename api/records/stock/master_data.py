"""What became of products and nodes that were sent, as JSON."""

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record

StoredResult: TypeAlias = Literal["new", "changed", "same"]
SentResult: TypeAlias = Literal["new", "changed", "same", "refused", "stopped"]


class StoredProductRecord(Record, frozen=True):
    sku: str
    result: StoredResult
    network_version: Annotated[str, Meta(description="of the network with it")]


class StoredNodeRecord(Record, frozen=True):
    node: str
    result: StoredResult
    network_version: Annotated[str, Meta(description="of the network with it")]


class SentProductRecord(Record, frozen=True):
    """A line of the answer. After `stopped` nothing was read: send that line and those after it again."""

    line: Annotated[int, Meta(description="of the request, from 1")]
    result: SentResult
    sku: str | UnsetType = UNSET
    message: Annotated[str | UnsetType, Meta(description="why it was refused or stopped")] = UNSET


class SentNodeRecord(Record, frozen=True):
    """A line of the answer. After `stopped` nothing was read: send that line and those after it again."""

    line: Annotated[int, Meta(description="of the request, from 1")]
    result: SentResult
    node: str | UnsetType = UNSET
    message: Annotated[str | UnsetType, Meta(description="why it was refused or stopped")] = UNSET
