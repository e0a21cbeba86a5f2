"""What the parameters of addresses and queries mean, by name: the same words mean the same everywhere. And the headers
that many operations take.
"""

from collections.abc import Mapping
from typing import Any

PARAMETERS: Mapping[str, str] = {
    "carrier": "The id of a carrier, as the network has it",
    "channel": "The channel that the order is placed on",
    "decision_id": "The id of a decision, as its answer has it",
    "entry": "The id of an entry of the log, or of a decision",
    "draft": "The name of a draft; percent-encoded, so a slash is %2F",
    "expiring_before": "Only holds that end before this instant",
    "latitude": "Of the destination, in degrees; goes with longitude",
    "level": "The tile's level, from 0, or `entries` for a bundle of leaves",
    "limit": "How many entries a page has at most",
    "longitude": "Of the destination, in degrees; goes with latitude",
    "number": "The place of the shipment in the decision, from 0",
    "node": "The id of a node, as the network has it",
    "opened_after": "Only returns opened after this instant",
    "order": "The id of an order, as its caller gave it",
    "name": "The name of a connector, that of its file",
    "order_id": "The id of an order, as its caller gave it; percent-encoded, so a slash is %2F",
    "paper": "Which paper: a label, note, manifest or return_label",
    "part": "Which tile of its level, as tlog-tiles writes it: `x001/067`, and `.p/8` after it if it is not full",
    "placed_after": "Only orders placed after this instant",
    "postcode": "Of the destination, as its country writes it",
    "quote_id": "The id of a quote, as its answer has it",
    "reason": "Why goods come back: a reason of the network file",
    "receipt": "The id of a receipt, as it was announced; percent-encoded, so a slash is %2F",
    "region": "Of the destination, as rules name it",
    "transfer": "The id of a transfer; percent-encoded, so a slash is %2F",
    "job": "The id of a print job",
    "manifest_id": "The id of a manifest",
    "return_id": "The id of a return (RMA); percent-encoded, so a slash is %2F",
    "service": "The id of a service, as the network has it",
    "sku": "The SKU of a product; in an address percent-encoded, so a slash is %2F",
    "state": "Only orders with units in this state, or that await approval",
    "status": "How much of the order the decision filled",
    "version": "The name of a policy version, a start of it (4 letters or more) that no other has, or `active`",
    "webhook_id": "The id of a webhook, as its answer has it",
    "key_id": "The id of an API key, as the list has it",
    "file": "The name of a file that waits, as the list has it",
}
"""Those that an operation describes itself are said there."""


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": {"type": "string"}}


HEADERS: Mapping[str, dict[str, Any]] = {
    "RequestId": _header(
        "X-Request-Id",
        "An id for this request, of 1 to 128 letters, digits and ._:+/=@-: the answer, the log and the ledger name it."
        " Without it, or if it is written otherwise, it gets a new one",
    ),
    "Network": _header(
        "X-Pointsman-Network", "The network that is meant; by default the first that the key is for and that is served"
    ),
    "IfNoneMatch": _header("If-None-Match", "The ETag of an answer: 304 if it has not changed since"),
}
"""By the names of their components."""


def headers_of(*, has_scope: bool, has_etag: bool) -> list[dict[str, str]]:
    """References to the headers that an operation takes."""
    names = ["RequestId", *(["Network"] if has_scope else []), *(["IfNoneMatch"] if has_etag else [])]
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]
