"""The print queue: what waits, was printed or was given up, and the printers of nodes."""

from flask import Response

from api.console.calls import path_of
from api.console.console import Console
from api.console.form_values import filled
from api.console.visit import Visit
from api.language.current import say, text

STATES = {"queued": text("waiting to be printed"), "dead": text("given up"), "printed": text("printed")}
PAPERS = {
    "label": text("label"),
    "note": text("dispatch note"),
    "manifest": text("manifest"),
    "return_label": text("label of a return"),
}
"""By the words of HTTP."""


def add_to(console: Console) -> None:
    """Its page and buttons."""
    console.page("/parcels/printing", needs="printing_jobs")(print_queue)
    console.action("/parcels/printing", needs="printing_add")(print_again)
    console.action("/parcels/printing/<job>/retry", needs="printing_retry")(retry_job)
    console.action("/parcels/printing/<job>/drop", needs="printing_drop")(drop_job)
    console.action("/parcels/printers/<node>/<paper>/test", needs="printing_test")(print_test_page)


def print_queue(visit: Visit) -> Response:
    chosen = visit.chosen("state", "node")
    after = visit.chosen("after", "printer_after")
    page = visit.get("/v1/print-jobs", limit="50", after=after.get("after"), **chosen)
    printers = visit.get("/v1/printers", limit="50", after=after.get("printer_after"), node=chosen.get("node"))
    return visit.show(
        "parcels/printing.html",
        jobs=page["jobs"],
        printers=printers["printers"],
        chosen=chosen,
        states=STATES,
        papers=PAPERS,
        next_page=visit.next_page(page, "parcels", "printing", **chosen, **after),
        next_printers=visit.next_page(printers, "parcels", "printing", going_on="printer_after", **chosen, **after),
        first_page=visit.link("parcels", "printing", **chosen) if after else "",
    )


def print_again(visit: Visit) -> Response:
    body = {name: visit.form.get(name, "").strip() for name in ("paper", "of", "node")}
    answer = visit.change("POST", "/v1/print-jobs", filled(body))
    return visit.after(answer, visit.link("parcels", "printing"), say("It waits to be printed"))


def retry_job(visit: Visit, job: str) -> Response:
    answer = visit.change("POST", path_of("v1", "print-jobs", job, "retry"))
    return visit.after(answer, visit.link("parcels", "printing"), say("It is tried again"))


def drop_job(visit: Visit, job: str) -> Response:
    answer = visit.change("DELETE", path_of("v1", "print-jobs", job))
    return visit.after(answer, visit.link("parcels", "printing"), say("It is not printed"))


def print_test_page(visit: Visit, node: str, paper: str) -> Response:
    answer = visit.change("POST", path_of("v1", "printers", node, paper, "test"))
    if answer.ok and not answer.json["sent"]:
        visit.tell(answer.json["error"], tone="bad")
        return visit.go(visit.link("parcels", "printing"))
    return visit.after(answer, visit.link("parcels", "printing"), say("A test page was sent"))
