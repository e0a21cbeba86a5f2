"""A rule in a form, a new one or one that exists: what was sent of it, and what POST /v1/policies/edit is given.

Its conditions and effects stand in rows: `conditions` and `effects` say how many there are, and the fields of the third
condition begin with `c2-`; `c2-in` is the group that it stands in. Buttons add and take out rows; they send the whole
form, and the page is drawn anew.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.console.pages.policies.rule_conditions import read_conditions, written_conditions
from api.console.pages.policies.rule_controls import normal
from api.console.pages.policies.rule_effects import Effect, KeptEffect, paths_of, read_effects, written_effects
from api.console.pages.policies.rule_rows import Condition, Group, Kept, Row, rows_in
from api.console.pages.policies.rule_words import Vocabulary, flow
from api.language.catalogue import USUAL

_MOST_ID = 64
KNOWN_KEYS = ("because", "when", "then", "from", "until", "disabled", "weekdays", "hours", "overrides")
_BOTH_ENDS = 2
_LISTS = ("weekdays", "hours", "overrides")
_SETS = ("weekdays",)
"""Keys whose words stand in any order."""


@dataclass(slots=True, kw_only=True)
class RuleDraft:
    """Everything that the form holds. `mistakes` are by the name of the field or of the row; `seen` says what the rule
    was when its form was begun, and is empty for a new one; `others` are keys that stay as they are written, with their
    texts.
    """

    policy: str = ""
    id: str = ""
    seen: str = ""
    because: dict[str, str] = field(default_factory=dict)
    begins: str = ""
    until: str = ""
    weekdays: list[str] = field(default_factory=list)
    hours: list[str] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    conditions: Group = field(default_factory=lambda: Group(match="all"))
    effects: list[Effect | KeptEffect] = field(default_factory=list)
    others: dict[str, str] = field(default_factory=dict)
    mistakes: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[Row]:
        return list(rows_in(self.conditions.parts))

    def number_rows(self) -> None:
        for number, row in enumerate(self.rows):
            row.place = f"c{number}"
        for number, effect in enumerate(self.effects):
            effect.place = f"e{number}"
        self._number_groups(self.conditions)

    def _number_groups(self, group: Group) -> None:
        inner = [row for row in group.parts if isinstance(row, Group)]
        for number, row in enumerate(inner, start=1):
            row.number = f"{group.number}.{number}".lstrip(".")
            self._number_groups(row)

    def places(self) -> Iterator[tuple[str, str]]:
        """The path of each row within the rule, as a JSON Pointer, and the row or field that it is of."""
        yield from ((f"/when{row.path}", row.place) for row in self.rows if row.path)
        yield from paths_of(self.effects)
        yield from (("/id", "id"), ("/from", "from"), ("/until", "until"))
        yield from (("/weekdays", "weekdays"), ("/hours", "hours"), ("/overrides", "overrides"))
        yield from ((f"/because/{language}", f"because-{language}") for language in self.because)
        yield "/because", f"because-{next(iter(self.because), USUAL)}"

    def is_kept(self, place: str) -> bool:
        """Whether nothing can be changed at the place: what is wrong there is mended in the text."""
        rows = [row for row in (*self.rows, *self.effects) if row.place == place]
        return not place or any(isinstance(row, Kept | KeptEffect) for row in rows)


def mark_of(tree: Mapping[str, Any]) -> str:
    """A hash of a rule as its file has it, by which its form tells that somebody changed it meanwhile."""
    return hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()[:32]


def read_rule(tree: Mapping[str, Any], language: str, vocabulary: Vocabulary) -> RuleDraft:
    """A rule as its file has it; `language` is that of a reason without one."""
    because = tree.get("because")
    words = {key: list(tree[key]) for key in _LISTS if key in tree and _has_field(key, tree[key])}
    rule = RuleDraft(
        seen=mark_of(tree),
        because={
            key: " ".join(text.split())
            for key, text in (because if isinstance(because, dict) else {language: because}).items()
            if isinstance(text, str)
        },
        begins=_text(tree.get("from")),
        until=_text(tree.get("until")),
        **words,
        conditions=read_conditions(tree.get("when"), vocabulary),
        effects=read_effects(tree.get("then"), vocabulary),
        others={key: flow({key: value}) for key, value in tree.items() if not _has_field(key, value)},
    )
    rule.number_rows()
    return rule


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) and all(isinstance(its, str) for its in value) else []


def _has_field(key: str, value: Any) -> bool:
    """Whether the form has a field that can show what stands under the key."""
    match key:
        case "because":
            texts = value.values() if isinstance(value, dict) else [value]
            return all(isinstance(text, str) for text in texts)
        case "when":
            return True
        case "then":
            return isinstance(value, dict)
        case "from" | "until" | "disabled":
            return isinstance(value, str)
        case "hours":
            return len(_texts(value)) == _BOTH_ENDS
        case "weekdays" | "overrides":
            return value == _texts(value)
    return False


def tree_of(rule: RuleDraft, tree: Mapping[str, Any], language: str, vocabulary: Vocabulary) -> dict[str, Any]:
    """The rule but for its id, as POST /v1/policies/edit takes it; `tree` is what it was, empty for a new one. What
    nobody changed is as it was. Sets the `path` of each row.
    """
    before = read_rule(tree, language, vocabulary)
    written = {key: value for key, value in tree.items() if key in rule.others or key == "disabled"}
    if "because" not in rule.others or any(rule.because.values()):
        written["because"] = _because(rule.because, before.because, tree.get("because"))
    when = written_conditions(rule.conditions, before.conditions, tree.get("when"))
    if when is not None:
        written["when"] = when
    if "then" not in rule.others or rule.effects:
        written["then"] = written_effects(rule.effects, before.effects, tree.get("then"))
    for key, new, old in (("from", rule.begins, before.begins), ("until", rule.until, before.until)):
        if new:
            written[key] = tree[key] if old and new in (old, normal("instant", old)) else new
    for key in _LISTS:
        words, were = getattr(rule, key), getattr(before, key)
        if key not in before.others and key in tree and (words == were or (key in _SETS and set(words) == set(were))):
            written[key] = tree[key]
        elif words:
            written[key] = words
    return {key: written[key] for key in dict.fromkeys((*tree, *KNOWN_KEYS)) if key in written}


def _because(new: Mapping[str, str], old: Mapping[str, str], raw: Any) -> Any:
    texts = {language: text for language, text in new.items() if text}
    if texts == {language: text for language, text in old.items() if text} and raw is not None:
        return raw
    if isinstance(raw, str) and texts.keys() == old.keys():
        return next(iter(texts.values()))
    raws = raw if isinstance(raw, dict) else {}
    return {
        language: raws[language] if text == old.get(language) and raws else text for language, text in texts.items()
    }


def proposed_id(reason: str, taken: set[str]) -> str:
    """An id of the first words of a reason that no rule of the policy has yet."""
    plain = unicodedata.normalize("NFKD", reason).encode("ascii", "ignore").decode().lower()
    words = [word for word in re.split(r"[^a-z0-9]+", plain) if word][:5]
    stem = "-".join(words)[: _MOST_ID - 4].strip("-") or "rule"
    if stem.isdigit():
        stem = f"rule-{stem}"
    numbers = (f"-{number}" if number > 1 else "" for number in range(1, len(taken) + 2))
    return next(f"{stem}{number}" for number in numbers if f"{stem}{number}" not in taken)


def missing_values(rule: RuleDraft, missing: str) -> dict[str, str]:
    """The rows that lack a value, with what is said of it."""
    mistakes = {}
    for row in rule.rows:
        if isinstance(row, Condition) and (
            len(row.values) < (_BOTH_ENDS if row.takes == "two" else 1) or not row.fact.get("name", "x")
        ):
            mistakes[row.place] = missing
    for effect in rule.effects:
        if isinstance(effect, Effect) and any(
            not effect.values.get(part["key"]) and not part["optional"] for part in effect.parts
        ):
            mistakes[effect.place] = missing
    return mistakes
