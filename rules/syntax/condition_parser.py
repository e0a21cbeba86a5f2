"""Parses the conditions of a policy file, collecting every mistake instead of stopping at the first."""

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from rules.conditions import (
    ORDERED,
    PAIRED,
    SEVERAL,
    TAGGED,
    UNWRITTEN,
    All,
    AnyOf,
    Compare,
    Condition,
    Not,
    Operator,
    Term,
    size_and_depth,
)
from rules.errors import Finding, LiteralInvalid
from rules.syntax import literals
from rules.syntax.foreign_words import meant_word
from rules.syntax.typo_hints import decimal_comma_hint, missing_colon_hint, operator_hint
from rules.syntax.yaml_document import Document, Node, Path, Plain
from rules.vocabulary import (
    ATTRIBUTE_KINDS,
    IN_CAPITALS,
    VOCABULARY,
    Fact,
    Kind,
    Value,
    attribute,
    is_attribute,
)

PARSERS: Mapping[Kind, Callable[[str], Value]] = {
    Kind.WORD: literals.word,
    Kind.CHOICE: literals.word,
    Kind.TAGS: literals.word,
    Kind.FLAG: literals.flag,
    Kind.COUNT: literals.count,
    Kind.NUMBER: literals.number,
    Kind.MONEY: literals.money,
    Kind.WEIGHT: literals.weight,
    Kind.DISTANCE: literals.distance,
    Kind.DURATION: literals.duration,
    Kind.CARBON: literals.carbon,
    Kind.SHARE: literals.share,
    Kind.DATE: literals.date,
    Kind.TIME: literals.time,
    Kind.INSTANT: literals.instant,
}
_IMPLIED_KINDS: Mapping[str, Kind] = (
    {Operator.KNOWN.value: Kind.ANY, Operator.MATCHES.value: Kind.WORD}
    | {operator.value: Kind.TAGS for operator in TAGGED}
    | {operator.value: Kind.NUMBER for operator in ORDERED}
)
"""The kind of an extra attribute, as far as an operator implies it."""
_FIT_FOR_DATES = frozenset({Operator.AT_LEAST, Operator.LESS_THAN, Operator.KNOWN})
"""Operators that can compare an instant with a date alone, which stands for its midnight."""
_UNORDERED = frozenset({Kind.WORD, Kind.CHOICE, Kind.FLAG, Kind.TAGS})
_PAIRED_WORDS = frozenset(operator.value for operator in PAIRED)
COMBINATORS = ("all", "any", "none", "is")
_KEYS = frozenset((*VOCABULARY, *COMBINATORS))
MOST_COMPARISONS = 250
"""In one condition with its terms written out; terms within terms could otherwise grow exponentially."""
MOST_NESTED = 64
"""Levels of one condition, its terms written out."""
MOST_LETTERS = 200
"""Longer words get no suggestion."""
MOST_CANDIDATES = 20_000
"""Candidates compared with the mistakes of one document; the mistakes after that get no suggestion."""


@dataclass(slots=True, kw_only=True)
class Notes:
    """Collects the findings of one document while it is parsed."""

    document: Document
    findings: list[Finding] = field(default_factory=list)
    _candidates_compared: int = 0

    def add(self, path: Path, code: str, message: str, candidates: Collection[str] = (), word: str = "") -> None:
        """Add a finding at `path`; of the `candidates`, the one closest to `word` is suggested."""
        self.findings.append(self.document.finding(path, code, message, self._suggestion(word, candidates)))

    def _suggestion(self, word: str, candidates: Collection[str]) -> str:
        if not word or len(word) > MOST_LETTERS or self._candidates_compared + len(candidates) > MOST_CANDIDATES:
            return ""
        self._candidates_compared += len(candidates)
        return meant_word(word, candidates) or next(iter(difflib.get_close_matches(word, candidates, n=1)), "")


