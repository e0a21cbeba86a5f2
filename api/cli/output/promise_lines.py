"""Quotes and promises for product pages, as lines and tables for people."""

from collections.abc import Iterator

from msgspec import UNSET
from rich.table import Table
from rich.text import Text

from api.cli.output.plural import counted
from api.cli.output.tables import carbon, destination_phrase, local_time, money
from api.records.promises import PromisesRecord, SkuPromiseRecord
from api.shapes.quantities import Quantities
from engine.decide.promises.quote_record import PromiseRecord, QuoteRecord
from engine.model.facts import Network
from rules.wording.catalogue import ENGLISH


def quote_lines(quote: QuoteRecord, network: Network, collect_at: str | None) -> Iterator[str]:
    """The promises, each with what would ship; times are in the installation's time zone."""
    quote = Quantities(network.decimals).show(quote)
    yield f"Quote {quote.id}: {counted(len(quote.promises), 'promise')}"
    for promise in quote.promises:
        yield from _promise_lines(promise, network, collect_at)
    for placed in quote.not_counted or ():
        yield f"  {placed.quantity} x {placed.sku} needs no stock and no parcel"
    for item in quote.not_promised:
        yield f"  not by {item.delivery}:"
        for line in item.unfilled:
            for reason in line.reasons:
                yield f"     {line.sku}: {counted(reason.units, 'unit')}: {reason.text(ENGLISH)}"
    if quote.by_lanes_only:
        yield "  without coordinates: only what ships on lanes of a known distance"
    if not quote.complete:
        yield "  the cart is large: there may be more promises, or better ones"


def _promise_lines(promise: PromiseRecord, network: Network, collect_at: str | None) -> Iterator[str]:
    arrives = local_time(promise.arrives_by, network, collect_at)
    greenest = ", the greenest" if promise.chosen_for == "least_co2" else ""
    yield f"  {promise.promise}. {promise.delivery}{greenest}: arrives by {arrives}"
    yield f"     {money(promise.cost_micros, network.currency)}, {carbon(promise.co2_mg)}"
    for shipment in promise.shipments:
        lines = ", ".join(f"{line.quantity} x {line.sku}" for line in shipment.lines)
        yield f"     from {shipment.node} by {shipment.service}{destination_phrase(shipment.collect_at)}: {lines}"
    yield f"     valid until {local_time(promise.valid_until, network)}"


def promises_table(page: PromisesRecord, network: Network, collect_at: str | None) -> Table:
    """A row for each SKU and kind of delivery; a table for people."""
    table = Table()
    for name in ("SKU", "delivery", "arrives by", "valid until"):
        table.add_column(name, overflow="fold")
    for item in page.promises:
        arrives = _no_arrival(item) if item.arrives_by is None else local_time(item.arrives_by, network, collect_at)
        table.add_row(Text(item.sku), item.delivery, arrives, local_time(item.valid_until, network))
    return table


def _no_arrival(item: SkuPromiseRecord) -> str:
    return "-" if item.counted is UNSET else "needs no parcel"


def lines_of_reasons(page: PromisesRecord) -> Iterator[str]:
    """Why a product has no promise by some kind of delivery."""
    for item in page.promises:
        for reason in item.reasons or ():
            yield f"{item.sku} not by {item.delivery}: {counted(reason.units, 'unit')}: {reason.text(ENGLISH)}"
