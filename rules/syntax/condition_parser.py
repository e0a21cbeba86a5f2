"""Documents to conditions and effects, collecting every mistake instead of stopping at the first."""

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from rules.conditions import ORDERED, SEVERAL, TAGGED, All, AnyOf, Compare, Condition, Not, Operator, Term, extent
from rules.errors import Finding, LiteralInvalid
from rules.syntax import literals
from rules.syntax.typo_hints import lone_decimals, missing_colon
from rules.syntax.yaml_document import Document, Node, Path, Plain
from rules.vocabulary import VOCABULARY, Fact, Kind, Value, attribute, is_attribute

READERS: Mapping[Kind, Callable[[str], Value]] = {
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
    Kind.DATE: literals.date,
    Kind.TIME: literals.time,
    Kind.INSTANT: literals.instant,
}
_TOLD: Mapping[str, Kind] = (
    {Operator.KNOWN.value: Kind.ANY, Operator.MATCHES.value: Kind.WORD}
    | {operator.value: Kind.TAGS for operator in TAGGED}
    | {operator.value: Kind.NUMBER for operator in ORDERED}
)
"""What an operator tells of an extra attribute's kind."""
_OF_A_MOMENT = frozenset({Operator.AT_LEAST, Operator.LESS_THAN, Operator.KNOWN})
_UNORDERED = frozenset({Kind.WORD, Kind.CHOICE, Kind.FLAG, Kind.TAGS})
COMBINATORS = ("all", "any", "none", "is")
_KEYS = frozenset((*VOCABULARY, *COMBINATORS))
MOST_COMPARISONS = 250
"""Of one condition, its terms written out; terms of terms could otherwise grow without end."""
MOST_NESTED = 64
MOST_LETTERS = 200
"""Of a word that is worth a suggestion."""
MOST_LIKENED = 20_000
"""Words that a document's mistakes are likened to; the mistakes after that get no suggestion."""


@dataclass(slots=True, kw_only=True)
class Notes:
    """The findings of one document, as they are made."""

    document: Document
    findings: list[Finding] = field(default_factory=list)
    _likened: int = 0

    def add(self, path: Path, code: str, message: str, among: Collection[str] = (), word: str = "") -> None:
        self.findings.append(self.document.finding(path, code, message, self._meant(word, among)))

    def _meant(self, word: str, among: Collection[str]) -> str:
        if not word or len(word) > MOST_LETTERS or self._likened + len(among) > MOST_LIKENED:
            return ""
        self._likened += len(among)
        return next(iter(difflib.get_close_matches(word, among, n=1)), "")


