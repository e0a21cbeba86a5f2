"""Compares two policy sets by meaning: rules added, gone, changed, moved. Order, layout, comments and the names of
terms make no difference.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rules.conditions import All, Condition, Term
from rules.diff.canonical_form import CanonicalForm, canonical_form, conjuncts, paths
from rules.effects import Effect
from rules.policy import PolicySet, Rule, split_rule_id
from rules.vocabulary import NODE_CLOCK
from rules.wording.source_text import condition_text, effect_text

Kind: TypeAlias = Literal["added", "gone", "changed", "moved"]
GateChange: TypeAlias = Literal["a gate added", "the gate gone", "another gate"]
Aspect: TypeAlias = Literal["condition", "window", "effects", "overrides", "because"]
KINDS: tuple[Kind, ...] = ("added", "gone", "changed", "moved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What was removed from (`gone`) and added to one aspect of a rule, in the words of the policy language."""

    aspect: Aspect
    gone: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The change of one rule. `rule` and `file` are its current id and file (the last ones, if it is gone); `before`
    and `file_before` are the old ones, if it moved. A changed rule has `differences`; so may a moved one, in its
    overrides and reasons.
    """

    kind: Kind
    rule: str
    file: str
    before: str = ""
    file_before: str = ""
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All changes, sorted by kind, then by rule; none if both sets mean the same. `gate_gone` and `gate_added` are what
    differs in their gates, which decide no order.
    """

    changes: tuple[Change, ...]
    gate_gone: tuple[str, ...] = ()
    gate_added: tuple[str, ...] = ()

    @property
    def gate_change(self) -> GateChange | None:
        """Every gate says how far back it looks, so of two that both exist neither only loses nor only gains that."""
        if not self.gate_gone and any(term.startswith("over ") for term in self.gate_added):
            return "a gate added"
        if not self.gate_added and any(term.startswith("over ") for term in self.gate_gone):
            return "the gate gone"
        return "another gate" if self.gate_gone or self.gate_added else None

    def of(self, kind: Kind) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.kind == kind)

    def __str__(self) -> str:
        """`2 added, 1 gone`."""
        counted = Counter(change.kind for change in self.changes)
        kinds = [f"{counted[kind]} {kind}" for kind in KINDS if counted[kind]]
        return ", ".join([*kinds, *([self.gate_change] if self.gate_change else [])]) or "the same meaning"


def compare(old: PolicySet, new: PolicySet) -> Changes:
    """The changes from `old` to `new`."""
    files = old.files, new.files
    moved = dict(_moved(old, new))
    gone = old.written_rules.keys() - new.written_rules.keys() - set(moved.values())
    added = new.written_rules.keys() - old.written_rules.keys() - moved.keys()
    names = {before: after for after, before in moved.items()}
    changes = [
        *(Change(kind="added", rule=rule, file=_file(files[1], rule)) for rule in added),
        *(Change(kind="gone", rule=rule, file=_file(files[0], rule)) for rule in gone),
    ]
    for name in new.written_rules.keys() - added:
        changes += _changed(old.written_rules[moved.get(name, name)], new.written_rules[name], files, names)
    before, after = (its.gate.terms if its.gate else () for its in (old, new))
    return Changes(
        changes=tuple(sorted(changes, key=lambda change: (KINDS.index(change.kind), change.rule))),
        gate_gone=tuple(term for term in before if term not in after),
        gate_added=tuple(term for term in after if term not in before),
    )


_Files: TypeAlias = Mapping[str, str]
"""As `PolicySet.files`."""


def _file(files: _Files, rule: str) -> str:
    policy, _ = split_rule_id(rule)
    return files.get(policy, "")


