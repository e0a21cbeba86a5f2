"""Quotes and promises for product pages, as lines and tables for people."""

from collections.abc import Iterator

from msgspec import UNSET
from rich.table import Table
from rich.text import Text

from api.cli.output.tables import carbon, destination_phrase, money, sentence
from api.cli.output.times import local_time
from api.cli.output.waiting_lines import estimate_lines, waiting_lines
from api.language.current import counted, say
from api.records.promises import PromiseListRecord, SkuPromiseRecord
from api.shapes.quantities import Quantities
from engine.decide.promises.quote_record import PromiseRecord, QuoteRecord
from engine.model.facts import Network


def quote_lines(quote: QuoteRecord, network: Network, collect_at: str | None) -> Iterator[str]:
    """The promises, each with what would ship; times are in the installation's time zone."""
    quote = Quantities(network.decimals).show(quote)
    yield say("Quote {id}: {promises}", id=quote.id, promises=counted(len(quote.promises), "promise"))
    for promise in quote.promises:
        yield from _promise_lines(promise, network, collect_at)
    for placed in quote.not_counted or ():
        yield say("  {quantity} x {sku} needs no stock and no parcel", quantity=placed.quantity, sku=placed.sku)
    for item in quote.not_promised:
        yield say("  not by {delivery}:", delivery=item.delivery)
        for line in item.unfilled:
            for reason in line.reasons:
                yield f"     {line.sku}: {counted(reason.units, 'unit')}: {sentence(reason)}"
            yield from estimate_lines(line, network)
    if quote.by_lanes_only:
        yield say("  without coordinates: only what ships on lanes of a known distance")
    if not quote.complete:
        yield say("  the cart is large: there may be more promises, or better ones")


def _promise_lines(promise: PromiseRecord, network: Network, collect_at: str | None) -> Iterator[str]:
    arrives = local_time(promise.arrives_by, network, collect_at)
    greenest = say(", the greenest") if promise.chosen_for == "least_co2" else ""
    yield say(
        "  {promise}. {delivery}{greenest}: arrives by {arrives}",
        promise=promise.promise,
        delivery=promise.delivery,
        greenest=greenest,
        arrives=arrives,
    )
    yield f"     {money(promise.cost_micros, network.currency)}, {carbon(promise.co2_mg)}"
    for shipment in promise.shipments:
        lines = ", ".join(f"{line.quantity} x {line.sku}" for line in shipment.lines)
        yield say(
            "     from {node} by {service}{destination_phrase}: {lines}",
            node=shipment.node,
            service=shipment.service,
            destination_phrase=destination_phrase(shipment.collect_at),
            lines=lines,
        )
        yield from waiting_lines(shipment, network)
    yield say("     valid until {local_time}", local_time=local_time(promise.valid_until, network))


def promises_table(page: PromiseListRecord, network: Network, collect_at: str | None) -> Table:
    """A row for each SKU and kind of delivery; a table for people."""
    table = Table()
    for name in ("SKU", "delivery", "arrives by", "valid until"):
        table.add_column(say(name), overflow="fold")
    for item in page.promises:
        arrives = _no_arrival(item) if item.arrives_by is None else local_time(item.arrives_by, network, collect_at)
        table.add_row(Text(item.sku), item.delivery, arrives, local_time(item.valid_until, network))
    return table


def _no_arrival(item: SkuPromiseRecord) -> str:
    return "-" if item.counted is UNSET else say("needs no parcel")


def lines_of_reasons(page: PromiseListRecord) -> Iterator[str]:
    """Why a product has no promise by some kind of delivery."""
    for item in page.promises:
        for reason in item.reasons or ():
            yield say(
                "{sku} not by {delivery}: {units}: {reason}",
                sku=item.sku,
                delivery=item.delivery,
                units=counted(reason.units, "unit"),
                reason=sentence(reason),
            )
