"""Writes the rules of a table as a YAML policy."""

import re
from collections.abc import Iterator, Mapping, Sequence

from rules.policy import Policy, Rule
from rules.syntax.yaml_document import Node, Plain
from rules.tables.cells import double_quoted
from rules.tables.document import HitPolicy, TableDocument

_SAFE = re.compile(r"(?!(?:~|null|Null|NULL)\Z)[\w.](?:(?:[\w .%+/()'*?-]|:(?=\w))*[\w.%+/()*?-])?|[+-][0-9.]+")
"""Texts that need no quotes in YAML."""
_HEAD = "# yaml-language-server: $schema=policy.schema.json\n"


def comment_lines(text: str) -> int:
    """How many lines of a YAML text are comments, but for the one that names the schema."""
    lines = [line.strip() for line in text.splitlines()]
    return sum(line.startswith("#") and not line.startswith(_HEAD[:10]) for line in lines)


def yaml_of(document: TableDocument, policy: Policy) -> str:
    """The YAML that is read into the same rules. What the hit policy means for each rule is written out; the hit policy
    itself stays as a comment.
    """
    root = document.root if isinstance(document.root, dict) else {}
    lines = [f"# From a table of rules whose hit_policy was {document.hit_policy.value}."]
    for key, value in root.items():
        if isinstance(value, dict):
            entries = (f"  {flow_text(Plain(name))}: {flow_text(inner)}" for name, inner in value.items())
            lines += ["", f"{key}:", *entries]
        elif key != "rules":
            lines.append(f"{key}: {flow_text(value)}")
    lines += ["", "rules:"] if policy.rules else ["", "rules: []"]
    raw = root.get("rules")
    for node, rule in zip(raw if isinstance(raw, list) else [], policy.rules, strict=True):
        if isinstance(node, dict):
            lines += (f"  {line}" for line in rule_lines(_written_out(node, rule, document.hit_policy)))
    return _HEAD + "\n".join(lines) + "\n"


def _written_out(node: Mapping[str, Node], rule: Rule, hit_policy: HitPolicy) -> Mapping[str, Node]:
    """The rule with what it overrides by its table's hit policy."""
    if hit_policy is HitPolicy.FIRST and rule.overrides:
        return {**node, "overrides": [Plain(other) for other in rule.overrides]}
    return node


def rule_lines(rule: Mapping[str, Node]) -> Iterator[str]:
    """The lines of a rule as an item of a list, which begins with `- `."""
    start = "- "
    for key in _in_order(rule):
        value = rule[key]
        if isinstance(value, dict):
            yield f"{start}{key}:"
            yield from (f"    {flow_text(Plain(name))}: {flow_text(inner)}" for name, inner in value.items())
        else:
            yield f"{start}{key}: {flow_text(value)}"
        start = "  "


def _in_order(rule: Mapping[str, Node]) -> Sequence[str]:
    first = [key for key in ("id", "because", "when", "then") if key in rule]
    return [*first, *(key for key in rule if key not in first)]


def flow_text(node: Node) -> str:
    """A value on one line, as it may stand anywhere in a YAML text."""
    if isinstance(node, dict):
        return "{" + ", ".join(f"{key}: {flow_text(value)}" for key, value in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(map(flow_text, node)) + "]"
    text = node or ""
    is_word = isinstance(node, Plain) or not Plain(text).is_core
    return text if is_word and _SAFE.fullmatch(text) else double_quoted(text)
