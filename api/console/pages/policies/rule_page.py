"""A rule of a draft in a form, a new one or one that exists: what it asks, what it does, and what it says in words."""

import dataclasses
import itertools
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response
from werkzeug.exceptions import NotFound

from api.console.calls import Answer, Problem
from api.console.console import Console
from api.console.pages.policies.draft_rules import edit, place_of, policies_in
from api.console.pages.policies.drafts import Draft, save_draft, show_draft
from api.console.pages.policies.effect_names import (
    ATTRIBUTE_KIND_NAMES,
    EFFECT_NAMES,
    EFFECTS,
    FACT_GROUPS,
    KINDS,
    OPERATORS,
    PARTS,
    VALUE_NAMES,
)
from api.console.pages.policies.rule_controls import control
from api.console.pages.policies.rule_draft import RuleDraft, mark_of, missing_values, proposed_id, read_rule, tree_of
from api.console.pages.policies.rule_form import add_condition, add_effect, read_form, remove_row
from api.console.pages.policies.rule_rows import Group
from api.console.pages.policies.rule_words import Vocabulary
from api.console.visit import Visit
from api.language.catalogue import LANGUAGES, USUAL
from api.language.current import say

_NEW = "new:"
"""Before the id of a policy that is to be begun with the rule."""
_MAY_STAY = frozenset({"wrong-attribute", "other-currency"})
"""Findings of the network: one may load another before the draft is published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What a form is about. `existing` is the rule that is changed, as HTTP has it; empty: a new one."""

    visit: Visit
    draft: Draft
    policies: Sequence[Any]
    vocabulary: Vocabulary
    existing: Mapping[str, Any]

    @property
    def tree(self) -> Mapping[str, Any]:
        return self.existing["tree"] if self.existing else {}

    @property
    def language(self) -> str:
        """Of a reason without one."""
        return next(iter(self.existing["because"]), USUAL) if self.existing else USUAL

    @property
    def address(self) -> str:
        words = ("rule", *self.existing["id"].split("/")) if self.existing else ("new-rule",)
        return self.visit.link("policies", "drafts", self.draft.name, *words)


def add_to(console: Console) -> None:
    """Its pages and its buttons."""
    needs = "policies_save_draft"
    console.page("/policies/drafts/<name>/new-rule", needs=needs)(new_form)
    console.action("/policies/drafts/<name>/new-rule", needs=needs)(send_new)
    place = "/policies/drafts/<name>/rule/<policy>/<rule>"
    console.page(place, needs=needs)(form)
    console.action(place, needs=needs)(send)


def new_form(visit: Visit, name: str) -> Response:
    return _show(_page(visit, name, ""), RuleDraft(), status=200)


def form(visit: Visit, name: str, policy: str, rule: str) -> Response:
    page = _page(visit, name, f"{policy}/{rule}")
    read = read_rule(page.tree, page.language, page.vocabulary)
    read.policy, read.id = policy, rule
    return _show(page, read, status=200)


def send_new(visit: Visit, name: str) -> Response:
    return _send(_page(visit, name, ""))


def send(visit: Visit, name: str, policy: str, rule: str) -> Response:
    return _send(_page(visit, name, f"{policy}/{rule}"))


def _page(visit: Visit, name: str, rule: str) -> _Page:
    """`rule` is empty for a new one."""
    draft = show_draft(visit, name)
    policies = policies_in(visit, draft)
    existing = next((its for policy in policies for its in policy["rules"] if its["id"] == rule), None)
    if rule and (existing is None or not existing["tree"]):
        raise NotFound
    vocabulary = Vocabulary(visit.get("/v1/policies/vocabulary"))
    return _Page(visit=visit, draft=draft, policies=policies, vocabulary=vocabulary, existing=existing or {})


