"""Policy files to a PolicySet: the shape by marshmallow, the meaning by `parsing` and `acting`.

Every mistake of every file is found in one go and raised as one PolicyInvalid.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema

from rules.conditions import All, mentioned
from rules.effects import STAGE_OF
from rules.errors import Finding, PolicyInvalid
from rules.policy import Policy, PolicySet, Rule
from rules.syntax import effect_parser
from rules.syntax.condition_parser import ConditionParser, Notes
from rules.syntax.cross_file_checks import Joined, across
from rules.syntax.policy_shapes import _NO_ID, _NO_WEEKDAY, LANGUAGE_PATTERN, PolicyShape, RuleShape
from rules.syntax.typo_hints import missing_colon, slip
from rules.syntax.windows import window
from rules.syntax.yaml_document import Document, Node, Path, Plain, read_over
from rules.vocabulary import WEEKDAYS, Fact, Stage, stage_knows


def is_policy_file(name: str) -> bool:
    """Whether a file of a policy folder holds rules: `*.yaml`, but not the tests beside them."""
    return name.endswith(".yaml") and not name.endswith("_test.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One file: its document, unless it is no YAML; its policy, unless there are mistakes in it."""

    file: str
    document: Document | None = None
    policy: Policy | None = None
    findings: tuple[Finding, ...] = ()


def load_policies(files: Mapping[str, bytes]) -> PolicySet:
    """The set in `files` (contents by name); raises PolicyInvalid with every finding of all of them."""
    readings = read_policies(files)
    findings = mistakes(readings)
    if findings:
        raise PolicyInvalid(findings)
    return policy_set(readings)


def read_policies(files: Mapping[str, bytes]) -> list[Reading]:
    """Each file by itself, in the order of names."""
    return [_read(name, files[name]) for name in sorted(files)]


def mistakes(readings: list[Reading], *, whole: bool = True) -> list[Finding]:
    """Of each file, and of all of them together; `whole` if there are no others."""
    joined = [Joined(document=reading.document, policy=reading.policy) for reading in readings if reading.document]
    every = whole and all(reading.policy for reading in readings)
    between = across(joined, whole=every, note_later=_note_later)
    return [*(finding for reading in readings for finding in reading.findings), *between]


def policy_set(readings: list[Reading]) -> PolicySet:
    """Of files without mistakes."""
    return PolicySet(
        policies=tuple(reading.policy for reading in readings if reading.policy),
        texts={reading.file: reading.document.text for reading in readings if reading.document},
    )


def _read(name: str, content: bytes) -> Reading:
    if name.endswith(".yml"):
        message = f"only files named *.yaml are read; rename it to {name.removesuffix('.yml')}.yaml"
        finding = Finding(file=name, line=1, column=1, code="yml-file", message=message)
        return Reading(file=name, findings=(finding,))
    try:
        document = read_over(name, content)
    except PolicyInvalid as error:
        return Reading(file=name, findings=error.findings)
    notes = Notes(document=document)
    policy = _policy(document.root, notes)
    # what is missing where something was passed over has been said
    said = {finding.line for finding in document.findings}
    findings = (*document.findings, *(finding for finding in notes.findings if finding.line not in said))
    return Reading(file=name, document=document, policy=None if findings else policy, findings=findings)


def _policy(root: Node, notes: Notes) -> Policy | None:
    if not isinstance(root, dict):
        odd = missing_colon(root, frozenset(_known_keys(PolicyShape))) if isinstance(root, str) else ""
        notes.add((), "wrong-type", f"a policy file is a mapping that starts with 'policy: its-id'{odd}")
        return None
    _note_shape(notes, PolicyShape().validate(root))
    _note_id(notes, ("policy",), root.get("policy"))
    terms, name = root.get("terms"), root.get("policy")
    parser = ConditionParser(notes=notes, terms=terms if isinstance(terms, dict) else {})
    seen: dict[str, Mapping[str, Fact]] = {}
    for term in parser.terms:
        parser.term(term, ("terms", term))
    raw_rules = root.get("rules")
    rules = [
        _rule(str(name), raw, ("rules", index), parser, seen)
        for index, raw in enumerate(raw_rules if isinstance(raw_rules, list) else [])
        if isinstance(raw, dict)
    ]
    _note_duplicates(notes, raw_rules)
    texts = {key: str(root.get(key) or "") for key in ("owner", "description")}
    return Policy(id=str(name), rules=tuple(rules), **texts)


