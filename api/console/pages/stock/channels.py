"""Channels: which rules give each what, and what it may take of an article."""

from flask import Response

from api.console.calls import path_of
from api.console.console import Console
from api.console.pages.stock.sku import limit_in_words
from api.console.visit import Visit


def add_to(console: Console) -> None:
    """Its pages."""
    console.page("/stock/channels", needs="channels_every")(every_channel)
    console.page("/stock/channels/<channel>", needs="channels_show")(one_channel)


def every_channel(visit: Visit) -> Response:
    return visit.show("stock/channels.html", channels=visit.get("/v1/channels")["channels"])


def one_channel(visit: Visit, channel: str) -> Response:
    sku = visit.chosen("sku").get("sku", "")
    allocation = visit.get(path_of("v1", "channels", channel), sku=sku)
    return visit.show("stock/channel.html", allocation=allocation, sku=sku, limit=limit_in_words)