def _send(page: _Page) -> Response:
    """One of the buttons: rows added or taken out, the sentence drawn, or the rule saved."""
    visit = page.visit
    rule = read_form(visit.request.form, page.vocabulary, LANGUAGES, (page.tree, page.language))
    if page.existing:
        rule.policy, _, rule.id = page.existing["id"].partition("/")
    if page.existing and rule.seen != mark_of(page.tree):
        return _show(page, rule, status=409, problem=_changed_meanwhile())
    deed, _, place = visit.form.get("deed", "").partition(":")
    focus = _changed(page, rule, deed, place)
    if not rule.id and any(rule.because.values()):
        rule.id = proposed_id(next(filter(None, rule.because.values())), _taken(page, rule.policy))
    if deed != "save":
        return _show(page, rule, status=200, focus=focus)
    rule.mistakes = _missing(rule)
    edited = None if rule.mistakes else _edited(page, rule)
    if edited is None or edited.problem is not None or _is_refused(page, rule, edited.json["findings"]):
        refused = None if edited is None else edited.problem
        return _show(page, rule, status=422, edited=edited, problem=None if refused and refused.fields else refused)
    # it is put into what the draft says now, whatever else of that was another when the form was begun
    answer = save_draft(visit, page.draft.name, {**page.draft.files, **edited.json["files"]}, page.draft.tag)
    if answer.problem is not None:
        return _show(page, rule, status=answer.problem.status, edited=edited, problem=answer.problem)
    full = f"{rule.policy.removeprefix(_NEW)}/{rule.id}"
    done = (
        say("{rule} is changed in the draft", rule=full)
        if page.existing
        else say("{rule} is in the draft now", rule=full)
    )
    return visit.after(answer, place_of(visit, page.draft.name, full), done)


def _changed(page: _Page, rule: RuleDraft, deed: str, place: str) -> str:
    """Does what a button says; answers the row that it added."""
    sent = page.visit.form
    match deed:
        case "add-condition":
            return add_condition(rule, page.vocabulary, sent.get(f"fact-{place}" if place else "fact", ""), place)
        case "add-group":
            return add_condition(rule, page.vocabulary, "any", place)
        case "add-effect":
            return add_effect(rule, page.vocabulary, sent.get("effect", ""))
        case "remove":
            remove_row(rule, place)
    return ""


def _changed_meanwhile() -> Problem:
    return Problem(
        status=409,
        kind="rule-changed",
        detail=say(
            "Somebody changed the rule meanwhile. What you wrote stands below and is not saved. Begin this change anew."
        ),
        fields={},
        findings=(),
    )


def _taken(page: _Page, policy: str) -> set[str]:
    """The ids of the policy's rules."""
    ids = (rule["id"].partition("/") for its in page.policies for rule in its["rules"])
    return {rule for its, _, rule in ids if its == policy}


def _missing(rule: RuleDraft) -> dict[str, str]:
    """What has to be filled in, by its field."""
    mistakes = {}
    if not any(rule.because.values()) and "because" not in rule.others:
        mistakes["because-en"] = say("Say why the rule is there, in one language at least.")
    if not rule.effects and "then" not in rule.others:
        mistakes["effects"] = say("Say what the rule does: add something to it.")
    if len(rule.hours) == 1:
        mistakes["hours"] = say("Write both times, or neither of them.")
    for row in rule.rows:
        if isinstance(row, Group) and not row.parts:
            mistakes[row.place] = say("Add a condition to this group, or take the group out.")
    return mistakes | missing_values(rule, say("A value is missing here."))


def _edited(page: _Page, rule: RuleDraft) -> Answer:
    """What HTTP makes of the draft's policies, with the rule in them; notes what it refuses at its field."""
    policy, files = rule.policy, dict(page.draft.files)
    if policy.startswith(_NEW):
        policy = policy.removeprefix(_NEW)
        owner = page.visit.form.get("owner", "").strip()
        files.setdefault(f"{policy}.yaml", f"policy: {policy}\n{_owner(owner)}rules: []\n")
    tree = tree_of(rule, page.tree, page.language, page.vocabulary)
    change = {"replace": tree} if page.existing else {"add": tree}
    edited = edit(page.visit, dataclasses.replace(page.draft, files=files), f"{policy}/{rule.id}", **change)
    if edited.problem is not None:
        for path, message in edited.problem.fields.items():
            rule.mistakes.setdefault(_row_at(rule, path), message)
    return edited


def _owner(owner: str) -> str:
    return f"owner: {json.dumps(owner, ensure_ascii=False)}\n" if owner else ""


