"""What only shows between rules and files: policy ids twice; overrides unknown, too late, or in a circle."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from rules.conditions import mentioned
from rules.errors import Finding
from rules.policy import Policy, Rule
from rules.syntax.condition_parser import Notes
from rules.syntax.yaml_document import Document, Path
from rules.vocabulary import Fact, Stage

NoteLater = Callable[[Notes, Path, str, Stage, Mapping[str, Fact]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A document, and its policy unless there are mistakes in it."""

    document: Document
    policy: Policy | None


def across(joined: list[Joined], *, whole: bool, note_later: NoteLater) -> Iterator[Finding]:
    """The findings between files. Unless the files are the `whole` set, each of them read, a rule of a policy that is
    not among them may well be in one of the others: nothing is said of it.
    """
    yield from _twice(item.document for item in joined)
    policies = {item.policy.id for item in joined if item.policy}
    rules = {rule.id: rule for item in joined if item.policy for rule in item.policy.rules}
    rings = _rings({name: [other for other in rule.overrides if other in rules] for name, rule in rules.items()})
    acting = _acting(rules, rings)
    for item in joined:
        notes = Notes(document=item.document)
        terms: dict[str, Mapping[str, Fact]] = {}
        for path, rule, other in _overrides(item.policy):
            if other not in rules:
                if whole or other.partition("/")[0] in policies:
                    notes.add(path, "unknown-rule", f"unknown rule '{other}'", rules, other)
                continue
            if rings[rule.id] == rings[other]:
                notes.add(path, "cyclic-override", f"'{rule.id}' and '{other}' override each other")
            # whoever silences a rule is judged with it, and so is whoever silences that one
            for stage, (name, effect) in acting[rings[other]].items():
                note_later(notes, path, f"{name}'s {effect}", stage, mentioned(rule.condition, terms))
        yield from notes.findings


def _twice(documents: Iterable[Document]) -> Iterator[Finding]:
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
        for number, other in enumerate(rule.overrides):
            yield ("rules", index, "overrides", number), rule, other


def _acting(rules: Mapping[str, Rule], rings: Mapping[str, int]) -> Mapping[int, Mapping[Stage, tuple[str, str]]]:
    """By ring, the stages at which its rules act, and those that they override, and those that these do; and at each
    stage the first rule by id, with its effect. Rings are numbered from the overridden up.
    """
    members: dict[int, list[Rule]] = {}
    for name in sorted(rules):
        members.setdefault(rings[name], []).append(rules[name])
    found: dict[int, dict[Stage, tuple[str, str]]] = {}
    for ring in sorted(members):
        own = [(effect.stage, (rule.id, effect.name)) for rule in members[ring] for effect in rule.effects]
        below = {rings[other] for rule in members[ring] for other in rule.overrides if other in rules} - {ring}
        reached = [item for lower in below for item in found[lower].items()]
        acting = found[ring] = {}
        for stage, who in own + reached:
            acting[stage] = min(who, acting.get(stage, who))
    return found


def _rings(edges: Mapping[str, list[str]]) -> dict[str, int]:
    """By rule, the number of its ring: rules that reach each other, mostly one alone (Tarjan 1972, without recursion).
    A ring's number is above those of all that it reaches.
    """
    rings: dict[str, int] = {}
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
            following = next((other for other in others if other not in rings), None)
            if following is None:
                waiting.pop()
                if waiting:
                    above = waiting[-1][0]
                    lowest[above] = min(lowest[above], lowest[name])
                if lowest[name] == order[name]:
                    while name not in rings:
                        rings[path.pop()] = count
                    count += 1
            elif following in order:
                lowest[name] = min(lowest[name], order[following])
            else:
                waiting.append((following, iter(edges[following])))
    return rings
