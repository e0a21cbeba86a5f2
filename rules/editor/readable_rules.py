"""What can be read of a policy file with mistakes: its rules, and which of its mistakes is of which of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rules.editor.rule_values import rules_of
from rules.errors import Finding
from rules.loader import ParsedFile
from rules.policy import Policy
from rules.policy_documents import YAML
from rules.syntax.yaml_document import Document, Node, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleMistakes:
    """The mistakes of a file, those of its rules by their ids; `in_terms` says that a term has some, so that rules may
    mean another thing than they seem to.
    """

    of_rules: Mapping[str, Sequence[Finding]]
    in_terms: bool


def readable_policy(file: ParsedFile) -> Policy | None:
    """Of a YAML file with mistakes, the rules that have an id, the first of those with the same one; None if there are
    none, or if the policy has no id itself.
    """
    root = file.document.root if file.document else None
    if file.readable is None or not file.name.endswith(YAML) or not isinstance(root, dict):
        return None
    policy = root.get("policy")
    wanted = {f"{policy}/{name}" for name in _starts(file.document).values() if name}
    firsts = {rule.id: rule for rule in reversed(file.readable.rules) if rule.id in wanted}
    rules = tuple(rule for rule in file.readable.rules if firsts.get(rule.id) is rule)
    return replace(file.readable, rules=rules) if rules and isinstance(policy, str) else None


def mistakes_by_rule(file: ParsedFile) -> RuleMistakes:
    document = file.document
    if document is None or not file.findings:
        return RuleMistakes(of_rules={}, in_terms=False)
    starts, keys = _starts(document), _top_keys(document)
    of_rules: dict[str, list[Finding]] = {}
    in_terms = False
    for finding in file.findings:
        place = (finding.line, finding.column)
        key = _last_before(keys, place)
        in_terms = in_terms or key == "terms"
        rule = _last_before(starts, place) if key == "rules" else ""
        if rule:
            of_rules.setdefault(rule, []).append(finding)
    return RuleMistakes(of_rules=of_rules, in_terms=in_terms)


def terms_of(file: ParsedFile) -> list[str]:
    """The names of its terms."""
    root = file.document.root if file.document else None
    terms = root.get("terms") if isinstance(root, dict) else None
    return list(terms) if isinstance(terms, dict) else []


def _starts(document: Document | None) -> dict[Place, str]:
    """Where each rule begins, and its id; empty: it has none."""

    def id_of(raw: Node) -> str:
        name = raw.get("id") if isinstance(raw, dict) else None
        return str(name) if isinstance(name, str) else ""

    return {
        document.values["rules", index]: id_of(raw)
        for index, raw in enumerate(rules_of(document) if document else [])
        if document and ("rules", index) in document.values
    }


def _top_keys(document: Document) -> dict[Place, str]:
    return {place: str(path[0]) for path, place in document.keys.items() if len(path) == 1}


def _last_before(starts: Mapping[Place, str], place: Place) -> str:
    """The name of what begins last at the place or before it; empty: nothing does."""
    before = [start for start in starts if start <= place]
    return starts[max(before)] if before else ""
