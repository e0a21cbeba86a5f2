"""Networks and long jobs: how each is."""

from flask import Response

from api.console.calls import path_of
from api.console.console import Console
from api.console.visit import Visit
from api.language.current import say, text

STATES = {
    "queued": text("waits"),
    "running": text("runs"),
    "done": text("done"),
    "failed": text("failed"),
    "cancelled": text("cancelled"),
}
"""By the words of HTTP."""


def add_to(console: Console) -> None:
    """Its pages and buttons."""
    console.page("/operations/networks", needs="caller_show")(networks)
    console.page("/operations/jobs", needs="whatif_listed")(jobs)
    console.action("/operations/jobs/<job>/cancel", needs="whatif_cancel")(cancel_job)


def networks(visit: Visit) -> Response:
    ready = visit.ask("GET", "/readyz")
    return visit.show("operations/networks.html", ready=ready.ok)


def jobs(visit: Visit) -> Response:
    page = visit.get("/v1/whatif", limit="50", after=visit.query.get("after"))
    next_page = visit.next_page(page, "operations", "jobs")
    return visit.show("operations/jobs.html", jobs=page["whatifs"], states=STATES, next_page=next_page)


def cancel_job(visit: Visit, job: str) -> Response:
    answer = visit.change("DELETE", path_of("v1", "whatif", job))
    return visit.after(answer, visit.link("operations", "jobs"), say("The job is cancelled"))
