"""A new rule of a draft, written in a form: what it asks, what it does, and its sentence as one goes on."""

import dataclasses
import itertools
import json
from collections.abc import Collection, Mapping
from typing import Any

from flask import Response

from api.console.calls import Answer, Problem
from api.console.console import Console
from api.console.pages.policies.draft_rules import edit, place_of, policies_in
from api.console.pages.policies.drafts import Draft, save_draft, show_draft
from api.console.pages.policies.effect_names import EFFECT_NAMES, EFFECTS, FACT_GROUPS, KINDS, OPERATORS, PARTS
from api.console.pages.policies.rule_controls import control
from api.console.pages.policies.rule_draft import (
    MATCHES,
    RuleDraft,
    Vocabulary,
    add_row,
    proposed_id,
    read_form,
    remove_row,
)
from api.console.visit import Visit
from api.language.catalogue import LANGUAGES
from api.language.current import say

_NEW = "new:"
"""Before the id of a policy that is to be begun with the rule."""


def add_to(console: Console) -> None:
    """Its page and its buttons."""
    console.page("/policies/drafts/<name>/new-rule", needs="policies_save_draft")(form)
    console.action("/policies/drafts/<name>/new-rule", needs="policies_save_draft")(send)


def form(visit: Visit, name: str) -> Response:
    draft = show_draft(visit, name)
    return _show(visit, draft, RuleDraft(), _vocabulary(visit), status=200)


def send(visit: Visit, name: str) -> Response:
    """One of the buttons: rows added or taken out, the sentence drawn, or the rule saved."""
    draft, vocabulary = show_draft(visit, name), _vocabulary(visit)
    rule = read_form(visit.request.form, vocabulary, LANGUAGES)
    deed, _, row = visit.form.get("deed", "").partition(":")
    if deed == "add-condition":
        add_row(rule, vocabulary, fact=visit.form.get("fact", ""))
    elif deed == "add-effect":
        add_row(rule, vocabulary, effect=visit.form.get("effect", ""))
    elif deed == "remove":
        remove_row(rule, row)
    if not rule.id and any(rule.because.values()):
        rule.id = proposed_id(next(filter(None, rule.because.values())), _taken(visit, draft, rule.policy))
    if deed != "save":
        rows = rule.conditions if deed == "add-condition" else rule.effects
        focus = rows[-1].place if deed.startswith("add-") and rows else ""
        return _show(visit, draft, rule, vocabulary, status=200, focus=focus)
    rule.mistakes = _missing(rule)
    edited = None if rule.mistakes else _edited(visit, draft, rule)
    if edited is None or edited.problem is not None or _note_findings(rule, edited.json["findings"], "error"):
        return _show(visit, draft, rule, vocabulary, status=422, edited=edited)
    # the rule is added to what the draft says now, whatever it said when the form was begun
    answer = save_draft(visit, name, {**draft.files, **edited.json["files"]}, draft.tag)
    if answer.problem is not None:
        return _show(visit, draft, rule, vocabulary, status=answer.problem.status, problem=answer.problem)
    full = f"{rule.policy.removeprefix(_NEW)}/{rule.id}"
    return visit.after(answer, place_of(visit, name, full), say("{rule} is in the draft now", rule=full))


def _vocabulary(visit: Visit) -> Vocabulary:
    return Vocabulary(visit.get("/v1/policies/vocabulary"))


def _taken(visit: Visit, draft: Draft, policy: str) -> set[str]:
    """The ids of the policy's rules."""
    ids = (rule["id"].partition("/") for its in policies_in(visit, draft) for rule in its["rules"])
    return {rule for its, _, rule in ids if its == policy}


def _missing(rule: RuleDraft) -> dict[str, str]:
    """What has to be filled in, by its field."""
    mistakes = {}
    if not any(rule.because.values()):
        mistakes["because-en"] = say("Say why the rule is there, in one language at least.")
    if not rule.effects:
        mistakes["effects"] = say("Say what the rule does: add something to it.")
    for condition in rule.conditions:
        if not condition.values or (condition.takes == "two" and len(condition.values) < 2):  # noqa: PLR2004  # both ends
            mistakes[condition.place] = say("A value is missing here.")
    for effect in rule.effects:
        if any(not effect.values[part["key"]] and not part["optional"] for part in effect.parts):
            mistakes[effect.place] = say("A value is missing here.")
    return mistakes


