"""Policy files to a PolicySet: the shape by marshmallow, the meaning by `parsing` and `acting`.

Every mistake of every file is found in one go and raised as one PolicyInvalid.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from rules import acting
from rules.conditions import All, Condition, comparisons
from rules.errors import Finding, PolicyInvalid
from rules.parsing import ConditionParser, Notes
from rules.policy import Policy, PolicySet, Rule
from rules.reading import Document, Node, Path, read
from rules.vocabulary import WEEKDAYS, Stage, stage_knows
from rules.windows import window

ID_PATTERN = "[a-z0-9][a-z0-9_-]{0,63}"
_ID = validate.Regexp(rf"{ID_PATTERN}\Z", error="an id is small letters, digits, - and _")
_TEXT = validate.Length(min=1, max=1_000)
_SOME = validate.Length(min=1)


class RuleShape(Schema):
    """The keys of a rule; what stands under when and then is read by its meaning."""

    id = fields.String(required=True, validate=_ID)
    because = fields.Raw(required=True, allow_none=True)
    when = fields.Raw(allow_none=True)
    then = fields.Raw(required=True, allow_none=True)
    start = fields.String(data_key="from")
    until = fields.String()
    weekdays = fields.List(fields.String(validate=validate.OneOf(WEEKDAYS)), validate=_SOME)
    hours = fields.List(fields.String(), validate=validate.Length(equal=2))
    overrides = fields.List(fields.String())


class PolicyShape(Schema):
    """The keys of a policy file."""

    policy = fields.String(required=True, validate=_ID)
    owner = fields.String(validate=_TEXT)
    description = fields.String(validate=_TEXT)
    terms = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))
    rules = fields.List(fields.Nested(RuleShape), required=True)


def is_policy_file(name: str) -> bool:
    """Whether a file of a policy folder holds rules: `*.yaml`, but not the tests beside them."""
    return name.endswith(".yaml") and not name.endswith("_test.yaml")


def load_policies(files: Mapping[str, bytes]) -> PolicySet:
    """The set in `files` (contents by name); raises PolicyInvalid with every finding of all of them."""
    findings: list[Finding] = []
    documents: list[tuple[Document, Policy]] = []
    for name in sorted(files):
        try:
            documents.append(_policy(read(name, files[name])))
        except PolicyInvalid as error:
            findings += error.findings
    findings += _across(documents)
    if findings:
        raise PolicyInvalid(findings)
    return PolicySet(
        policies=tuple(policy for _, policy in documents), texts={doc.file: doc.text for doc, _ in documents}
    )


def _policy(document: Document) -> tuple[Document, Policy]:
    notes = Notes(document=document)
    root = document.root
    if not isinstance(root, dict):
        notes.add((), "wrong-type", "a policy file is a mapping that starts with 'policy: its-id'")
        raise PolicyInvalid(notes.findings)
    _note_shape(notes, PolicyShape().validate(root))
    terms, name = root.get("terms"), root.get("policy")
    parser = ConditionParser(notes=notes, terms=terms if isinstance(terms, dict) else {})
    for term in parser.terms:
        parser.term(term, ("terms", term))
    raw_rules = root.get("rules")
    rules = [
        _rule(str(name), raw, ("rules", index), parser)
        for index, raw in enumerate(raw_rules if isinstance(raw_rules, list) else [])
        if isinstance(raw, dict)
    ]
    _note_duplicates(notes, raw_rules)
    if notes.findings:
        raise PolicyInvalid(notes.findings)
    texts = {key: str(root.get(key) or "") for key in ("owner", "description")}
    return document, Policy(id=str(name), rules=tuple(rules), **texts)


def _rule(policy: str, raw: dict[str, Node], path: Path, parser: ConditionParser) -> Rule:
    notes = parser.notes
    when = [parser.condition(raw["when"], (*path, "when"))] if "when" in raw else []
    condition = All(parts=(*when, *window(raw, path, notes)))
    effects = acting.effects(raw["then"], (*path, "then"), notes) if "then" in raw else ()
    for effect in effects:
        _note_later(notes, (*path, "then", effect.name), effect.name, effect.stage, condition)
    overrides = raw.get("overrides")
    return Rule(
        id=f"{policy}/{raw.get('id')}",
        because=_because(raw["because"], (*path, "because"), notes) if "because" in raw else {},
        condition=condition,
        effects=effects,
        overrides=tuple(str(item) for item in overrides) if isinstance(overrides, list) else (),
    )


def _because(raw: Node, path: Path, notes: Notes) -> dict[str, str]:
    """Reasons by language; a bare text is English."""
    texts = {"en": raw} if isinstance(raw, str) else raw
    if not isinstance(texts, dict) or not texts or not all(isinstance(text, str) and text for text in texts.values()):
        notes.add(path, "wrong-type", "write because: a text, or because: {en: ..., fr: ...}")
        return {}
    return {language: str(text) for language, text in texts.items()}


def _note_later(notes: Notes, path: Path, name: str, stage: Stage, condition: Condition) -> None:
    unknown = sorted({item.fact.path for item in comparisons(condition) if not stage_knows(stage, item.fact)})
    if unknown:
        message = f"'{name}' acts on the {stage.name.lower()}, where {', '.join(unknown)} is not known yet"
        notes.add(path, "later-stage", message)


def _note_shape(notes: Notes, errors: Mapping[Any, Any], path: Path = ()) -> None:
    """Marshmallow's nested messages as findings at the paths they stand for."""
    for key, inner in errors.items():
        where = (*path, key)
        if isinstance(inner, Mapping):
            _note_shape(notes, inner, where)
            continue
        for message in inner:
            if message == "Unknown field.":
                known = _known_keys(PolicyShape if len(where) == 1 else RuleShape)
                notes.add(where, "unknown-key", f"unknown key '{key}'", known, str(key))
            elif message == "Missing data for required field.":
                notes.add(path, "missing-key", f"'{key}' is missing")
            elif key == "_schema":
                notes.add(path, "wrong-type", "a rule is a mapping that starts with 'id: its-id'")
            else:
                notes.add(where, "wrong-type", f"{key}: {message}")


