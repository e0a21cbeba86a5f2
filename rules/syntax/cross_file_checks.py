"""Checks across files: policy ids used twice; overrides that are unknown, cyclic, or judged at a later stage."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rules.conditions import mentioned_facts
from rules.errors import Finding
from rules.policy import Policy, Rule, split_rule_id
from rules.syntax.condition_parser import Notes
from rules.syntax.effect_parser import note_unknown_facts
from rules.syntax.yaml_document import Document, Path
from rules.vocabulary import Fact, Stage


def check_across_files(files: Sequence[tuple[Document, Policy | None]], *, complete: bool) -> Iterator[Finding]:
    """The findings between files, each given by its document and its policy (None if it has mistakes).

    Unless the files are the `complete` set without mistakes, an overridden rule of an unknown policy gives no finding:
    it may be in a file that is missing here.
    """
    yield from _duplicate_policies(document for document, _ in files)
    policies = {policy.id for _, policy in files if policy}
    rules = {rule.id: rule for _, policy in files if policy for rule in policy.rules}
    components = _components(
        {name: [other for other in rule.overrides if other in rules] for name, rule in rules.items()}
    )
    reached_stages = _reached_stages(rules, components)
    for document, policy in files:
        notes = Notes(document=document)
        term_facts: dict[str, Mapping[str, Fact]] = {}
        for path, rule, other in _overrides(policy):
            if other not in rules:
                overridden_policy, _ = split_rule_id(other)
                if complete or overridden_policy in policies:
                    notes.add(path, "unknown-rule", f"unknown rule '{other}'", rules, other)
                continue
            if components[rule.id] == components[other]:
                notes.add(path, "cyclic-override", f"'{rule.id}' and '{other}' override each other")
            # a rule is evaluated at the stages of the rules that it overrides, directly or through others
            for stage, (name, effect) in reached_stages[components[other]].items():
                facts = mentioned_facts(rule.condition, term_facts)
                note_unknown_facts(notes, path, f"{name}'s {effect}", stage, facts)
        yield from notes.findings


def _duplicate_policies(documents: Iterable[Document]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for document in documents:
        name = document.root.get("policy") if isinstance(document.root, dict) else None
        if not isinstance(name, str):
            continue
        if name in first:
            message = f"policy '{name}' stands here a second time; the first is in {first[name]}"
            yield document.finding(("policy",), "duplicate-policy", message)
        first.setdefault(name, f"{document.file}, line {document.place(('policy',))[0]}")


def _overrides(policy: Policy | None) -> Iterator[tuple[Path, Rule, str]]:
    for index, rule in enumerate(policy.rules if policy else ()):
        for number, written in enumerate(rule.written_overrides or rule.overrides):
            start = written.removesuffix("*")
            others = [other for other in rule.overrides if other.startswith(start)] if written != start else []
            for other in others or [written]:
                yield ("rules", index, "overrides", number), rule, other


def _reached_stages(
    rules: Mapping[str, Rule], components: Mapping[str, int]
) -> Mapping[int, Mapping[Stage, tuple[str, str]]]:
    """For each component, the stages at which its rules act or any rule that they override, directly or through others;
    for each stage the first such rule by id, with its effect. Overridden components have lower numbers.
    """
    members: dict[int, list[Rule]] = {}
    for name in sorted(rules):
        members.setdefault(components[name], []).append(rules[name])
    reached: dict[int, dict[Stage, tuple[str, str]]] = {}
    for component in sorted(members):
        own = [(effect.stage, (rule.id, effect.name)) for rule in members[component] for effect in rule.effects]
        overridden = {components[other] for rule in members[component] for other in rule.overrides if other in rules}
        inherited = [item for lower in overridden - {component} for item in reached[lower].items()]
        first = reached[component] = {}
        for stage, rule_and_effect in own + inherited:
            first[stage] = min(rule_and_effect, first.get(stage, rule_and_effect))
    return reached


def _components(edges: Mapping[str, list[str]]) -> dict[str, int]:
    """The number of each rule's strongly connected component (Tarjan 1972, without recursion): mostly the rule alone. A
    component's number is above those of all components that it reaches.
    """
    components: dict[str, int] = {}
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    count = 0
    for start in edges:
        waiting = [(start, iter(edges[start]))] if start not in order else []
        while waiting:
            name, others = waiting[-1]
            if name not in order:
                order[name] = lowest[name] = len(order)
                path.append(name)
            following = next((other for other in others if other not in components), None)
            if following is None:
                waiting.pop()
                if waiting:
                    above = waiting[-1][0]
                    lowest[above] = min(lowest[above], lowest[name])
                if lowest[name] == order[name]:
                    while name not in components:
                        components[path.pop()] = count
                    count += 1
            elif following in order:
                lowest[name] = min(lowest[name], order[following])
            else:
                waiting.append((following, iter(edges[following])))
    return components
