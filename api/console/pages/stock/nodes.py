"""The places of the network, listed by what they are and whether they rest."""

from flask import Response

from api.console.console import Console
from api.console.visit import Visit
from api.language.current import text

TYPES = {
    "": text("all types"),
    "warehouse": text("warehouse"),
    "store": text("store"),
    "supplier": text("supplier"),
    "distributor": text("distributor"),
}
"""By the words of HTTP, which has none for all."""


def add_to(console: Console) -> None:
    """Its page."""
    console.page("/stock/nodes", needs="catalogue_nodes")(every_node)


def every_node(visit: Visit) -> Response:
    chosen = visit.chosen("search", "type", "tag", "country", "resting")
    page = visit.get("/v1/nodes", limit="50", after=visit.query.get("after"), **chosen)
    return visit.show(
        "stock/nodes.html",
        nodes=page["nodes"],
        chosen=chosen,
        types=TYPES,
        next_page=visit.next_page(page, "stock", "nodes", **chosen),
    )
