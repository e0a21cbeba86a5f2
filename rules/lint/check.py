"""Policy files to a policy set and all that is to be said about them: mistakes, and rules that do nothing.

Warnings are exact where they speak, and silent where they can't know: where reasoning about a condition takes too much
work, or a file with mistakes may hold a rule that matters.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rules.conditions import All, AnyOf, Condition, Not, Term
from rules.errors import Finding
from rules.finding_codes import Severity
from rules.lint.dead_rules import idle
from rules.loader import mistakes, policy_set, read_policies
from rules.policy import Policy, PolicySet
from rules.syntax.yaml_document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The set, unless there are errors in it, and every finding by file and line."""

    policies: PolicySet | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(item for item in self.findings if item.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(item for item in self.findings if item.severity is Severity.WARNING)


def check(files: Mapping[str, bytes], *, whole: bool = True) -> Checked:
    """Everything there is to say about `files` (contents by name). Nothing is raised for what is in them.

    If they are not the `whole` set, a rule in none of them may be in another.
    """
    readings = read_policies(files)
    errors = mistakes(readings, whole=whole)
    read = [(item.document, item.policy) for item in readings if item.document and item.policy]
    # of rules that override each other in a circle, or override what isn't there, nobody knows who acts
    warnings = [*_plain(read), *idle(read, whole=not errors)]
    return Checked(
        policies=None if errors else policy_set(readings),
        findings=tuple(sorted([*errors, *warnings])),
    )


def _plain(read: list[tuple[Document, Policy]]) -> Iterator[Finding]:
    """What shows without thinking about what conditions mean."""
    languages = {language for _, policy in read for rule in policy.rules for language in rule.because}
    for document, policy in read:
        if not policy.rules:
            yield document.finding(("rules",), "no-rules", f"policy '{policy.id}' has no rules")
        yield from _unused(document, policy)
        for index, rule in enumerate(policy.rules):
            missing = sorted(languages - set(rule.because))
            if missing:
                message = f"'{rule.id}' gives no reason in: {', '.join(missing)}"
                yield document.finding(("rules", index, "because"), "missing-language", message)


def _unused(document: Document, policy: Policy) -> Iterator[Finding]:
    terms = document.root.get("terms") if isinstance(document.root, dict) else None
    used: set[str] = set()
    for rule in policy.rules:
        _use(rule.condition, used)
    for name in terms if isinstance(terms, dict) else ():
        if name not in used:
            yield document.finding(("terms", name), "unused-term", f"no rule uses the term '{name}'")


def _use(condition: Condition, used: set[str]) -> None:
    """Add the terms in the condition, each looked into once."""
    match condition:
        case Term(name=name, condition=inner):
            if name not in used:
                used.add(name)
                _use(inner, used)
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                _use(part, used)
        case Not(part=part):
            _use(part, used)
