"""Channels: which rules give each what, and what it may take of an article."""

from flask import Response

from api.console.calls import path_of
from api.console.console import Console
from api.console.pages.stock.sku import MOST_NODES, limit_in_words
from api.console.visit import Visit


def add_to(console: Console) -> None:
    """Its pages."""
    console.page("/stock/channels", needs="channels_every")(every_channel)
    console.page("/stock/channels/<channel>", needs="channels_show")(one_channel)


def every_channel(visit: Visit) -> Response:
    return visit.show("stock/channels.html", channels=visit.get("/v1/channels")["channels"])


def one_channel(visit: Visit, channel: str) -> Response:
    chosen = visit.chosen("sku", "node")
    page = {"limit": MOST_NODES, "after": visit.query.get("after")}
    allocation = visit.get(path_of("v1", "channels", channel), **chosen, **page)
    following = [visit.next_page(item, "stock", "channels", channel, **chosen) for item in allocation["skus"]]
    return visit.show(
        "stock/channel.html",
        allocation=allocation,
        chosen=chosen,
        limit=limit_in_words,
        next_offered=next(iter(following), ""),
        first_page=visit.link("stock", "channels", channel, **chosen) if page["after"] else "",
    )
