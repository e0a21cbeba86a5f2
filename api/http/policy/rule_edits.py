"""What POST /v1/policies/edit does to a rule in the text of its file: other values; added, copied, taken out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from api.http.policy.upload import MOST_FILES
from api.records.policy_rules import EditedFilesRecord
from api.shapes.base import Strict
from api.shapes.fields import TrueOrFalse
from engine.decide.network_fit import Fit
from engine.errors import InputInvalid, Mistake, NotFound
from rules.conditions import PAIRED, Operator
from rules.editor.rule_change import text_with_rule_as
from rules.editor.rule_text import text_with_copy, text_with_rule, text_without_rule
from rules.editor.rule_values import ValueMistake, rule_in, text_with
from rules.errors import PolicyInvalid
from rules.lint.check import check
from rules.loader import parse_files
from rules.policy import PolicySet, Rule, split_rule_id
from rules.policy_documents import YAML
from rules.syntax.policy_shapes import ID_PATTERN, NO_ID
from rules.syntax.yaml_document import MAX_DEPTH, Document, Node, Plain, read
from rules.vocabulary import Kind
from rules.wording.catalogue import Catalogue

_CHANGES = ("values", "add", "replace", "copy_as", "remove")
_MOST_VALUES = 200
_TEXTS = frozenset({"id", "because"})
"""Keys of a rule whose values are words, also where they look like numbers."""
_NO_WORD = frozenset({Operator.KNOWN.value, *(operator.value for operator in PAIRED)})
"""Operators behind which no word stands."""


def files_field() -> fields.Dict:
    """Texts of policy files by name."""
    return fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        validate=validate.Length(1, MOST_FILES),
        metadata={"description": "the texts of policy files by name; tests among them are left out"},
    )


class EditRequest(Strict):
    files = files_field()
    rule = fields.String(required=True, metadata={"description": "its id, with that of its policy: clearance/shops"})
    values = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        validate=validate.Length(1, _MOST_VALUES),
        metadata={
            "description": "by the path of each value, what is to stand there; an empty one takes from, until or"
            " disabled away"
        },
    )
    add = fields.Dict(
        keys=fields.String(),
        values=fields.Raw(allow_none=True),
        validate=validate.Length(1),
        metadata={
            "description": "the rule is new, and is put behind the others of its policy: its keys but for the id, as a "
            "policy file has them, every value as text: {because: {en: ...}, when: {...}, then: {prefer: '4.00'}}"
        },
    )
    replace = fields.Dict(
        keys=fields.String(),
        values=fields.Raw(allow_none=True),
        validate=validate.Length(1),
        metadata={
            "description": "what the rule is to be, written as for add: what is the same stays in the text as it "
            "stands, with its comments; POST /v1/policies/explain has what it is now as its tree"
        },
    )
    copy_as = fields.String(
        validate=validate.Regexp(rf"{ID_PATTERN}\Z", error=NO_ID),
        metadata={"description": "a copy of the rule is put behind it, under this id"},
    )
    remove = TrueOrFalse(
        validate=validate.OneOf([True], error="write true, or leave it out"),
        metadata={"description": "the rule is taken out", "enum": [True]},
    )

    @validates_schema
    def one_change(self, body: Mapping[str, Any], **_: Any) -> None:
        if sum(change in body for change in _CHANGES) != 1:
            raise ValidationError(f"write one of {', '.join(_CHANGES)}", "rule")


def edited_files(
    body: Mapping[str, Any], encoded: Mapping[str, bytes], catalogue: Catalogue, network: "PoliciesOfNetwork"
) -> EditedFilesRecord:
    """The files with the change, and what is to be said of the rule. Raises InputInvalid, NotFound, PolicyInvalid."""
    policy, rule = split_rule_id(body["rule"])
    document = _document_of(encoded, policy)
    try:
        text = _changed(document, rule, body, network.attributes)
    except ValueMistake as error:
        raise InputInvalid([Mistake(field=error.pointer or "rule", message=str(error))]) from None
    files = {**body["files"], document.file: text}
    if body.get("remove"):
        return EditedFilesRecord(files=files, says="", findings=[])
    changed = read(document.file, text.encode())
    name = body.get("copy_as", rule)
    after = {**encoded, document.file: text.encode()}
    checked = check(after)
    fit = network.fit(checked.policies) if checked.policies else Fit()
    return EditedFilesRecord.of(
        files,
        changed,
        name,
        rule=_rule_of(after, f"{policy}/{name}"),
        findings=(*checked.findings, *fit.errors, *fit.warnings),
        catalogue=catalogue,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliciesOfNetwork:
    """What the loaded network says of policies: the kinds of its extra attributes, and what does not fit it."""

    attributes: Mapping[str, Kind]
    fit: Callable[[PolicySet], Fit]


def _rule_of(files: Mapping[str, bytes], rule: str) -> Rule | None:
    """None if its file has mistakes."""
    policies = (file.policy for file in parse_files(files) if file.policy)
    return next((its for policy in policies for its in policy.rules if its.id == rule), None)


def _document_of(files: Mapping[str, bytes], policy: str) -> Document:
    broken: PolicyInvalid | None = None
    for name, content in files.items():
        if not name.endswith(YAML):
            continue
        try:
            document = read(name, content)
        except PolicyInvalid as error:  # of another file, perhaps: the rule is changed all the same
            broken = broken or error
            continue
        if isinstance(document.root, dict) and document.root.get("policy") == policy:
            return document
    if broken is not None:
        raise broken
    raise NotFound(f"no file among these has the policy '{policy}'; a rule of a table is changed in its cells")


def _changed(document: Document, rule: str, body: Mapping[str, Any], attributes: Mapping[str, Kind]) -> str:
    if "add" in body or "replace" in body:
        new = body["add"] if "add" in body else body["replace"]
        kept = frozenset(_leaves(rule_in(document, rule))) if "replace" in body else frozenset()
        written = {key: _node(value, f"/{key}", plain=key not in _TEXTS, kept=kept) for key, value in new.items()}
        if "when" in written:
            written["when"] = _with_words(written["when"], attributes)
        add = text_with_rule if "add" in body else _as_replaced
        return add(document, {**written, "id": rule})
    if "copy_as" in body:
        return text_with_copy(document, rule, body["copy_as"])
    return text_without_rule(document, rule) if "remove" in body else text_with(document, rule, body["values"])


def _as_replaced(document: Document, rule: Mapping[str, Node]) -> str:
    return text_with_rule_as(document, str(rule["id"]), {key: value for key, value in rule.items() if key != "id"})


def _with_words(node: Node, attributes: Mapping[str, Kind], kind: Kind | None = None) -> Node:
    """What extra attributes that are words or tags are compared with is a word, also where it looks like a number."""
    if isinstance(node, dict):
        return {
            key: inner if key in _NO_WORD else _with_words(inner, attributes, attributes.get(key, kind))
            for key, inner in node.items()
        }
    if isinstance(node, list):
        return [_with_words(inner, attributes, kind) for inner in node]
    return str(node) if isinstance(node, str) and kind in (Kind.WORD, Kind.TAGS) else node


def _leaves(node: Node) -> Iterator[str | None]:
    if isinstance(node, dict | list):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from _leaves(inner)
    else:
        yield node


def _node(value: Any, pointer: str, *, plain: bool, kept: frozenset[str | None], depth: int = 3) -> Node:
    """What JSON has there, as a policy file would; what is `kept` stood there before. Raises ValueMistake."""
    if depth > MAX_DEPTH:
        raise ValueMistake(pointer, f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, list):
        return [
            _node(inner, f"{pointer}/{place}", plain=plain, kept=kept, depth=depth + 1)
            for place, inner in enumerate(value)
        ]
    if isinstance(value, dict):
        return {
            key: _node(inner, f"{pointer}/{key}", plain=plain, kept=kept, depth=depth + 1)
            for key, inner in value.items()
        }
    if not isinstance(value, str) and not (value is None and value in kept):
        raise ValueMistake(pointer, "write every value of a rule as text, in quotes")
    if value not in kept and not str(value).isprintable():
        raise ValueMistake(pointer, "write it on one line, without control characters")
    return Plain(value) if plain and value is not None else value
