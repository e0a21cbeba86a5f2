"""Random policy sets of which every effect of every rule is known to count: in some case, something else would come of
it without it. So a check has nothing to warn of.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rules.conditions import holds
from rules.effects import Effect, combine
from rules.loader import load_policies, parse_files
from rules.policy import PolicySet, Rule
from rules.syntax.yaml_document import Document
from rules.tables.csv_text import csv_text
from rules.tables.export import table_of
from rules.vocabulary import Facts, Stage
from tests.fuzz.random_cases import Case, RandomCases
from tests.fuzz.random_rules import RuleWriter, Written

MOST_RULES = 9
STAGES = (*Stage, Stage.OPTION, Stage.OPTION, Stage.POSITION, Stage.POSITION, Stage.ORDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePolicies:
    """A set (`policies`, read from `files`), and `cases` in which its rules apply. `written` are its rules by id."""

    files: Mapping[str, bytes]
    policies: PolicySet
    cases: Sequence[Case]
    written: Mapping[str, Written]
    terms: Mapping[str, str]


def live_policies(chance: random.Random) -> LivePolicies:
    """A set of at least one rule; one in three is a table."""
    while True:
        cases = RandomCases(chance)
        writer = RuleWriter(chance, cases, rows_alone=chance.random() < 1 / 3)
        # the rows of a table override each other, so they act at one stage
        stages = [chance.choice(STAGES)] if writer.rows_alone else STAGES
        written, known = dict[str, Written](), list[Case]()
        for number in range(chance.randint(1, MOST_RULES)):
            case = chance.choice(known) if known and chance.random() < 0.6 else cases.case()
            known += [case, *(cases.like(case) for _ in range(6))]
            written[f"r{number}"] = writer.rule(case, chance.choice(stages))
        overrides = _overrides(chance, written)
        while written:
            files = {"p.yaml": text_of(written, writer.terms, overrides)}
            policies = load_policies(files)
            dead = {name for name in written if not _is_live(policies.rules[f"p/{name}"], policies, known)}
            if not dead:
                files = as_table(files) if writer.rows_alone else files
                return LivePolicies(files=files, policies=policies, cases=known, written=written, terms=writer.terms)
            written = {name: rule for name, rule in written.items() if name not in dead}


def text_of(
    written: Mapping[str, Written], terms: Mapping[str, str], overrides: Mapping[str, Sequence[str]] | None = None
) -> bytes:
    """The file of these rules, with the terms that they use."""
    overridden = {
        name: [f"p/{other}" for other in others if other in written] for name, others in (overrides or {}).items()
    }
    rules = "".join(rule.text(int(name[1:]), overridden.get(name, ())) for name, rule in written.items())
    used = {name: condition for name, condition in terms.items() if f"{{is: {name}}}" in rules}
    head = "".join(f"  {name}: {condition}\n" for name, condition in used.items())
    return f"policy: p\n{'terms:' if head else ''}\n{head}rules:\n{rules}".encode()


def _overrides(chance: random.Random, written: Mapping[str, Written]) -> Mapping[str, Sequence[str]]:
    """For some rules, an earlier one of the same stage that they override."""
    names = list(written)
    return {
        name: [chance.choice(earlier)]
        for place, name in enumerate(names)
        if (earlier := [other for other in names[:place] if written[other].stage is written[name].stage])
        and chance.random() < 0.3
    }


def acting(policies: PolicySet, stage: Stage, facts: Facts) -> dict[str, Rule]:
    """The rules that act at a stage: one that fires acts unless one that acts overrides it."""
    fired = {
        name: rule for name, rule in policies.rules.items() if rule.acts_at(stage) and holds(rule.condition, facts)
    }

    def acts(name: str) -> bool:
        return name in fired and not any(name in rule.overrides and acts(other) for other, rule in fired.items())

    return {name: rule for name, rule in fired.items() if acts(name)}


def counts(rule: Rule, number: int, policies: PolicySet, case: Case) -> bool:
    """Whether something else would come of the case without this effect of the rule."""
    effect = rule.effects[number]
    rules = acting(policies, effect.stage, case.at(effect.stage))
    if rule.id not in rules or (effect.name == "exclude" and _is_excluded(policies, case, _OTHER[effect.stage])):
        return False
    every = list(_effects(rules))
    rest = [each for name, at, each in every if (name, at) != (rule.id, number)]
    return combine(effect.stage, rest) != combine(effect.stage, [each for _, _, each in every])


_OTHER = {Stage.OPTION: Stage.SHIPMENT, Stage.SHIPMENT: Stage.OPTION}
"""Where a way that is excluded at a stage may be excluded as well."""


def _is_excluded(policies: PolicySet, case: Case, stage: Stage) -> bool:
    return any(effect.name == "exclude" for _, _, effect in _effects(acting(policies, stage, case.at(stage))))


def _effects(rules: Mapping[str, Rule]) -> Iterator[tuple[str, int, Effect]]:
    for name, rule in rules.items():
        for number, effect in enumerate(rule.effects):
            yield name, number, effect


def _is_live(rule: Rule, policies: PolicySet, cases: Sequence[Case]) -> bool:
    return all(
        any(counts(rule, number, policies, case) for case in cases) for number in range(len(rule.effects))
    ) and is_preferred_somewhere(rule, policies, cases)


def is_preferred_somewhere(rule: Rule, policies: PolicySet, cases: Sequence[Case]) -> bool:
    """Whether it does not only rank ways that are excluded."""
    if not any(effect.name in ("prefer", "tier") for effect in rule.effects):
        return True
    return any(
        rule.id in acting(policies, Stage.OPTION, case.at(Stage.OPTION))
        and not any(_is_excluded(policies, case, stage) for stage in _OTHER)
        for case in cases
    )


def as_table(files: Mapping[str, bytes], hit_policy: str = "collect") -> Mapping[str, bytes]:
    """The file, whose rules can be rows, as a table."""
    (parsed,) = parse_files(files)
    assert isinstance(parsed.document, Document)
    text = csv_text(table_of(parsed.document))
    return {"p.csv": text.replace("hit_policy,collect", f"hit_policy,{hit_policy}", 1).encode()}
