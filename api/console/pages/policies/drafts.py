"""Drafts: begun, looked at rule by rule, checked beside what is active, published, deleted."""

import dataclasses
import difflib
import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response

from api.cli.output.times import MONTHS
from api.console.calls import Answer, Problem, path_of
from api.console.console import Console
from api.console.pages.policies.rules import found_rules, plain_rules
from api.console.visit import Visit
from api.language.current import say

TAG_FIELD = "tag"
"""Of each form that changes a draft: the ETag that it was read with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """As HTTP answered it."""

    name: str
    tag: str
    owner: str
    changed_by: str
    changed_at: str
    base: str | None
    files: Mapping[str, str]


def add_to(console: Console) -> None:
    """Their pages and buttons."""
    console.page("/policies/drafts", needs="policies_list_drafts")(listed)
    console.page("/policies/begin", needs="policies_save_draft")(begin_form)
    console.action("/policies/begin", needs="policies_save_draft")(begin)
    console.page("/policies/drafts/<name>", needs="policies_show_draft")(overview)
    console.action("/policies/drafts/<name>/delete", needs="policies_delete_draft")(delete)
    console.page("/policies/drafts/<name>/check", needs="policies_check")(check)
    console.page("/policies/drafts/<name>/publish", needs="policies_publish")(publish_form)
    console.action("/policies/drafts/<name>/publish", needs="policies_publish")(publish)


def draft_path(name: str) -> str:
    return path_of("v1", "policies", "drafts", name)


def show_draft(visit: Visit, name: str) -> Draft:
    """Raises CallRefused, as visit.get."""
    answer = visit.ask("GET", draft_path(name))
    if answer.problem is not None:
        visit.get(draft_path(name))
    return _draft(answer)


def save_draft(visit: Visit, name: str, files: Mapping[str, str], tag: str, base: str | None = None) -> Answer:
    """PUT it as it was read with `tag`; begun without one."""
    body = {"files": dict(files), **({"base": base} if base else {})}
    # without a name there would be no such address: a line end is refused as a name is that says nothing
    return visit.calls.send("PUT", draft_path(name or "\n"), body=body, headers={"If-Match": tag} if tag else {})


def _draft(answer: Answer) -> Draft:
    told = answer.json
    names = ("name", "owner", "changed_by", "changed_at", "base", "files")
    return Draft(tag=answer.headers.get("ETag", ""), **{name: told[name] for name in names})


def listed(visit: Visit) -> Response:
    page = visit.get("/v1/policies/drafts", limit="50", after=visit.query.get("after"))
    next_page = visit.next_page(page, "policies", "drafts")
    return visit.show("policies/drafts.html", drafts=page["drafts"], next_page=next_page)


def begin_form(visit: Visit, problem: Problem | None = None) -> Response:
    drafts = visit.get("/v1/policies/drafts")["drafts"]
    versions = visit.get("/v1/policies")["versions"]
    return visit.show(
        "policies/draft_begin.html",
        status=problem.status if problem else 200,
        drafts=drafts,
        versions=versions,
        proposed=_proposed_name(visit, {its["name"] for its in drafts}),
        rule=visit.form.get("rule") or visit.query.get("rule", ""),
        problem=problem,
    )


def _proposed_name(visit: Visit, taken: Collection[str]) -> str:
    """The day's, with a number if there are drafts of that name."""
    today = visit.clock.local(visit.caller["now"])
    name = say("Draft of {day}", day=f"{today.day} {say(MONTHS[today.month - 1])}")
    names = (f"{name} ({number})" if number > 1 else name for number in itertools.count(1))
    return next(its for its in names if its not in taken)


def begin(visit: Visit) -> Response:
    name, start = visit.form.get("name", "").strip(), visit.form.get("start", "active")
    files: dict[str, str] = {}
    base = None
    kind, _, named = start.partition(":")
    if kind == "draft":
        other = show_draft(visit, named)
        files, base = dict(other.files), other.base
    elif kind == "version":
        version = visit.get_or_none(path_of("v1", "policies", named or "active"))
        if version is not None:
            files, base = version["files"] | version["tests"], version["version"]
    tests = visit.form.get("tests", "")
    if tests:
        files |= {file: text for file, text in show_draft(visit, tests).files.items() if file.endswith("_test.yaml")}
    answer = save_draft(visit, name, files, "", base)
    if answer.problem is not None:
        return begin_form(visit, of_a_new_draft(answer.problem))
    return visit.after(answer, _first_page(visit, name, files), say("The draft is begun. Nothing of it decides yet."))


