"""How to say that what was to come is there, as messages tell it. Pure."""

from shlex import quote as shell_quote
from urllib.parse import quote as url_quote

from engine.model.transfers import transfer_of


def receive_call(receipt: str, sku: str) -> str:
    """What to call when the units of the SKU have arrived: units of a transfer are received by that."""
    transfer = transfer_of(receipt, sku)
    name, word = url_quote(transfer or receipt, safe=""), shell_quote(transfer or receipt)
    if transfer:
        return f"the transfer (POST /v1/transfers/{name}/receive, or: pointsman transfer receive {word})"
    return f"them (POST /v1/inbound/{name}/receive, or: pointsman inbound receive {word})"
