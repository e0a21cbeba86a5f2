"""How two policy sets differ in meaning: rules added, gone, changed, moved. Order, layout, comments and the names of
terms make no difference.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rules.conditions import All, Condition, Term
from rules.diff.canonical_form import CanonicalForm, canonical_form, conjuncts, paths
from rules.effects import Effect
from rules.policy import PolicySet, Rule
from rules.wording.source_text import condition_text, effect_text

Kind: TypeAlias = Literal["added", "gone", "changed", "moved"]
Aspect: TypeAlias = Literal["condition", "window", "effects", "overrides", "because"]
KINDS: tuple[Kind, ...] = ("added", "gone", "changed", "moved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What one aspect of a rule lost and won, each as authors write it."""

    aspect: Aspect
    gone: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One rule. `rule` and `file` are what they are now (or were, if it is gone); `before` and `file_before` what they
    were, if it moved. `differences` are those of a changed rule; a moved one may have some in overrides and because.
    """

    kind: Kind
    rule: str
    file: str
    before: str = ""
    file_before: str = ""
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """By kind, then by rule; none if both sets mean the same."""

    changes: tuple[Change, ...]

    def of(self, kind: Kind) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.kind == kind)

    def __str__(self) -> str:
        """`2 added, 1 gone`."""
        counted = Counter(change.kind for change in self.changes)
        return ", ".join(f"{counted[kind]} {kind}" for kind in KINDS if counted[kind]) or "the same meaning"


def compare(old: PolicySet, new: PolicySet) -> Changes:
    """What one has to tell somebody who knows `old` and is about to get `new`."""
    files = _files(old), _files(new)
    moved = dict(_moved(old, new))
    gone = old.rules.keys() - new.rules.keys() - set(moved.values())
    added = new.rules.keys() - old.rules.keys() - moved.keys()
    names = {before: after for after, before in moved.items()}
    found = [
        *(Change(kind="added", rule=rule, file=_file(files[1], rule)) for rule in added),
        *(Change(kind="gone", rule=rule, file=_file(files[0], rule)) for rule in gone),
    ]
    for after in new.rules.keys() - added:
        before = moved.get(after, after)
        found += _changed(old.rules[before], new.rules[after], files, names)
    return Changes(changes=tuple(sorted(found, key=lambda change: (KINDS.index(change.kind), change.rule))))


_Files: TypeAlias = Mapping[str, str]
"""The file of each policy, by its id."""


def _files(policies: PolicySet) -> _Files:
    # policies stand in the order of their texts, one each; a set made without texts has no files to speak of
    if len(policies.texts) != len(policies.policies):
        return {}
    return dict(zip((policy.id for policy in policies.policies), policies.texts, strict=True))


def _file(files: _Files, rule: str) -> str:
    return files.get(rule.partition("/")[0], "")


def _moved(old: PolicySet, new: PolicySet) -> Iterator[tuple[str, str]]:
    """Rules that go by another name now, the new name first; of several that mean the same, the one with the same
    last name, then the first. Those of a file that was renamed keep their name.
    """
    leaving: dict[_Meaning, list[str]] = {}
    for rule in old.rules.values():
        if rule.id not in new.rules:
            leaving.setdefault(_meaning(rule), []).append(rule.id)
    arriving = {rule.id: _meaning(rule) for rule in new.rules.values() if rule.id not in old.rules}
    for by_name in (True, False):
        for name, meaning in list(arriving.items()):
            found = leaving.get(meaning, [])
            before = next((other for other in found if not by_name or _last(other) == _last(name)), None)
            if before is not None:
                found.remove(before)
                del arriving[name]
                yield name, before


_Meaning: TypeAlias = tuple[CanonicalForm, frozenset[Effect]]


def _last(rule: str) -> str:
    return rule.partition("/")[2]


def _meaning(rule: Rule) -> _Meaning:
    return canonical_form(rule.condition), frozenset(rule.effects)


def _changed(old: Rule, new: Rule, files: tuple[_Files, _Files], names: Mapping[str, str]) -> Iterator[Change]:
    places = _file(files[0], old.id), _file(files[1], new.id)
    found = tuple(_differences(old, new, names))
    has_moved = old.id != new.id or places[0] != places[1]
    if has_moved:
        yield Change(
            kind="moved",
            rule=new.id,
            file=places[1],
            before=old.id,
            file_before=places[0],
            differences=found if old.id != new.id else (),
        )
    if found and old.id == new.id:
        yield Change(kind="changed", rule=new.id, file=places[1], differences=found)


def _differences(old: Rule, new: Rule, names: Mapping[str, str]) -> Iterator[Difference]:
    yield from _condition_differences(old.condition, new.condition)
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
    """Part by part of what must hold together. The parts that speak of now alone are the window, wherever they are
    written.
    """
    if canonical_form(old) == canonical_form(new):
        return
    before, after = conjuncts(canonical_form(old)), conjuncts(canonical_form(new))
    lost, won = _unmatched(old, after), _unmatched(new, before)
    for aspect in ("condition", "window"):
        sides = [tuple(text for text, is_window in side if is_window is (aspect == "window")) for side in (lost, won)]
        if any(sides):
            yield Difference(aspect=aspect, gone=sides[0], added=sides[1])


def _unmatched(condition: Condition, other: frozenset[CanonicalForm]) -> list[tuple[str, bool]]:
    """The parts that are not among the other's, as authors write them, each with whether it is of the window."""
    found = {}
    for part in _parts(condition):
        shape = canonical_form(part)
        if not conjuncts(shape) <= other:
            found[condition_text(part)] = all(path.startswith("now.") for path in paths(shape))
    return sorted(found.items())


def _parts(condition: Condition) -> Iterator[Condition]:
    match condition:
        case All(parts=parts):
            for part in parts:
                yield from _parts(part)
        case Term(condition=inner):
            yield from _parts(inner)
        case _:
            yield condition
