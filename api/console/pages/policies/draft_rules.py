"""The rules of a draft: changed by a form with their values, switched off and on, copied, and taken out."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from werkzeug.exceptions import NotFound

from api.console.calls import Answer, Problem
from api.console.console import Console
from api.console.pages.policies.drafts import TAG_FIELD, Draft, policies_of, save_draft, show_draft
from api.console.pages.policies.rule_controls import control, normal, written_value
from api.console.pages.policies.rules import plain_rules
from api.console.visit import Visit
from api.language.current import say, say_message

SWITCH = "/disabled"
"""The path of the value that buttons change, and no field."""


def add_to(console: Console) -> None:
    """Their pages and buttons."""
    place = "/policies/drafts/<name>/rule/<policy>/<rule>"
    console.page(place, needs="policies_save_draft")(rule_form)
    console.action(place, needs="policies_save_draft")(change_rule)
    console.action(f"{place}/switch", needs="policies_save_draft")(switch)
    console.action(f"{place}/copy", needs="policies_save_draft")(copy)
    console.action(f"{place}/remove", needs="policies_save_draft")(remove)


def rule_form(visit: Visit, name: str, policy: str, rule: str) -> Response:
    draft = show_draft(visit, name)
    return _show_rule(visit, draft, _rule_of(visit, draft, f"{policy}/{rule}"), None)


def change_rule(visit: Visit, name: str, policy: str, rule: str) -> Response:
    draft = show_draft(visit, name)
    found = _rule_of(visit, draft, f"{policy}/{rule}")
    edited = edit(visit, draft, found["id"], values=_sent_values(visit, found))
    if edited.problem is not None:
        return _show_rule(visit, draft, found, edited.problem)
    errors = [finding for finding in edited.json["findings"] if finding["severity"] == "error"]
    at_fields, _ = _mistakes(errors, [value["path"] for value in found["values"] if value["path"] in visit.form])
    if at_fields:
        wrong = Problem(status=422, kind="", detail=say("Nothing is saved."), fields=at_fields, findings=())
        return _show_rule(visit, draft, found, wrong)
    answer = save_edited(visit, draft, edited)
    if answer.problem is not None:
        return _show_rule(visit, draft, found, answer.problem)
    return visit.after(
        answer, place_of(visit, name, found["id"]), say("{rule} is changed in the draft", rule=found["id"])
    )


def edit(visit: Visit, draft: Draft, rule: str, **change: Any) -> Answer:
    """What POST /v1/policies/edit makes of the draft's policies."""
    body = {"files": policies_of(draft.files), "rule": rule, **change}
    return visit.ask("POST", "/v1/policies/edit", body=body)


def save_edited(visit: Visit, draft: Draft, edited: Answer) -> Answer:
    return save_draft(visit, draft.name, {**draft.files, **edited.json["files"]}, visit.form.get(TAG_FIELD, ""))


def switch(visit: Visit, name: str, policy: str, rule: str) -> Response:
    off = visit.form.get("off") == "true"
    its = f"{policy}/{rule}"
    done = (
        say("{rule} is switched off in the draft", rule=its)
        if off
        else say("{rule} is switched on in the draft", rule=its)
    )
    return _change(visit, name, its, done, values={SWITCH: "true" if off else ""})


def copy(visit: Visit, name: str, policy: str, rule: str) -> Response:
    new_id = visit.form.get("id", "").strip()
    done = say("{rule} is in the draft now, as a copy", rule=f"{policy}/{new_id}")
    return _change(visit, name, f"{policy}/{rule}", done, shown=f"{policy}/{new_id}", copy_as=new_id)


def remove(visit: Visit, name: str, policy: str, rule: str) -> Response:
    done = say("{rule} is taken out of the draft", rule=f"{policy}/{rule}")
    return _change(visit, name, f"{policy}/{rule}", done, shown="", remove=True)


def _change(visit: Visit, name: str, rule: str, done: str, *, shown: str | None = None, **change: Any) -> Response:
    """One change of a rule by a button; `shown` is the rule to which the page goes back."""
    draft = show_draft(visit, name)
    edited = edit(visit, draft, rule, **change)
    answer = edited if edited.problem is not None else save_edited(visit, draft, edited)
    place = place_of(visit, name, (rule if shown is None else shown) if answer.problem is None else rule)
    return visit.after(answer, place, done)


def place_of(visit: Visit, name: str, rule: str) -> str:
    """The rule on the draft's page."""
    place = visit.link("policies", "drafts", name)
    return f"{place}#{rule.replace('/', '-')}" if rule else place


def _sent_values(visit: Visit, rule: Any) -> dict[str, str]:
    """By their paths; one that nobody touched stays as it is written."""
    sent = {}
    for value in rule["values"]:
        path, kind, before = value["path"], value["kind"], value["value"]
        if path in visit.form and path != SWITCH:
            new = written_value(visit.form, path, kind)
            sent[path] = before if new == normal(kind, before) else new
    return sent


def policies_in(visit: Visit, draft: Draft) -> Sequence[Any]:
    """The policies of a draft in plain words, as POST /v1/policies/explain has them; none if it has no files."""
    plain = plain_rules(visit, policies_of(draft.files))
    return plain["policies"] if plain else ()


def _rule_of(visit: Visit, draft: Draft, rule: str) -> Any:
    found = next((item for its in policies_in(visit, draft) for item in its["rules"] if item["id"] == rule), None)
    if found is None:
        raise NotFound
    return found


def words_of_network(visit: Visit) -> Mapping[str, Any]:
    """The words that may stand behind each fact."""
    vocabulary = visit.get("/v1/policies/vocabulary")
    return {item["word"]: item["values"] for item in vocabulary["facts"]}


def _mistakes(findings: Sequence[Mapping[str, Any]], paths: Sequence[str]) -> tuple[dict[str, str], list[Any]]:
    """What is wrong at each of these paths of fields, and the findings that are at none of them."""
    at_fields: dict[str, str] = {}
    elsewhere = []
    for finding in findings:
        about = finding["path"]
        path = next((its for its in paths if about and (_is_within(its, about) or _is_within(about, its))), None)
        if path is None:
            elsewhere.append(finding)
        else:
            at_fields.setdefault(path, say_message(finding["message"]))
    return at_fields, elsewhere


def _is_within(path: str, other: str) -> bool:
    return path == other or path.startswith(f"{other}/")


def _show_rule(visit: Visit, draft: Draft, rule: Any, problem: Problem | None) -> Response:
    shown = [value for value in rule["values"] if value["path"] != SWITCH]
    written = {value["path"]: value["value"] for value in shown}
    if problem:
        kinds = {value["path"]: value["kind"] for value in shown if value["path"] in visit.form}
        written |= {path: written_value(visit.form, path, kind) for path, kind in kinds.items()}
    at_fields, elsewhere = _mistakes(rule["mistakes"], [*written])
    return visit.show(
        "policies/draft_rule.html",
        status=problem.status if problem else 200,
        draft=draft,
        rule=rule,
        shown=shown,
        controls={value["path"]: control(value["kind"], written[value["path"]]) for value in shown},
        words=words_of_network(visit),
        problem=problem,
        wrong=problem or Problem(status=422, kind="", detail="", fields=at_fields, findings=()),
        elsewhere=elsewhere,
        # what somebody else saved meanwhile is not overwritten unless it was looked at
        tag=visit.form.get(TAG_FIELD, draft.tag) if problem else draft.tag,
    )