def _first_page(visit: Visit, name: str, files: Mapping[str, str]) -> str:
    """Of a draft that is begun: the form of the rule for which it is, if it has that."""
    rule = visit.form.get("rule", "")
    plain = (plain_rules(visit, policies_of(files)) if rule and files else None) or {"policies": ()}
    if any(rule == its["id"] for policy in plain["policies"] for its in policy["rules"]):
        return visit.link("policies", "drafts", name, "rule", *rule.split("/"))
    return visit.link("policies", "drafts", name)


def of_a_new_draft(problem: Problem) -> Problem:
    """Why a draft could not be begun: what HTTP calls changed is there already."""
    if problem.kind != "draft-changed":
        return problem
    taken = say("There is a draft of this name already. Choose another name.")
    return dataclasses.replace(problem, detail=taken, fields={"draft": taken})


def overview(visit: Visit, name: str) -> Response:
    draft = show_draft(visit, name)
    files = policies_of(draft.files)
    plain = plain_rules(visit, files) if files else None
    search = visit.chosen("search").get("search", "")
    return visit.show(
        "policies/draft.html",
        draft=draft,
        plain=plain,
        search=search,
        found=found_rules(plain["policies"], search) if plain else [],
        unread=_unread(plain) if plain else {},
    )


def _unread(plain: Any) -> dict[str, list[Any]]:
    """The files of which no rule can be read, with their mistakes."""
    read = {policy["file"] for policy in plain["policies"]}
    unread: dict[str, list[Any]] = {}
    for finding in plain["findings"]:
        if finding["file"] not in read:
            unread.setdefault(finding["file"], []).append(finding)
    return unread


def policies_of(files: Mapping[str, str]) -> dict[str, str]:
    """The files without their tests."""
    return {name: text for name, text in files.items() if not name.endswith("_test.yaml")}


def delete(visit: Visit, name: str) -> Response:
    tag = visit.form.get(TAG_FIELD, "")
    answer = visit.calls.send("DELETE", draft_path(name), headers={"If-Match": tag} if tag else {})
    place = visit.link("policies", "drafts") if answer.ok else visit.link("policies", "drafts", name)
    return visit.after(answer, place, say("The draft is deleted."))


# --- beside what is active -------------------------------------------------------------------------------------------


def check(visit: Visit, name: str) -> Response:
    draft = show_draft(visit, name)
    review = visit.ask("POST", "/v1/policies/check", body={"files": dict(draft.files)})
    active = visit.get_or_none(path_of("v1", "policies", "active")) or {"files": {}, "version": None}
    lines = list(_line_differences(active["files"], policies_of(draft.files)))
    return visit.show(
        "policies/draft_check.html",
        draft=draft,
        review=review.json if review.ok else None,
        problem=review.problem,
        active=active["version"],
        lines=lines,
    )


def _line_differences(
    before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Of each file that differs, its lines with what becomes of them: gone, added, or same around these."""
    for name in sorted({*before, *after}):
        old, new = before.get(name, "").splitlines(), after.get(name, "").splitlines()
        lines = list(difflib.unified_diff(old, new, lineterm="", n=2))[2:]
        if lines:
            yield name, [_line(line) for line in lines]


def _line(line: str) -> tuple[str, str]:
    kind = {"-": "gone", "+": "added", "@": "place"}.get(line[:1], "same")
    return kind, "…" if kind == "place" else line[1:]


# --- published -------------------------------------------------------------------------------------------------------


def publish_form(visit: Visit, name: str) -> Response:
    return _show_publish(visit, show_draft(visit, name), None)


def publish(visit: Visit, name: str) -> Response:
    draft = show_draft(visit, name)
    body = {
        "files": dict(draft.files),
        "note": visit.form.get("note", ""),
        "emergency": bool(visit.form.get("emergency")),
    }
    if draft.tag != visit.form.get(TAG_FIELD):
        visit.tell(
            say("Somebody changed the draft since you looked at it. Look at it again, then publish it."), tone="bad"
        )
        return visit.go(visit.link("policies", "drafts", name, "check"))
    answer = visit.change("POST", "/v1/policies", body)
    if answer.problem is not None:
        return _show_publish(visit, draft, answer.problem)
    place = visit.link("policies", "versions", answer.json["version"])
    return visit.after(answer, place, say("It is published as a version. It does not decide before it is activated."))


def _show_publish(visit: Visit, draft: Draft, problem: Problem | None) -> Response:
    review = visit.ask("POST", "/v1/policies/check", body={"files": dict(draft.files)})
    return visit.show(
        "policies/draft_publish.html",
        status=problem.status if problem else 200,
        draft=draft,
        review=review.json if review.ok else None,
        problem=problem or review.problem,
    )
