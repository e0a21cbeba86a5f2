"""Stock: what is where, who may have it, what comes in, what moves, and what comes back."""

from api.console.console import Console
from api.console.navigation import Part, Section
from api.console.pages.stock import channels, holds, inbound, nodes, returns, sku, transfers
from api.language.current import text

SECTION = Section(
    name="stock",
    title=text("Stock"),
    operations=("stock_show", "holds_living", "inbound_listed", "transfers_page", "returns_page"),
    parts=(
        Part(name="", title=text("An article"), operations=("stock_show",)),
        Part(name="nodes", title=text("Places"), operations=("catalogue_nodes",)),
        Part(name="holds", title=text("Holds"), operations=("holds_living",)),
        Part(name="channels", title=text("Channels"), operations=("channels_every",)),
        Part(name="inbound", title=text("Receipts"), operations=("inbound_listed",)),
        Part(name="transfers", title=text("Transfers"), operations=("transfers_page",)),
        Part(name="returns", title=text("Returns"), operations=("returns_page",)),
    ),
)


def add_to(console: Console) -> None:
    """Its pages and buttons."""
    for part in (sku, nodes, holds, channels, inbound, transfers, returns):
        part.add_to(console)
