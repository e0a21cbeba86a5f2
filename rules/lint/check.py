"""Checks policy files: returns the policy set, or its errors, and warnings about rules that do nothing.

Every warning is proven. Where that would take too much work, or where a file with mistakes may hold a rule that
matters, there is no warning.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rules.conditions import All, AnyOf, Condition, Not, Term
from rules.effects import PromiseFrom
from rules.errors import Finding
from rules.finding_codes import Severity
from rules.lint.dead_rules import find_dead_rules
from rules.lint.suspicious_values import find_suspicious_values
from rules.lint.table_rows import check_rows
from rules.loader import build_policy_set, find_mistakes, parse_files
from rules.policy import Policy, PolicySet
from rules.syntax.yaml_document import Document
from rules.tables.document import TableDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The policy set, or None if there are errors, and every finding sorted by file and line."""

    policies: PolicySet | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(item for item in self.findings if item.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(item for item in self.findings if item.severity is Severity.WARNING)


def check(files: Mapping[str, bytes], *, whole_set: bool = True) -> CheckResult:
    """Check `files` (contents by name); mistakes in them are never raised.

    Unless the files are the whole policy set (`whole_set`), a rule that is in none of them is taken to be in another.
    """
    parsed_files = parse_files(files)
    errors = find_mistakes(parsed_files, whole_set=whole_set)
    valid = [(file.document, file.policy) for file in parsed_files if file.document and file.policy]
    # with errors, which rules act is not certain: an override may be cyclic, or its rule in a file with mistakes
    warnings = [*_simple_warnings(valid), *find_dead_rules(valid, complete=not errors), *_row_warnings(valid)]
    if whole_set and not errors:
        warnings += _terms_of_no_promise(valid)
    return CheckResult(
        policies=None if errors else build_policy_set(parsed_files),
        findings=tuple(sorted([*errors, *warnings])),
    )


def _terms_of_no_promise(files: list[tuple[Document, Policy]]) -> Iterator[Finding]:
    """Warnings about how careful promises are on what is to come, where no rule lets that be promised."""
    rules = [
        (document, index, rule) for document, policy in files for index, rule in enumerate(policy.rules) if not rule.off
    ]
    values = (effect.value for _, _, rule in rules for effect in rule.effects)
    if any(isinstance(value, PromiseFrom) and value > PromiseFrom.ON_HAND for value in values):
        return
    for document, index, rule in rules:
        for effect in rule.effects:
            if effect.name in ("slack", "haircut") and effect.value:
                message = (
                    f"'{effect.name}' of '{rule.id}' counts in estimates alone: no rule lets what is to come be"
                    " promised (promise_from)"
                )
                yield document.finding(("rules", index, "then", effect.name), "nothing-promised", message)


def _row_warnings(files: list[tuple[Document, Policy]]) -> Iterator[Finding]:
    for document, policy in files:
        if isinstance(document, TableDocument):
            yield from check_rows(document, policy)


def _simple_warnings(files: list[tuple[Document, Policy]]) -> Iterator[Finding]:
    """Warnings that don't depend on what conditions mean: no rules, unused terms, missing languages."""
    used = {language for _, policy in files for rule in policy.rules for language in rule.because}
    languages = {policy.language for _, policy in files if policy.language} or used
    for document, policy in files:
        if not policy.rules:
            yield document.finding(("rules",), "no-rules", f"policy '{policy.id}' has no rules")
        yield from _unused_terms(document, policy)
        yield from find_suspicious_values(document, policy)
        for index, rule in enumerate(policy.rules):
            missing = sorted(languages - set(rule.because))
            if missing:
                message = f"'{rule.id}' gives no reason in: {', '.join(missing)}"
                yield document.finding(("rules", index, "because"), "missing-language", message)


def _unused_terms(document: Document, policy: Policy) -> Iterator[Finding]:
    terms = document.root.get("terms") if isinstance(document.root, dict) else None
    used: set[str] = set()
    for rule in policy.rules:
        _collect_terms(rule.condition, used)
    for name in terms if isinstance(terms, dict) else ():
        if name not in used:
            yield document.finding(("terms", name), "unused-term", f"no rule uses the term '{name}'")


def _collect_terms(condition: Condition, used: set[str]) -> None:
    """Add the names of the terms in the condition to `used`; each term is searched once."""
    match condition:
        case Term(name=name, condition=inner):
            if name not in used:
                used.add(name)
                _collect_terms(inner, used)
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                _collect_terms(part, used)
        case Not(part=part):
            _collect_terms(part, used)
