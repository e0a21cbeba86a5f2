"""Loads policy files into a PolicySet: marshmallow checks keys and types, the parsers in `syntax` read the rest.

All mistakes of all files are collected and raised as one PolicyInvalid.
"""

import functools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import Schema
from marshmallow.exceptions import SCHEMA

from rules.conditions import All, mentioned_facts
from rules.errors import Finding, PolicyInvalid
from rules.gate import Gate
from rules.policy import ALL_RULES, Policy, PolicySet, Rule
from rules.policy_documents import read_documents
from rules.recent_files import keep_recent
from rules.syntax import effect_parser
from rules.syntax.channel_effects import window_text
from rules.syntax.condition_parser import ConditionParser, Notes
from rules.syntax.cross_file_checks import check_across_files
from rules.syntax.gate_parser import is_gate, parse_gate
from rules.syntax.policy_shapes import (
    LANGUAGE_PATTERN,
    MISSING_KEY,
    NO_ID,
    NO_WEEKDAY,
    UNKNOWN_KEY,
    PolicyShape,
    RuleShape,
)
from rules.syntax.typo_hints import missing_colon_hint, typo_hint
from rules.syntax.windows import window
from rules.syntax.yaml_document import Document, Node, Path, Plain
from rules.tables.document import TableDocument
from rules.tables.hit_policy import with_hit_policy
from rules.vocabulary import Fact
from rules.windows import WEEKDAYS
from rules.wording.catalogue import ENGLISH, available_languages


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFile:
    """One file; without a `document` if it is no YAML, without a `policy` if it has mistakes or is the `gate`.
    `readable` is what could be read of a policy with mistakes: its rules may say less than their texts.
    """

    name: str
    document: Document | None = None
    policy: Policy | None = None
    readable: Policy | None = None
    findings: tuple[Finding, ...] = ()
    gate: Gate | None = None

    @property
    def is_read(self) -> bool:
        """Whether it has no mistakes."""
        return self.policy is not None or self.gate is not None


def load_policies(files: Mapping[str, bytes]) -> PolicySet:
    """The policy set in `files` (contents by name); raises PolicyInvalid with all mistakes of all files."""
    parsed_files = parse_files(files)
    findings = find_mistakes(parsed_files)
    if findings:
        raise PolicyInvalid(findings)
    return build_policy_set(parsed_files)


def parse_files(files: Mapping[str, bytes]) -> list[ParsedFile]:
    """Parse each file by itself, sorted by name; of a workbook, each sheet is a file of its own."""
    read = [_read(name, files[name]) for name in sorted(files)]
    language = _language_of_all(item for its in read for item in its.items if isinstance(item, Document))
    parsed = [item for its in read for item in its.parsed(language)]
    names = Counter(file.name for file in parsed)
    return _with_named_overrides([file if names[file.name] == 1 else _refused_twin(file.name) for file in parsed])


def find_mistakes(parsed_files: list[ParsedFile], *, whole_set: bool = True) -> list[Finding]:
    """The mistakes within each file and between files; `whole_set` says that the files are all of a policy set."""
    documents = [(file.document, file.policy) for file in parsed_files if file.document and not is_gate(file.document)]
    complete = whole_set and all(file.is_read for file in parsed_files)
    within_files = [finding for file in parsed_files for finding in file.findings]
    if whole_set and not documents:
        within_files += (
            file.document.finding((), "missing-key", "a gate alone decides nothing; put policies beside it")
            for file in parsed_files
            if file.document and file.gate
        )
    return [*within_files, *check_across_files(documents, complete=complete)]


def build_policy_set(parsed_files: list[ParsedFile]) -> PolicySet:
    """The policy set of files without mistakes."""
    return PolicySet(
        policies=tuple(file.policy for file in parsed_files if file.policy),
        texts={file.name: file.document.text for file in parsed_files if file.document and not file.gate},
        gate=next((file.gate for file in parsed_files if file.gate), None),
    )


class _ReadFile:
    """The documents of a file; one that is none is a parsed file with its mistakes already."""

    def __init__(self, items: Sequence[Document | ParsedFile]) -> None:
        self.items = items
        self._parsed: dict[str, list[ParsedFile]] = {}

    def parsed(self, language: str) -> list[ParsedFile]:
        """Of one that is kept, once for each `language` of reasons without one."""
        if language not in self._parsed:
            self._parsed[language] = [
                _parse_document(item, language) if isinstance(item, Document) else item for item in self.items
            ]
        return self._parsed[language]


