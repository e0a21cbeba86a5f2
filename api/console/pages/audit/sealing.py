"""The seal of the log: its newest checkpoint, who signed it, an export of it, and the verification of one in the
browser.
"""

from flask import Response

from api.console.console import Console
from api.console.form_values import whole
from api.console.visit import Visit


def add_to(console: Console) -> None:
    """Its pages."""
    console.page("/audit/checkpoint", needs="audit_checkpoint")(newest_checkpoint)
    console.page("/audit/checkpoint/file", needs="audit_checkpoint")(checkpoint_file)
    console.page("/audit/verify", needs="audit_checkpoint")(verify_export)
    console.page("/audit/export", needs="audit_export")(export_file)


def newest_checkpoint(visit: Visit) -> Response:
    answer = visit.ask("GET", "/v1/audit/checkpoint")
    note = answer.body.decode() if answer.ok else ""
    text, _, signatures = note.rpartition("\n\n")
    origin, size, root, *_ = [*text.split("\n"), "", "", ""]
    names = [line.split(" ")[1] for line in signatures.splitlines() if line.startswith("— ")]
    return visit.show(
        "audit/checkpoint.html",
        note=note,
        problem=answer.problem,
        log=origin,
        size=whole(size) or 0,
        root=root,
        own=[name for name in names if name == origin],
        witnesses=[name for name in names if name != origin],
        keys=visit.get("/v1/audit/keys")["keys"] if answer.ok else (),
    )


def checkpoint_file(visit: Visit) -> Response:
    answer = visit.ask("GET", "/v1/audit/checkpoint")
    return visit.show_problem(answer.problem) if answer.problem is not None else visit.file(answer, "checkpoint.txt")


def verify_export(visit: Visit) -> Response:
    return visit.show("audit/verify.html")


def export_file(visit: Visit) -> Response:
    """Passed on as it is made: it may be larger than memory."""
    answer = visit.calls.stream("/v1/audit/export", query=visit.chosen("archived"))
    problem = answer.problem
    if problem is not None:
        return visit.show_problem(problem)
    passed_on = ("Content-Type", "Content-Disposition", "Cache-Control")
    return Response(answer, headers={name: answer.headers[name] for name in passed_on})
