"""The access log: who read personal data."""

from flask import Response

from api.console.console import Console
from api.console.pages.audit.entries import in_instants
from api.console.visit import Visit


def add_to(console: Console) -> None:
    """Its page."""
    console.page("/audit/accesses", needs="accesses_page")(who_read_what)


def who_read_what(visit: Visit) -> Response:
    chosen = visit.chosen("by", "id", "what", "from", "until")
    page = visit.get("/v1/audit/accesses", limit="50", after=visit.query.get("after"), **in_instants(visit, chosen))
    return visit.show(
        "audit/accesses.html",
        accesses=page["accesses"],
        chosen=chosen,
        next_page=visit.next_page(page, "audit", "accesses", **chosen),
    )
