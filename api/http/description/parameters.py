"""What the parameters of addresses and queries mean, by name: the same words mean the same everywhere."""

from collections.abc import Mapping

PARAMETERS: Mapping[str, str] = {
    "channel": "The channel that the order is placed on",
    "decision_id": "The id of a decision, as its answer has it",
    "expiring_before": "Only holds that end before this instant",
    "latitude": "Of the destination, in degrees; goes with longitude",
    "limit": "How many entries a page has at most",
    "longitude": "Of the destination, in degrees; goes with latitude",
    "node": "The id of a node, as the network has it",
    "order_id": "The id of an order, as its caller gave it; percent-encoded, so a slash is %2F",
    "placed_after": "Only orders placed after this instant",
    "postcode": "Of the destination, as its country writes it",
    "quote_id": "The id of a quote, as its answer has it",
    "region": "Of the destination, as rules name it",
    "service": "The id of a service, as the network has it",
    "sku": "The SKU of a product; in an address percent-encoded, so a slash is %2F",
    "state": "Only orders with units in this state, or that await approval",
    "version": "The name of a policy version, a start of it (4 letters or more) that no other has, or `active`",
    "webhook_id": "The id of a webhook, as its answer has it",
}
"""Those that an operation describes itself are said there."""
