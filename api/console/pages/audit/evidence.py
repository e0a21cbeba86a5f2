"""Evidence of a period: emissions, rules that changed, what was overridden, and what was done by hand."""

from flask import Response

from api.console.console import Console
from api.console.pages.audit.entries import in_instants
from api.console.visit import Visit


def add_to(console: Console) -> None:
    """Its pages."""
    console.page("/audit/evidence", needs="evidence_report")(evidence_of_period)
    console.page("/audit/evidence/file", needs="evidence_report")(evidence_file)


def evidence_of_period(visit: Visit) -> Response:
    chosen = visit.chosen("from", "until")
    if set(chosen) != {"from", "until"}:
        return visit.show("audit/evidence.html", chosen=chosen, report=None, problem=None)
    answer = visit.ask("GET", "/v1/audit/report", query=in_instants(visit, chosen))
    problem = answer.problem
    return visit.show(
        "audit/evidence.html",
        status=200 if problem is None else problem.status,
        chosen=chosen,
        report=answer.json if problem is None else None,
        problem=problem,
    )


def evidence_file(visit: Visit) -> Response:
    chosen = visit.chosen("from", "until")
    answer = visit.ask("GET", "/v1/audit/report", query=in_instants(visit, chosen))
    if answer.problem is not None:
        return visit.show_problem(answer.problem)
    return visit.file(answer, f"evidence-{chosen['from']}-{chosen['until']}.json")