def _rule(
    policy: str, raw: dict[str, Node], path: Path, parser: ConditionParser, seen: dict[str, Mapping[str, Fact]]
) -> Rule:
    """`seen`: see `mentioned`."""
    notes = parser.notes
    _note_id(notes, (*path, "id"), raw.get("id"))
    when = [parser.condition(raw["when"], (*path, "when"))] if "when" in raw else []
    condition = All(parts=(*when, *window(raw, path, notes)))
    effects = effect_parser.effects(raw["then"], (*path, "then"), notes) if "then" in raw else ()
    facts = mentioned(condition, seen)
    for name in dict.fromkeys(effect.name for effect in effects):
        _note_later(notes, (*path, "then", name), name, STAGE_OF[name], facts)
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
    for language in texts:
        if not re.fullmatch(LANGUAGE_PATTERN, language):
            message = f"'{language}' is no language; write en, fr or another of two letters"
            notes.add((*path, language), "unknown-key", message, ("en", "fr"), language)
    return {language: str(text) for language, text in texts.items()}


_CALLED = {Stage.POSITION: "place", Stage.OPTION: "way"}
"""What merchandisers call a stage, where that is not its name."""


def _note_later(notes: Notes, path: Path, name: str, stage: Stage, facts: Mapping[str, Fact]) -> None:
    unknown = sorted(path for path, fact in facts.items() if not stage_knows(stage, fact))
    if unknown:
        called = _CALLED.get(stage, stage.name.lower())
        notes.add(path, "later-stage", f"'{name}' acts on the {called}, where {', '.join(unknown)} is not known yet")


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
                odd = slip(str(key))
                notes.add(where, "unknown-key", f"unknown key '{key}'{odd}", known, str(key))
            elif message == "Missing data for required field.":
                notes.add(path, "missing-key", f"'{key}' is missing")
            elif key == "_schema":
                notes.add(path, "wrong-type", "a rule is a mapping that starts with 'id: its-id'")
            elif message == _NO_ID:
                notes.add(where, "bad-id", f"{key}: {message}")
            elif path[-1:] == ("weekdays",) and message == _NO_WEEKDAY:
                word = notes.document.word(where)
                notes.add(where, "unknown-word", f"'{word}' is no weekday; use {', '.join(WEEKDAYS)}", WEEKDAYS, word)
            else:
                notes.add(where, "wrong-type", f"{_named(where)}: {message}")


def _named(path: Path) -> str:
    """The innermost key of a path."""
    return next((key for key in reversed(path) if isinstance(key, str)), "")


def _note_id(notes: Notes, path: Path, raw: Node) -> None:
    if isinstance(raw, Plain) and raw.is_core:
        notes.add(
            path, "bad-id", f"{path[-1]}: YAML reads '{raw}' as a number or a truth; an id is a word, as 'garden'"
        )


@functools.cache
def _known_keys(shape: type[Schema]) -> Sequence[str]:
    return [field.data_key or name for name, field in shape().fields.items()]


def _note_duplicates(notes: Notes, raw_rules: Node) -> None:
    seen: dict[str, int] = {}
    for index, raw in enumerate(raw_rules if isinstance(raw_rules, list) else []):
        rule_id = raw.get("id") if isinstance(raw, dict) else None
        if isinstance(rule_id, str):
            path = ("rules", index, "id")
            if rule_id in seen:
                message = f"rule '{rule_id}' stands here a second time; the first is on line {seen[rule_id]}"
                notes.add(path, "duplicate-rule", message)
            seen.setdefault(rule_id, notes.document.place(path)[0])