@dataclass(slots=True, kw_only=True)
class ConditionParser:
    """Parses the conditions of one file; its `terms`, given unparsed, are parsed where they are first used."""

    notes: Notes
    terms: Mapping[str, Node]
    _parsed: dict[str, Condition] = field(default_factory=dict)
    _term_sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    _open: dict[str, int] = field(default_factory=dict)
    """The terms that are being parsed, from the outermost in, each with the depth at which the term before uses it."""

    def condition(self, raw: Node, path: Path) -> Condition:
        """The condition at `path`; one that is too large gives a finding and is replaced by one that always holds."""
        return self._bounded(self._condition(raw, path), path)[0]

    def comparison(self, fact: Fact, raw: Node, path: Path) -> Condition:
        """The comparison of one fact, as `{at_most: 4.00 EUR}`; the fact need not be in the vocabulary."""
        return self._bounded(self._clause(fact, raw, path), path)[0]

    def _bounded(self, condition: Condition, path: Path) -> tuple[Condition, tuple[int, int]]:
        size, depth = size_and_depth(condition, self._term_sizes)
        if size <= MOST_COMPARISONS and depth <= MOST_NESTED:
            return condition, (size, depth)
        most = f"{MOST_COMPARISONS} comparisons" if size > MOST_COMPARISONS else f"{MOST_NESTED} levels"
        self.notes.add(path, "too-large", f"the condition has more than {most}, its terms written out")
        return All(parts=()), (0, 1)

    def _condition(self, raw: Node, path: Path) -> Condition:
        """The condition of a mapping: all of its entries."""
        if not isinstance(raw, dict) or not raw:
            hint = missing_colon_hint(raw, _KEYS) if isinstance(raw, str) else ""
            self.notes.add(path, "wrong-type", f"a condition is a mapping, as 'order.channel: web'{hint}")
            return All(parts=())
        return All(parts=tuple(self._entry(key, value, (*path, key)) for key, value in raw.items()))

    def term(self, name: str, path: Path) -> Condition:
        """The term of this name; a cycle or an unknown name gives a finding at `path`."""
        if name in self._open:
            names = list(self._open)
            circle = " -> ".join([*names[names.index(name) :], name])
            self.notes.add(path, "cyclic-term", f"the term is defined by itself: {circle}")
            return All(parts=())
        if name not in self.terms:
            self.notes.add(path, "unknown-term", f"unknown term '{name}'", self.terms, name)
            return All(parts=())
        if name not in self._parsed:
            if sum(self._open.values()) + len(path) > MOST_NESTED:
                self.notes.add(path, "too-deep", "the terms are nested too deep in each other")
                return All(parts=())
            self._open[name] = len(path)
            where = ("terms", name)
            self._parsed[name], self._term_sizes[name] = self._bounded(self._condition(self.terms[name], where), where)
            self._open.popitem()
        return Term(name=name, condition=self._parsed[name])

    def _entry(self, key: str, raw: Node, path: Path) -> Condition:
        if key == "is":
            return All(parts=tuple(self.term(name, where) for name, where in self._words(raw, path)))
        if key in COMBINATORS:
            return self._combined(key, raw, path)
        fact = VOCABULARY.get(key) or (attribute(key, _attribute_kind(raw)) if is_attribute(key) else None)
        if fact is None:
            hint = decimal_comma_hint(key, alone=raw is None)
            self.notes.add(path, "unknown-fact", f"unknown fact '{key}'{hint}", _KEYS, key)
            return All(parts=())
        return self._clause(fact, raw, path)

    def _combined(self, key: str, raw: Node, path: Path) -> Condition:
        if not isinstance(raw, list) or not raw:
            self.notes.add(path, "wrong-type", f"'{key}' takes a list of conditions")
            return All(parts=())
        parts = tuple(self._condition(item, (*path, index)) for index, item in enumerate(raw))
        if key == "all":
            return All(parts=parts)
        return AnyOf(parts=parts) if key == "any" else Not(part=AnyOf(parts=parts))

    def _clause(self, fact: Fact, raw: Node, path: Path) -> Condition:
        if not isinstance(raw, dict):
            return self._compare(fact, Operator.EQUALS, raw, path)
        if not raw:
            self.notes.add(path, "wrong-type", f"'{fact.path}' is compared with nothing")
        return All(parts=tuple(self._operation(fact, key, value, (*path, key)) for key, value in raw.items()))

    def _operation(self, fact: Fact, key: str, raw: Node, path: Path) -> Condition:
        if key == "not":
            return Not(part=self._clause(fact, raw, path))
        operators = {operator.value: operator for operator in Operator if operator not in UNWRITTEN}
        if key not in operators:
            hint = decimal_comma_hint(key, alone=raw is None)
            self.notes.add(path, "unknown-operator", f"unknown operator '{key}'{hint}", (*operators, "not"), key)
            return All(parts=())
        return self._compare(fact, operators[key], raw, path)

    def _compare(self, fact: Fact, operator: Operator, raw: Node, path: Path) -> Condition:
        if not fits(fact.kind, operator):
            hint = "; use has, has_any or has_all" if fact.kind is Kind.TAGS else ""
            self.notes.add(
                path, "wrong-operator", f"'{operator.value}' does not fit {fact.path} ({fact.kind.value}){hint}"
            )
            return All(parts=())
        if operator in PAIRED:
            return self._pair(fact, operator, raw, path)
        kind = Kind.FLAG if operator is Operator.KNOWN else fact.kind
        findings_before = len(self.notes.findings)
        if fact.kind is Kind.INSTANT and not accepts_date(operator):
            self._note_days(fact, operator, raw, path)
        operands = tuple(self._operand(fact, kind, word, where) for word, where in self._words(raw, path))
        if len(self.notes.findings) == findings_before:
            self._count(fact, operator, operands, path)
        return Compare(fact=fact, operator=operator, operands=operands)

    def _pair(self, fact: Fact, operator: Operator, raw: Node, path: Path) -> Condition:
        """The comparison with the fact that `raw` names."""
        if not isinstance(raw, str):
            self.notes.add(path, "wrong-type", f"'{operator.value}' takes one other fact, as order.country")
            return All(parts=())
        if fact.path not in VOCABULARY and not is_attribute(fact.path):
            self.notes.add(path, "wrong-operator", f"'{operator.value}' compares facts of rules; write a value here")
            return All(parts=())
        other = VOCABULARY.get(raw) or (attribute(raw, _kind_beside(fact.kind)) if is_attribute(raw) else None)
        if other is None:
            message = f"unknown fact '{raw}'; '{operator.value}' takes another fact, as order.country"
            self.notes.add(path, "unknown-fact", message, VOCABULARY, raw)
            return All(parts=())
        if not are_comparable(fact, other):
            similar = [item.path for item in VOCABULARY.values() if are_comparable(fact, item)]
            self.notes.add(path, "wrong-operator", _why_not_comparable(fact, other), similar, raw)
            return All(parts=())
        return Compare(fact=fact, operator=operator, operands=(), other=other)

    def _note_days(self, fact: Fact, operator: Operator, raw: Node, path: Path) -> None:
        """Refuse dates alone: they stand for midnight, but the author of `at_most: 2026-12-24` means the whole day."""
        for word in raw if isinstance(raw, list) else [raw]:
            if isinstance(word, str) and literals.is_date(word):
                message = f"{fact.path}: '{word}' is a whole day; write a time with it, or at_least and less_than"
                self.notes.add((*path, operator.value), "bad-value", message)

    def _operand(self, fact: Fact, kind: Kind, word: str, path: Path) -> Value:
        try:
            value = PARSERS[kind](word)
        except LiteralInvalid as error:
            self.notes.add(path, error.code, f"{fact.path}: {error}{operator_hint(word)}")
            return 0
        if kind is Kind.CHOICE and value not in fact.choices:
            message = f"'{word}' is no value of {fact.path}; use {', '.join(fact.choices)}{operator_hint(word)}"
            self.notes.add(path, "unknown-word", message, fact.choices, word)
        if kind is not Kind.NUMBER and isinstance(value, int) and value < 0:
            self.notes.add(path, "out-of-range", f"{fact.path} is never below 0")
        return value.upper() if fact.path in IN_CAPITALS and isinstance(value, str) else value

    def _count(self, fact: Fact, operator: Operator, operands: tuple[Value, ...], path: Path) -> None:
        expected = 2 if operator is Operator.BETWEEN else 1
        if operator not in SEVERAL and len(operands) != expected:
            self.notes.add(
                path, "wrong-type", f"'{operator.value}' takes {'two values' if expected > 1 else 'one value'}"
            )
        elif operator is Operator.BETWEEN and not operands[0] <= operands[1]:  # type: ignore[operator]  # one kind
            self.notes.add(
                path, "out-of-range", f"the first end of 'between' is above the second{_over_midnight(fact, operands)}"
            )

    def _words(self, raw: Node, path: Path) -> Iterator[tuple[str, Path]]:
        items = raw if isinstance(raw, list) else [raw]
        if not items:
            self.notes.add(path, "wrong-type", "an empty list")
        for index, item in enumerate(items):
            where = (*path, index) if isinstance(raw, list) else path
            if isinstance(item, str):
                yield item, where
            else:
                self.notes.add(
                    where,
                    "wrong-type",
                    "a value is missing here" if item is None else "a single value is expected here",
                )


