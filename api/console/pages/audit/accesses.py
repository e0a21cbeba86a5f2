"""The access log: who read personal data."""

from http import HTTPStatus

from flask import Response

from api.console.console import Console
from api.console.pages.audit.entries import in_instants, page_or_problem
from api.console.pages.audit.read_names import READS, read_name
from api.console.visit import Visit


def add_to(console: Console) -> None:
    """Its page."""
    console.page("/audit/accesses", needs="accesses_page")(who_read_what)


def who_read_what(visit: Visit) -> Response:
    chosen = visit.chosen("by", "id", "what", "from", "until")
    page, problem = page_or_problem(visit, "/v1/audit/accesses", in_instants(visit, chosen), empty={"accesses": []})
    return visit.show(
        "audit/accesses.html",
        status=HTTPStatus.OK if problem is None else problem.status,
        problem=problem,
        accesses=page["accesses"],
        chosen=chosen,
        read_name=read_name,
        reads=READS,
        next_page=visit.next_page(page, "audit", "accesses", **chosen),
    )