@dataclass(slots=True, kw_only=True)
class ConditionParser:
    """Reads conditions; `terms` are those of the file, raw, and are read where they are first used."""

    notes: Notes
    terms: Mapping[str, Node]
    _read: dict[str, Condition] = field(default_factory=dict)
    _extents: dict[str, tuple[int, int]] = field(default_factory=dict)
    _open: dict[str, int] = field(default_factory=dict)
    """The terms being read, each with how deep in the other it stands."""

    def condition(self, raw: Node, path: Path) -> Condition:
        """The whole condition at `path`; one that is too large is noted."""
        return self._bounded(self._condition(raw, path), path)[0]

    def comparison(self, fact: Fact, raw: Node, path: Path) -> Condition:
        """What is said of one fact, as `{at_most: 4.00 EUR}`; the fact needn't be one that rules may mention."""
        return self._bounded(self._clause(fact, raw, path), path)[0]

    def _bounded(self, condition: Condition, path: Path) -> tuple[Condition, tuple[int, int]]:
        compared, nested = extent(condition, self._extents)
        if compared <= MOST_COMPARISONS and nested <= MOST_NESTED:
            return condition, (compared, nested)
        most = f"{MOST_COMPARISONS} comparisons" if compared > MOST_COMPARISONS else f"{MOST_NESTED} levels"
        self.notes.add(path, "too-large", f"the condition has more than {most}, its terms written out")
        return All(parts=()), (0, 1)

    def _condition(self, raw: Node, path: Path) -> Condition:
        """A mapping means all of it."""
        if not isinstance(raw, dict) or not raw:
            odd = missing_colon(raw, _KEYS) if isinstance(raw, str) else ""
            self.notes.add(path, "wrong-type", f"a condition is a mapping, as 'order.channel: web'{odd}")
            return All(parts=())
        return All(parts=tuple(self._entry(key, value, (*path, key)) for key, value in raw.items()))

    def term(self, name: str, path: Path) -> Condition:
        """The named condition of this file; a cycle or an unknown name is noted at `path`."""
        if name in self._open:
            names = list(self._open)
            circle = " -> ".join([*names[names.index(name) :], name])
            self.notes.add(path, "cyclic-term", f"the term is defined by itself: {circle}")
            return All(parts=())
        if name not in self.terms:
            self.notes.add(path, "unknown-term", f"unknown term '{name}'", self.terms, name)
            return All(parts=())
        if name not in self._read:
            if sum(self._open.values()) + len(path) > MOST_NESTED:
                self.notes.add(path, "too-deep", "the terms are nested too deep in each other")
                return All(parts=())
            self._open[name] = len(path)
            where = ("terms", name)
            self._read[name], self._extents[name] = self._bounded(self._condition(self.terms[name], where), where)
            self._open.popitem()
        return Term(name=name, condition=self._read[name])

    def _entry(self, key: str, raw: Node, path: Path) -> Condition:
        if key == "is":
            return All(parts=tuple(self.term(name, where) for name, where in self._words(raw, path)))
        if key in COMBINATORS:
            return self._combined(key, raw, path)
        fact = VOCABULARY.get(key) or (attribute(key, _attribute_kind(raw)) if is_attribute(key) else None)
        if fact is None:
            odd = lone_decimals(key, alone=raw is None)
            self.notes.add(path, "unknown-fact", f"unknown fact '{key}'{odd}", _KEYS, key)
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
        operators = {operator.value: operator for operator in Operator if operator is not Operator.EQUALS}
        if key not in operators:
            odd = lone_decimals(key, alone=raw is None)
            self.notes.add(path, "unknown-operator", f"unknown operator '{key}'{odd}", (*operators, "not"), key)
            return All(parts=())
        return self._compare(fact, operators[key], raw, path)

    def _compare(self, fact: Fact, operator: Operator, raw: Node, path: Path) -> Condition:
        if not fits(fact.kind, operator):
            hint = "; use has, has_any or has_all" if fact.kind is Kind.TAGS else ""
            self.notes.add(
                path, "wrong-operator", f"'{operator.value}' does not fit {fact.path} ({fact.kind.value}){hint}"
            )
            return All(parts=())
        kind = Kind.FLAG if operator is Operator.KNOWN else fact.kind
        found = len(self.notes.findings)
        if fact.kind is Kind.INSTANT and not takes_a_day(operator):
            self._note_days(fact, operator, raw, path)
        operands = tuple(self._operand(fact, kind, word, where) for word, where in self._words(raw, path))
        if len(self.notes.findings) == found:
            self._count(operator, operands, path)
        return Compare(fact=fact, operator=operator, operands=operands)

    def _note_days(self, fact: Fact, operator: Operator, raw: Node, path: Path) -> None:
        """A day alone is its first moment: who writes `at_most: 2026-12-24` means the whole of it."""
        for word in raw if isinstance(raw, list) else [raw]:
            if isinstance(word, str) and literals.is_date(word):
                message = f"{fact.path}: '{word}' is a whole day; write a time with it, or at_least and less_than"
                self.notes.add((*path, operator.value), "bad-value", message)

    def _operand(self, fact: Fact, kind: Kind, word: str, path: Path) -> Value:
        try:
            value = READERS[kind](word)
        except LiteralInvalid as error:
            self.notes.add(path, error.code, f"{fact.path}: {error}")
            return 0
        if kind is Kind.CHOICE and value not in fact.choices:
            message = f"'{word}' is no value of {fact.path}; use {', '.join(fact.choices)}"
            self.notes.add(path, "unknown-word", message, fact.choices, word)
        if kind is not Kind.NUMBER and isinstance(value, int) and value < 0:
            self.notes.add(path, "out-of-range", f"{fact.path} is never below 0")
        return value

    def _count(self, operator: Operator, operands: tuple[Value, ...], path: Path) -> None:
        wanted = 2 if operator is Operator.BETWEEN else 1
        if operator not in SEVERAL and len(operands) != wanted:
            self.notes.add(
                path, "wrong-type", f"'{operator.value}' takes {'two values' if wanted > 1 else 'one value'}"
            )
        elif operator is Operator.BETWEEN and not operands[0] <= operands[1]:  # type: ignore[operator]  # one kind
            self.notes.add(path, "out-of-range", "the first end of 'between' is above the second")

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


def takes_a_day(operator: Operator) -> bool:
    """Whether a moment is compared so with a date alone."""
    return operator in _OF_A_MOMENT


def fits(kind: Kind, operator: Operator) -> bool:
    """Whether facts of this kind are compared so."""
    if operator is Operator.KNOWN:
        return True
    if operator in TAGGED or kind is Kind.TAGS:
        return operator in TAGGED and kind is Kind.TAGS
    if operator in ORDERED:
        return kind not in _UNORDERED
    return operator is Operator.EQUALS or kind is Kind.WORD


def _attribute_kind(raw: Node) -> Kind:
    """What the author takes an extra attribute for, from the way it is compared."""
    if isinstance(raw, dict):
        told = (_TOLD.get(key) or _attribute_kind(inner) for key, inner in raw.items())
        return next((kind for kind in told if kind is not Kind.ANY), Kind.ANY)
    first = next(iter(raw), None) if isinstance(raw, list) else raw
    if isinstance(first, Plain) and first in ("true", "false"):
        return Kind.FLAG
    return Kind.NUMBER if isinstance(first, Plain) and _is_number(first) else Kind.WORD


def _is_number(text: str) -> bool:
    try:
        literals.number(text)
    except LiteralInvalid:
        return False
    return True