def accepts_date(operator: Operator) -> bool:
    """Whether an instant can be compared in this way with a date alone: where its midnight is what the author means."""
    return operator in _FIT_FOR_DATES


def fits(kind: Kind, operator: Operator) -> bool:
    """Whether authors can compare facts of this kind with this operator."""
    if operator is Operator.WITHIN:
        return False
    if operator is Operator.KNOWN or operator in PAIRED:
        return True
    if operator in TAGGED or kind is Kind.TAGS:
        return operator in TAGGED and kind is Kind.TAGS
    if operator in ORDERED:
        return kind not in _UNORDERED
    return operator is Operator.EQUALS or kind is Kind.WORD


def are_comparable(fact: Fact, other: Fact) -> bool:
    """Whether two facts are of one kind, so that each could have the value of the other. A word may be one of a list;
    two lists must have a word in common. An extra attribute is a flag, a number, a word or tags.
    """
    if fact.path == other.path:
        return False
    if fact.choices and other.choices:
        return not set(fact.choices).isdisjoint(other.choices)
    kinds = {_kind_beside(fact.kind), _kind_beside(other.kind)}
    attributes = is_attribute(fact.path) or is_attribute(other.path)
    return len(kinds) == 1 and (not attributes or kinds <= {Kind.ANY, *ATTRIBUTE_KINDS.values()})