def _edited(visit: Visit, draft: Draft, rule: RuleDraft) -> Answer:
    """What HTTP makes of the draft's policies, with the rule in them; notes what it refuses at its field."""
    policy = rule.policy
    files = dict(draft.files)
    if policy.startswith(_NEW):
        policy = policy.removeprefix(_NEW)
        owner = visit.form.get("owner", "").strip()
        files.setdefault(f"{policy}.yaml", f"policy: {policy}\n{_owner(owner)}rules: []\n")
    edited = edit(visit, dataclasses.replace(draft, files=files), f"{policy}/{rule.id}", add=rule.tree())
    if edited.problem is not None:
        for path, message in edited.problem.fields.items():
            rule.mistakes.setdefault(_row_at(rule, path), message)
    return edited


def _owner(owner: str) -> str:
    return f"owner: {json.dumps(owner, ensure_ascii=False)}\n" if owner else ""


def _note_findings(rule: RuleDraft, findings: list[Any], severity: str) -> bool:
    """Note those of a severity at their rows; whether there are any."""
    found = [its for its in findings if its["severity"] == severity]
    for finding in found:
        rule.mistakes.setdefault(_row_at(rule, finding["path"]), finding["message"])
    return bool(found)


def _row_at(rule: RuleDraft, path: str) -> str:
    """The row or field that a path within the rule is of; empty: the rule as a whole."""
    fitting = [(len(start), row) for start, row in rule.places() if path == start or path.startswith(f"{start}/")]
    return max(fitting)[1] if fitting else ""


def _show(
    visit: Visit,
    draft: Draft,
    rule: RuleDraft,
    vocabulary: Vocabulary,
    *,
    status: int,
    edited: Answer | None = None,
    problem: Problem | None = None,
    focus: str = "",
) -> Response:
    """`focus` is the row that was added last."""
    policies = _policies(visit, draft)
    if not rule.policy:
        rule.policy = policies[0][0] if policies else f"{_NEW}{_new_policy(draft, {})}"
    if edited is None and rule.effects and rule.id and not _missing(rule):
        edited = _edited(visit, draft, rule)
    told = edited.json if edited is not None and edited.ok else {"says": "", "findings": []}
    for severity in ("error", "warning"):
        _note_findings(rule, told["findings"], severity)
    sent = visit.request.method == "POST"
    return visit.show(
        "policies/new_rule.html",
        status=status,
        draft=draft,
        rule=rule,
        policies=policies,
        new_policies=[f"{_NEW}{_new_policy(draft, dict(policies))}"],
        vocabulary=vocabulary,
        languages=LANGUAGES,
        matches=MATCHES,
        groups=_facts_by_group(vocabulary),
        effects=EFFECTS,
        effect_names=EFFECT_NAMES,
        operators=OPERATORS,
        parts=PARTS,
        kinds=KINDS,
        begins=control("instant", rule.begins),
        until=control("instant", rule.until),
        says=told["says"],
        problem=problem,
        wrong=Problem(status=422, kind="", detail="", fields=rule.mistakes, findings=()) if sent else None,
        fact_groups=FACT_GROUPS,
        focus=focus,
    )


def _policies(visit: Visit, draft: Draft) -> list[tuple[str, str]]:
    """Those that are text: the id of each, and whom it belongs to."""
    return [(its["policy"], its["owner"]) for its in policies_in(visit, draft) if not its["table"]]


def _new_policy(draft: Draft, policies: Collection[str]) -> str:
    """A name that neither a policy nor a file of the draft has yet."""
    names = ("rules" if number == 1 else f"rules-{number}" for number in itertools.count(1))
    return next(name for name in names if name not in policies and f"{name}.yaml" not in draft.files)


def _facts_by_group(vocabulary: Vocabulary) -> Mapping[str, list[Mapping[str, Any]]]:
    groups: dict[str, list[Mapping[str, Any]]] = {group: [] for group in FACT_GROUPS}
    for fact in vocabulary.answered["facts"]:
        groups[fact["word"].partition(".")[0]].append(fact)
    return groups
