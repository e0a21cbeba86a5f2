"""Entries of the log: who did what, and the proof that one of them is as it was written."""

import contextlib
import dataclasses
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response

from api.console.calls import CallRefused, Problem, path_of
from api.console.console import Console
from api.console.pages.audit.entry_kinds import kinds_by_group, name_of
from api.console.visit import Visit
from api.language.current import say, text

EVERYBODY = "everybody"
DONE_BY = {
    EVERYBODY: text("people and the machine"),
    "people": text("people"),
    "machine": text("the machine: Pointsman, connectors, programs"),
}
"""By the words of HTTP, which has none for all."""


def add_to(console: Console) -> None:
    """Its pages."""
    console.page("/audit", needs="entries_page")(log_entries)
    console.page("/audit/entries/<entry>", needs="audit_proof")(one_entry)


def log_entries(visit: Visit) -> Response:
    chosen = visit.chosen("kind", "by", "about", "from", "until", "done_by") or {"done_by": "people"}
    asked = in_instants(visit, chosen)
    if asked.get("done_by") == EVERYBODY:
        del asked["done_by"]
    page, problem = page_or_problem(visit, "/v1/audit/entries", asked, empty={"entries": [], "damaged": []})
    if problem is not None and "kind" in problem.fields:  # not by all words of HTTP
        fields = {**problem.fields, "kind": say("There is no such kind: choose one of the list.")}
        problem = dataclasses.replace(problem, fields=fields)
    return visit.show(
        "audit/entries.html",
        status=HTTPStatus.OK if problem is None else problem.status,
        problem=problem,
        page=page,
        chosen=chosen,
        kinds=kinds_by_group(),
        name_of=name_of,
        done_by=DONE_BY,
        next_page=visit.next_page(page, "audit", **chosen),
    )


def one_entry(visit: Visit, entry: str) -> Response:
    return visit.show("audit/entry.html", proof=visit.get(path_of("v1", "audit", "proof", entry)))


def page_or_problem(
    visit: Visit, path: str, asked: Mapping[str, str], *, empty: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Problem | None]:
    """A page of a log; an empty one, with what is wrong, if a field of the filter was not understood. Raises
    CallRefused of any other problem.
    """
    query = {"limit": "50", "after": visit.query.get("after"), **asked}
    answer = visit.ask("GET", path, query=query)
    if answer.problem is None:
        return answer.json, None
    if not answer.problem.fields.keys() & asked.keys():
        raise CallRefused(answer.problem)
    return {**empty, "next": None}, answer.problem


def in_instants(visit: Visit, chosen: Mapping[str, str]) -> dict[str, str]:
    """The filters of a form as a call takes them: days of the network, of which `until` is the last, are instants."""
    asked = dict(chosen)
    for name in ("from", "until"):
        if name in asked:
            with contextlib.suppress(ValueError):  # the call says what is wrong with it
                asked[name] = visit.clock.midnight_of(asked[name], later=name == "until")
    return asked
