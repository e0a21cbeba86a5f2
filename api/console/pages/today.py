"""Today: what happens now."""

from flask import Response

from api.cli.language.current import text
from api.console.console import Console
from api.console.navigation import Section
from api.console.visit import Visit

SECTION = Section(name="today", title=text("Today"), operations=("orders_page", "policies_listed", "caller_show"))


def add_to(console: Console) -> None:
    """Its pages."""
    console.page("/today", needs="caller_show")(today)


def today(visit: Visit) -> Response:
    return visit.show("today/today.html")
