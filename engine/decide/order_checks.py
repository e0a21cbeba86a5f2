"""Checks an order against the facts before it is decided."""

import difflib
from collections.abc import Iterable, Iterator

from engine.decide.address.address_checks import address_mistakes
from engine.decide.order_record import iso_date, timestamp
from engine.decide.shipping.amounts import LargestAmounts
from engine.decide.shipping.columns import WIDEST
from engine.errors import InputInvalid, Mistake, OrderInvalid
from engine.model.facts import Network, Order, Snapshot

MOST_AHEAD = 24 * 60 * 60
"""Seconds. What is farther ahead than any clock and any time zone explain was not placed then."""


def check_order(order: Order, snapshot: Snapshot, *, now: int | None = None) -> None:
    """Raise OrderInvalid with every mistake: a channel that the network does not list, unknown SKUs, unknown nodes to
    collect at, units that could cost or emit more than is counted, prices in a currency without a rate, an address
    without a country or outside of it, a nominated day that contradicts the other dates; and of an order that is new
    `now`, a nominated day that is over, or an instant far ahead at which it was placed.
    """
    mistakes = [
        *_mistakes(order, snapshot),
        *address_mistakes(order, snapshot.network),
        *_mistakes_of_dates(order, snapshot.network, now),
    ]
    if mistakes:
        raise OrderInvalid(mistakes)


def _mistakes(order: Order, snapshot: Snapshot) -> Iterator[Mistake]:
    largest = snapshot.caches.get(LargestAmounts)
    costs = carbon = 0
    for index, line in enumerate(order.lines):
        product = snapshot.products.get(line.sku)
        if product is None:
            yield Mistake(field=f"lines.{index}.sku", message=f"no product goes by the SKU '{line.sku}'")
            continue
        # what the smallest unit costs or emits is rounded, by less than one
        units, rounding = -(-line.quantity // product.scale), line.quantity if product.scale > 1 else 0
        costs += largest.cost(units, product.weight) + rounding
        carbon += largest.carbon(units, product.weight) + rounding
        if max(costs, carbon) >= WIDEST or not largest.is_unit_counted(product.weight):
            quantity = snapshot.network.quantity_text(line.sku, line.quantity)
            message = f"{quantity} units of '{line.sku}' could cost or emit more than can be counted; order fewer"
            yield Mistake(field=f"lines.{index}.quantity", message=message)
            break
    nodes = snapshot.network.nodes
    lines = ((f"lines.{index}.collect_at", line.collect_at) for index, line in enumerate(order.lines))
    for field, node in (("collect_at", order.collect_at), *lines):
        if node is not None and node not in nodes:
            yield Mistake(field=field, message=f"no node goes by the id '{node}'{_hint(node, nodes)}")
    yield from _mistakes_of_channel(order.channel, snapshot.network)
    yield from _mistakes_of_currency(order, snapshot.network)


def check_channel(channel: str, network: Network) -> None:
    """Raise InputInvalid if the network lists its channels, and not this one."""
    mistakes = list(_mistakes_of_channel(channel, network))
    if mistakes:
        raise InputInvalid(mistakes)


def _mistakes_of_channel(channel: str, network: Network) -> Iterator[Mistake]:
    channels = network.channels
    if channels and channel not in channels:
        hint = _hint(channel, channels) or f"; it has {', '.join(sorted(channels))}"
        yield Mistake(field="channel", message=f"the network lists no channel '{channel}'{hint}")


def _mistakes_of_currency(order: Order, network: Network) -> Iterator[Mistake]:
    if network.in_own_currency(0, order.currency) is None:
        message = (
            f"the network counts in {network.currency} and gives no rate for {order.currency};"
            f" add one to network.yaml, such as rates: {{{order.currency}: 0.09}}"
        )
        yield Mistake(field="currency", message=message)


def _mistakes_of_dates(order: Order, network: Network, now: int | None) -> Iterator[Mistake]:
    if now is not None and order.placed_at > now + MOST_AHEAD:
        message = f"{timestamp(order.placed_at)} is more than a day ahead; it is {timestamp(now)}: is its year right?"
        yield Mistake(field="placed_at", message=message)
    day = order.deliver_on
    if day is None:
        return
    if now is not None and day < network.local(now).toordinal():
        message = f"{iso_date(day)} is over; it is {network.local(now).date()} in {network.time_zone}"
        yield Mistake(field="deliver_on", message=message)
    elif day < network.local(order.placed_at).toordinal():
        yield Mistake(field="deliver_on", message=f"{iso_date(day)} is before the day on which the order was placed")
    if order.promise_by is not None and network.local(order.promise_by).toordinal() < day:
        message = f"the promise ends before {iso_date(day)}, on which the order is to arrive; leave one of them out"
        yield Mistake(field="promise_by", message=message)


def _hint(word: str, names: Iterable[str]) -> str:
    """The name that was probably meant, as the end of a message; empty if none is near."""
    by_small_letters = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(word.casefold(), by_small_letters, n=1)
    return f"; did you mean '{by_small_letters[near[0]]}'?" if near else ""