def _why_not_comparable(fact: Fact, other: Fact) -> str:
    """What is wrong with a comparison of two facts that are not comparable."""
    if fact.path == other.path:
        return f"{fact.path} is always the same as itself; name another fact"
    message = f"{_described(fact)} can't be the same as {_described(other)}"
    if fact.choices and other.choices:
        return f"{message}: no word is in both lists"
    if is_attribute(fact.path) or is_attribute(other.path):
        kinds = ", ".join(ATTRIBUTE_KINDS)
        known = other if is_attribute(fact.path) else fact
        return f"no attribute is a {known.kind.value}, as {known.path} is: each is one of {kinds}"
    return f"{message}: compare facts of one kind"


def _kind_beside(kind: Kind) -> Kind:
    """The kind that an extra attribute has if it is compared with a fact of this kind."""
    return Kind.WORD if kind is Kind.CHOICE else kind


def _described(fact: Fact) -> str:
    return fact.path if fact.kind is Kind.ANY else f"{fact.path} ({fact.kind.value})"


def _attribute_kind(raw: Node) -> Kind:
    """The kind that an extra attribute must have, judging by the way it is compared."""
    if isinstance(raw, dict):
        kinds = (
            _IMPLIED_KINDS.get(key) or (_kind_of_other(inner) if key in _PAIRED_WORDS else _attribute_kind(inner))
            for key, inner in raw.items()
        )
        return next((kind for kind in kinds if kind is not Kind.ANY), Kind.ANY)
    first = next(iter(raw), None) if isinstance(raw, list) else raw
    if isinstance(first, Plain) and first in ("true", "false"):
        return Kind.FLAG
    return Kind.NUMBER if isinstance(first, Plain) and _is_number(first) else Kind.WORD


def _kind_of_other(raw: Node) -> Kind:
    """The kind that an extra attribute must have beside the fact that `raw` names."""
    other = VOCABULARY.get(raw) if isinstance(raw, str) else None
    return Kind.ANY if other is None else _kind_beside(other.kind)


def _is_number(text: str) -> bool:
    try:
        literals.number(text)
    except LiteralInvalid:
        return False
    return True


def _over_midnight(fact: Fact, operands: Sequence[Value]) -> str:
    """How to write a span that goes over midnight, as a hint; empty for what is no time of day."""
    if fact.kind is not Kind.TIME:
        return ""
    start, end = (cast("int", item) for item in operands)
    if end + 1 > start - 1:
        return ""
    without = ", ".join(f'"{minutes // 60:02}:{minutes % 60:02}"' for minutes in (end + 1, start - 1))
    return f"; a span over midnight is all but the one between: write {{not: {{between: [{without}]}}}}"