@keep_recent
def _read(name: str, content: bytes) -> _ReadFile:
    try:
        return _ReadFile(list(read_documents(name, content)))
    except PolicyInvalid as error:
        return _ReadFile([ParsedFile(name=name, findings=error.findings)])


def _refused_twin(name: str) -> ParsedFile:
    """A sheet that is there in its workbook and as a file that is named like it."""
    message = "the sheet is here twice, in its workbook and as a file; send one of them"
    return ParsedFile(
        name=name, findings=(Finding(file=name, line=1, column=1, code="duplicate-policy", message=message),)
    )


def _language_of_all(documents: Iterable[Document]) -> str:
    """The language of reasons without one in files that don't say: that of all files that do, or else English."""
    languages = {document.root.get("language") for document in documents if isinstance(document.root, dict)}
    named = [language for language in languages if isinstance(language, str)]
    return str(named[0]) if len(named) == 1 else ENGLISH


def _with_named_overrides(parsed_files: list[ParsedFile]) -> list[ParsedFile]:
    """The files, with the rules named instead of all rules of a policy that are overridden (`safety-stock/*`)."""
    policies = [file.policy for file in parsed_files if file.policy]
    rules = {policy.id: [rule.id for rule in policy.rules] for policy in policies}

    def named(rule: Rule) -> Rule:
        if not any(name.endswith(ALL_RULES) for name in rule.overrides):
            return rule
        names = [
            other
            for name in rule.overrides
            for other in (rules.get(name.removesuffix(ALL_RULES), []) if name.endswith(ALL_RULES) else [name])
            if other != rule.id
        ]
        return replace(rule, overrides=tuple(dict.fromkeys(names)), written_overrides=rule.overrides)

    return [
        replace(file, policy=replace(file.policy, rules=tuple(map(named, file.policy.rules)))) if file.policy else file
        for file in parsed_files
    ]


def _parse_document(document: Document, language: str) -> ParsedFile:
    notes = Notes(document=document)
    if is_gate(document):
        gate = parse_gate(notes)
        return ParsedFile(
            name=document.file, document=document, gate=gate, findings=(*document.findings, *notes.findings)
        )
    policy = _policy(document.root, notes, language)
    if policy and isinstance(document, TableDocument) and not (notes.findings or document.findings):
        policy = with_hit_policy(policy, document, notes)
    # what was skipped on a line makes more seem wrong there (a value missing): one finding is enough
    skipped_lines = {finding.line for finding in document.findings}
    findings = (*document.findings, *(finding for finding in notes.findings if finding.line not in skipped_lines))
    read, readable = (None, policy) if findings else (policy, None)
    return ParsedFile(name=document.file, document=document, policy=read, readable=readable, findings=findings)


def _policy(root: Node, notes: Notes, language: str) -> Policy | None:
    """`language` is that of reasons without one, unless the file names another."""
    if not isinstance(root, dict):
        hint = missing_colon_hint(root, frozenset(_keys_of(PolicyShape))) if isinstance(root, str) else ""
        notes.add((), "wrong-type", f"a policy file is a mapping that starts with 'policy: its-id'{hint}")
        return None
    _note_shape_errors(notes, PolicyShape().validate(root))
    _note_numeric_id(notes, ("policy",), root.get("policy"))
    terms, name = root.get("terms"), root.get("policy")
    parser = ConditionParser(notes=notes, terms=terms if isinstance(terms, dict) else {})
    term_facts: dict[str, Mapping[str, Fact]] = {}
    for term in parser.terms:
        parser.term(term, ("terms", term))
    raw_rules = root.get("rules")
    own_language = str(root.get("language") or "")
    rules = [
        replace(
            _rule(str(name), raw, ("rules", index), parser, term_facts),
            because=_because(raw, ("rules", index, "because"), notes, own_language or language),
        )
        for index, raw in enumerate(raw_rules if isinstance(raw_rules, list) else [])
        if isinstance(raw, dict)
    ]
    _note_duplicates(notes, raw_rules)
    texts = {key: str(root.get(key) or "") for key in ("owner", "description")}
    return Policy(id=str(name), rules=tuple(rules), language=own_language, **texts)