def _known_keys(shape: type[Schema]) -> list[str]:
    return [field.data_key or name for name, field in shape().fields.items()]


def _note_duplicates(notes: Notes, raw_rules: Node) -> None:
    seen: set[str] = set()
    for index, raw in enumerate(raw_rules if isinstance(raw_rules, list) else []):
        rule_id = raw.get("id") if isinstance(raw, dict) else None
        if isinstance(rule_id, str):
            if rule_id in seen:
                notes.add(("rules", index, "id"), "duplicate-rule", f"rule '{rule_id}' stands here a second time")
            seen.add(rule_id)


def _across(documents: list[tuple[Document, Policy]]) -> Iterator[Finding]:
    """What only shows between files: policy ids twice, overrides of unknown rules, too late, or in a circle."""
    rules = {rule.id: rule for _, policy in documents for rule in policy.rules}
    seen: set[str] = set()
    for document, policy in documents:
        notes = Notes(document=document)
        if policy.id in seen:
            notes.add(("policy",), "duplicate-policy", f"policy '{policy.id}' stands in two files")
        seen.add(policy.id)
        for index, rule in enumerate(policy.rules):
            for number, other in enumerate(rule.overrides):
                _note_override(notes, ("rules", index, "overrides", number), rule, other, rules)
        yield from notes.findings


def _note_override(notes: Notes, path: Path, rule: Rule, other: str, rules: Mapping[str, Rule]) -> None:
    if other not in rules:
        notes.add(path, "unknown-rule", f"unknown rule '{other}'", rules, other)
        return
    if rule.id in _reached(other, rules):
        notes.add(path, "cyclic-override", f"'{rule.id}' and '{other}' override each other")
    # whoever silences a rule is judged with it, and so is whoever silences that one
    for reached in sorted(_reached(other, rules)):
        for effect in rules[reached].effects:
            _note_later(notes, path, f"{reached}'s {effect.name}", effect.stage, rule.condition)


def _reached(start: str, rules: Mapping[str, Rule]) -> set[str]:
    """The rule and all that it overrides, and that those override, and so on."""
    reached, waiting = set[str](), [start]
    while waiting:
        name = waiting.pop()
        if name not in reached and name in rules:
            reached.add(name)
            waiting += rules[name].overrides
    return reached