def _moved(old: PolicySet, new: PolicySet) -> Iterator[tuple[str, str]]:
    """The new and the old id of each rule whose id changed while its meaning did not. Of several old rules with the
    same meaning, it is the one whose id has the same part after the slash, otherwise the first.
    """
    leaving: dict[_Meaning, list[str]] = {}
    for rule in old.written_rules.values():
        if rule.id not in new.written_rules:
            leaving.setdefault(_meaning(rule), []).append(rule.id)
    arriving = {rule.id: _meaning(rule) for rule in new.written_rules.values() if rule.id not in old.written_rules}
    for by_name in (True, False):
        for name, meaning in list(arriving.items()):
            same_meaning = leaving.get(meaning, [])
            before = next(
                (other for other in same_meaning if not by_name or split_rule_id(other)[1] == split_rule_id(name)[1]),
                None,
            )
            if before is not None:
                same_meaning.remove(before)
                del arriving[name]
                yield name, before


_Meaning: TypeAlias = tuple[CanonicalForm, frozenset[Effect], bool]


def _meaning(rule: Rule) -> _Meaning:
    return canonical_form(rule.condition), frozenset(rule.effects), rule.off


def _changed(old: Rule, new: Rule, files: tuple[_Files, _Files], names: Mapping[str, str]) -> Iterator[Change]:
    places = _file(files[0], old.id), _file(files[1], new.id)
    differences = tuple(_differences(old, new, names))
    has_moved = old.id != new.id or places[0] != places[1]
    if has_moved:
        yield Change(
            kind="moved",
            rule=new.id,
            file=places[1],
            before=old.id,
            file_before=places[0],
            differences=differences if old.id != new.id else (),
        )
    if differences and old.id == new.id:
        yield Change(kind="changed", rule=new.id, file=places[1], differences=differences)


def _differences(old: Rule, new: Rule, names: Mapping[str, str]) -> Iterator[Difference]:
    yield from _condition_differences(old.condition, new.condition)
    if old.off != new.off:
        yield _difference("window", *({"disabled: true"} if rule.off else () for rule in (old, new)))
    if frozenset(old.effects) != frozenset(new.effects):
        texts = [{effect_text(effect) for effect in rule.effects} for rule in (old, new)]
        yield _difference("effects", *texts)
    before, after = {names.get(rule, rule) for rule in old.overrides}, set(new.overrides)
    if before != after:
        yield _difference("overrides", before, after)
    if old.because != new.because:
        yield _difference("because", *({f"{key}: {text}" for key, text in rule.because.items()} for rule in (old, new)))


def _difference(aspect: Aspect, old: Iterable[str], new: Iterable[str]) -> Difference:
    before, after = set(old), set(new)
    return Difference(aspect=aspect, gone=tuple(sorted(before - after)), added=tuple(sorted(after - before)))


def _condition_differences(old: Condition, new: Condition) -> Iterator[Difference]:
    """The differences between the parts that must all hold. Parts that compare only `now` facts count as the window,
    even those that are written under `when`.
    """
    if canonical_form(old) == canonical_form(new):
        return
    before, after = conjuncts(canonical_form(old)), conjuncts(canonical_form(new))
    removed, added = _unmatched(old, after), _unmatched(new, before)
    for aspect in ("condition", "window"):
        sides = [
            tuple(text for text, is_window in side if is_window is (aspect == "window")) for side in (removed, added)
        ]
        if any(sides):
            yield Difference(aspect=aspect, gone=sides[0], added=sides[1])


def _unmatched(condition: Condition, other: frozenset[CanonicalForm]) -> list[tuple[str, bool]]:
    """The text of each part that is not among those of the other condition, and whether it belongs to the window."""
    unmatched = {}
    for part in _parts(condition):
        form = canonical_form(part)
        if not conjuncts(form) <= other:
            unmatched[condition_text(part)] = all(map(_is_of_window, paths(form)))
    return sorted(unmatched.items())


def _is_of_window(path: str) -> bool:
    return path.startswith("now.") or path == NODE_CLOCK.path


def _parts(condition: Condition) -> Iterator[Condition]:
    match condition:
        case All(parts=parts):
            for part in parts:
                yield from _parts(part)
        case Term(condition=inner):
            yield from _parts(inner)
        case _:
            yield condition