def _rule(
    policy: str, raw: dict[str, Node], path: Path, parser: ConditionParser, term_facts: dict[str, Mapping[str, Fact]]
) -> Rule:
    """The rule without its reasons; `term_facts` is the cache of `mentioned_facts`."""
    notes = parser.notes
    _note_numeric_id(notes, (*path, "id"), raw.get("id"))
    when = [parser.condition(raw["when"], (*path, "when"))] if "when" in raw else []
    its_window = window_text(raw.get("from"), raw.get("until"))
    effects = effect_parser.effects(raw["then"], (*path, "then"), notes, window=its_window) if "then" in raw else ()
    condition = All(parts=(*when, *window(raw, path, notes, {effect.stage for effect in effects})))
    facts = mentioned_facts(condition, term_facts)
    effects = effect_parser.placed_effects(effects, condition, facts, (*path, "then"), notes)
    overrides = raw.get("overrides")
    return Rule(
        id=f"{policy}/{raw.get('id')}",
        because={},
        condition=condition,
        effects=effects,
        overrides=tuple(str(item) for item in overrides) if isinstance(overrides, list) else (),
        off=raw.get("disabled") == "true",
    )


def _because(rule: dict[str, Node], path: Path, notes: Notes, usual_language: str) -> dict[str, str]:
    """The reasons by language; a text without one is in the usual language."""
    if "because" not in rule:
        return {}
    raw = rule["because"]
    texts = {usual_language: raw} if isinstance(raw, str) else raw
    if not isinstance(texts, dict) or not texts or not all(isinstance(text, str) and text for text in texts.values()):
        notes.add(path, "wrong-type", "write because: a text, or because: {en: ..., fr: ...}")
        return {}
    for language in texts if isinstance(raw, dict) else ():
        if not re.fullmatch(LANGUAGE_PATTERN, language):
            usual = available_languages()
            message = f"'{language}' is no language; write {', '.join(usual)} or another of two letters"
            notes.add((*path, language), "unknown-key", message, usual, language)
    return {language: str(text) for language, text in texts.items()}


def _note_shape_errors(notes: Notes, errors: Mapping[Any, Any], path: Path = ()) -> None:
    """Turns marshmallow's nested error messages into findings at their paths."""
    for key, inner in errors.items():
        where = (*path, key)
        if isinstance(inner, Mapping):
            _note_shape_errors(notes, inner, where)
            continue
        for message in inner:
            if message == UNKNOWN_KEY:
                keys = _keys_of(PolicyShape if len(where) == 1 else RuleShape)
                hint = typo_hint(str(key))
                notes.add(where, "unknown-key", f"unknown key '{key}'{hint}", keys, str(key))
            elif message == MISSING_KEY:
                notes.add(path, "missing-key", f"'{key}' is missing")
            elif key == SCHEMA:
                notes.add(path, "wrong-type", "a rule is a mapping that starts with 'id: its-id'")
            elif message == NO_ID:
                notes.add(where, "bad-id", f"{key}: {message}")
            elif path[-1:] == ("weekdays",) and message == NO_WEEKDAY:
                word = notes.document.word(where)
                notes.add(where, "unknown-word", f"'{word}' is no weekday; use {', '.join(WEEKDAYS)}", WEEKDAYS, word)
            else:
                notes.add(where, "wrong-type", f"{_last_key(where)}: {message}")


def _last_key(path: Path) -> str:
    """The last key of a path, without list indices."""
    return next((key for key in reversed(path) if isinstance(key, str)), "")


def _note_numeric_id(notes: Notes, path: Path, raw: Node) -> None:
    if isinstance(raw, Plain) and raw.is_core:
        message = f"{path[-1]}: YAML reads '{raw}' as a number or as true or false; an id is a word, as 'garden'"
        notes.add(path, "bad-id", message)


@functools.cache
def _keys_of(shape: type[Schema]) -> Sequence[str]:
    return [field.data_key or name for name, field in shape().fields.items()]


def _note_duplicates(notes: Notes, raw_rules: Node) -> None:
    lines: dict[str, int] = {}
    for index, raw in enumerate(raw_rules if isinstance(raw_rules, list) else []):
        rule_id = raw.get("id") if isinstance(raw, dict) else None
        if isinstance(rule_id, str):
            path = ("rules", index, "id")
            if rule_id in lines:
                message = f"rule '{rule_id}' stands here a second time; the first is on line {lines[rule_id]}"
                notes.add(path, "duplicate-rule", message)
            lines.setdefault(rule_id, notes.document.place(path)[0])
