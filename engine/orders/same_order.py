"""Tells whether an order that is sent again is the one that stands, however it is written."""

import hashlib
from dataclasses import replace

import msgspec

from engine.decide.address.address import address_of
from engine.decide.order_record import OrderRecord
from engine.model.facts import Network, Order


def revision_of(order: OrderRecord) -> str:
    """Tells an order as it was sent or last amended from the same order before it was amended, or after."""
    return hashlib.blake2b(msgspec.json.encode(order), digest_size=12).hexdigest()


def written_alike(sent: Order, stands: Order, network: Network, *, took_quote: bool) -> Order:
    """The order as it was sent, but what means the same as in the order that `stands` written as it is there: the
    address, if country (by default the network's only one), postcode, region and place are the same; and, of one that
    `took_quote` up, the instant at which it was placed, which whoever took the quote up may have left to us.
    """
    order = replace(sent, placed_at=stands.placed_at) if took_quote else sent
    if address_of(sent, network) != address_of(stands, network):
        return order
    return replace(order, place=stands.place, country=stands.country, postcode=stands.postcode, region=stands.region)