def _is_refused(page: _Page, rule: RuleDraft, findings: Sequence[Any]) -> bool:
    """Whether some mistake is to be mended before the rule is saved; notes them at their rows. One that was there
    before and can be mended in the text alone is none of them.
    """
    before = {(its["path"], its["code"]) for its in page.existing["mistakes"]} if page.existing else set()
    refused = False
    for finding in findings:
        if finding["severity"] == "error" and finding["code"] not in _MAY_STAY:
            place = _row_at(rule, finding["path"])
            rule.mistakes.setdefault(place, finding["message"])
            refused = refused or not rule.is_kept(place) or (finding["path"], finding["code"]) not in before
    return refused


def _note_findings(rule: RuleDraft, findings: Sequence[Any]) -> None:
    """At their rows, mistakes before warnings."""
    for severity in ("error", "warning"):
        for finding in findings:
            if finding["severity"] == severity:
                rule.mistakes.setdefault(_row_at(rule, finding["path"]), finding["message"])


def _row_at(rule: RuleDraft, path: str) -> str:
    """The row or field that a path within the rule is of; empty: the rule as a whole."""
    fitting = [(len(start), row) for start, row in rule.places() if path == start or path.startswith(f"{start}/")]
    return max(fitting)[1] if fitting else ""


def _show(
    page: _Page,
    rule: RuleDraft,
    *,
    status: int,
    edited: Answer | None = None,
    problem: Problem | None = None,
    focus: str = "",
) -> Response:
    """`focus` is the row that was added last."""
    visit = page.visit
    policies = [(its["policy"], its["owner"]) for its in page.policies if not its["table"]]
    new_policy = f"{_NEW}{_new_policy(page.draft, {its['policy'] for its in page.policies})}"
    if not rule.policy:
        rule.policy = policies[0][0] if policies else new_policy
    if edited is None and problem is None and rule.effects and rule.id and not _missing(rule):
        edited = _edited(page, rule)
    says, findings = "", page.existing.get("mistakes", ())
    if edited is not None and edited.ok:
        says, findings = edited.json["says"], edited.json["findings"]
    _note_findings(rule, findings)
    rule_ids = [
        its["id"] for policy in page.policies for its in policy["rules"] if its["id"] != page.existing.get("id")
    ]
    return visit.show(
        "policies/rule_form.html",
        status=status,
        draft=page.draft,
        rule=rule,
        existing=page.existing,
        address=page.address,
        policies=policies,
        new_policies=[new_policy],
        vocabulary=page.vocabulary,
        languages=[*dict.fromkeys((*rule.because, *LANGUAGES))],
        groups=_facts_by_group(page.vocabulary),
        fact_names={its["word"]: its["means"] for its in page.vocabulary.answered["facts"]},
        terms=next((its["terms"] for its in page.policies if its["policy"] == rule.policy), []),
        weekdays=(page.vocabulary.fact("now.weekday") or {"value_names": {}})["value_names"],
        rule_ids=[*rule_ids, *(f"{policy['policy']}/*" for policy in page.policies)],
        effects=EFFECTS,
        effect_names=EFFECT_NAMES,
        operators=OPERATORS,
        parts=PARTS,
        value_names={word: say(name) for word, name in VALUE_NAMES.items()},
        kinds=KINDS,
        attribute_kinds=ATTRIBUTE_KIND_NAMES,
        begins=control("instant", rule.begins),
        until=control("instant", rule.until),
        says=says,
        problem=problem,
        wrong=Problem(status=422, kind="", detail="", fields=rule.mistakes, findings=())
        if visit.request.method == "POST" or page.existing
        else None,
        fact_groups=FACT_GROUPS,
        focus=focus,
    )


def _new_policy(draft: Draft, policies: Collection[str]) -> str:
    """A name that neither a policy nor a file of the draft has yet."""
    names = ("rules" if number == 1 else f"rules-{number}" for number in itertools.count(1))
    return next(name for name in names if name not in policies and f"{name}.yaml" not in draft.files)


def _facts_by_group(vocabulary: Vocabulary) -> Mapping[str, list[Mapping[str, Any]]]:
    groups: dict[str, list[Mapping[str, Any]]] = {group: [] for group in FACT_GROUPS}
    for fact in vocabulary.answered["facts"]:
        groups[fact["word"].partition(".")[0]].append(fact)
    return groups
