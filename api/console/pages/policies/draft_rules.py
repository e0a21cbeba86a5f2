"""The rules of a draft: switched off and on, copied, and taken out, each by a button."""

from collections.abc import Sequence
from typing import Any

from flask import Response

from api.console.calls import Answer
from api.console.console import Console
from api.console.pages.policies.drafts import TAG_FIELD, Draft, policies_of, save_draft, show_draft
from api.console.pages.policies.rules import plain_rules
from api.console.visit import Visit
from api.language.current import say

SWITCH = "/disabled"
"""The path of the value that buttons change, and no field."""


def add_to(console: Console) -> None:
    """Their buttons."""
    place = "/policies/drafts/<name>/rule/<policy>/<rule>"
    console.action(f"{place}/switch", needs="policies_save_draft")(switch)
    console.action(f"{place}/copy", needs="policies_save_draft")(copy)
    console.action(f"{place}/remove", needs="policies_save_draft")(remove)


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


def policies_in(visit: Visit, draft: Draft) -> Sequence[Any]:
    """The policies of a draft in plain words, as POST /v1/policies/explain has them; none if it has no files."""
    plain = plain_rules(visit, policies_of(draft.files))
    return plain["policies"] if plain else ()
