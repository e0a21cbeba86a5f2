"""clipspy (CLIPS 6.4, C, Rete): one fact for what options share, one for each option, rules that join the two.

Comparisons stand in the patterns, where CLIPS shares them between rules. What fires is read from one global list:
faster than a call into Python for each rule that fires.
"""

import ctypes
from collections.abc import Iterator, Mapping
from typing import Any

import clips

from rules.conditions import All, AnyOf, Compare, Condition, Not, Operator, Term, comparisons
from rules.vocabulary import Fact, Kind, Value
from tests.bench.option_sets import OptionSet
from tests.bench.peers.infix import SIGNS, literal, name
from tests.bench.peers.peer import Shaped, shaped
from tests.bench.rulebook import mentioned
from tests.reference.rows import SHARED

_SHARED, _OPTION = "shared", "option"


class Clips:
    engine = "clipspy"
    form = "facts asserted, run, reset"

    def __init__(self, conditions: Mapping[str, Condition]) -> None:
        self._conditions = conditions
        self._ids = list(conditions)
        self._environment = clips.Environment()
        # never let go: CLIPS 6.4 prints on stdout that it could not free all of itself
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._environment))
        self._environment.build("(defglobal ?*hits* = (create$))")
        facts = mentioned(conditions)
        self._environment.build(_template(_SHARED, [fact for fact in facts if fact.group in SHARED]))
        self._environment.build(
            _template(_OPTION, [fact for fact in facts if fact.group not in SHARED], "(slot number)")
        )
        for number, condition in enumerate(conditions.values()):
            self._environment.build(_rule(number, condition))
        self._environment.reset()
        self._shared = self._environment.find_template(_SHARED)
        self._option = self._environment.find_template(_OPTION)
        self._hits = self._environment.find_global("hits")
        self._flags = {True: clips.Symbol("TRUE"), False: clips.Symbol("FALSE")}

    def shape(self, options: OptionSet) -> Shaped:
        facts = shaped(options, self._conditions)
        return Shaped(
            fixed=self._symbols(facts.fixed),
            options=[({"number": number}, *map(self._symbols, groups)) for number, groups in enumerate(facts.options)],
        )

    def match(self, facts: Shaped) -> Any:
        self._shared.assert_fact(**facts.fixed)
        for number, clock, node, stock, service, route in facts.options:
            self._option.assert_fact(**number, **clock, **node, **stock, **service, **route)
        self._environment.run()
        hits = self._hits.value
        self._environment.reset()
        return len(facts.options), hits

    def fired(self, answer: Any) -> list[set[str]]:
        count, hits = answer
        by_option: list[set[str]] = [set() for _ in range(count)]
        for option, rule in zip(hits[::2], hits[1::2], strict=True):
            by_option[option].add(self._ids[rule])
        return by_option

    def _symbols(self, facts: dict[str, Any]) -> dict[str, Any]:
        return {word: self._flags[value] if isinstance(value, bool) else value for word, value in facts.items()}


def _template(of: str, facts: list[Fact], more: str = "") -> str:
    slots = [f"({'multislot' if fact.kind is Kind.TAGS else 'slot'} {name(fact.path)})" for fact in facts]
    return f"(deftemplate {of} {more} {' '.join(slots)})"


def _rule(number: int, condition: Condition) -> str:
    patterns: dict[str, dict[str, str]] = {_SHARED: {}, _OPTION: {"number": "?number"}}
    tests: list[str] = []
    for part in condition.parts if isinstance(condition, All) else (condition,):
        where = patterns[_pattern(part.fact)] if isinstance(part, Compare) else {}
        if isinstance(part, Compare) and name(part.fact.path) not in where:
            where[name(part.fact.path)] = f"{_variable(part.fact)}&:{_test(part)}"
        else:
            tests.append(f"(test {_test(part)})")
            for fact in {item.fact for item in comparisons(part)}:
                patterns[_pattern(fact)].setdefault(name(fact.path), _variable(fact))
    return f"(defrule r{number} {' '.join([*_written(patterns), *tests])} => (bind ?*hits* ?*hits* ?number {number}))"


def _written(patterns: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for template, slots in patterns.items():
        yield f"({template} {' '.join(f'({slot} {constraint})' for slot, constraint in slots.items())})"


def _pattern(fact: Fact) -> str:
    return _SHARED if fact.group in SHARED else _OPTION


def _variable(fact: Fact) -> str:
    return f"{'$?' if fact.kind is Kind.TAGS else '?'}{name(fact.path)}"


def _test(condition: Condition) -> str:
    match condition:
        case Compare():
            return _compared(condition)
        case All(parts=parts):
            return f"(and {' '.join(map(_test, parts))})"
        case AnyOf(parts=parts):
            return f"(or {' '.join(map(_test, parts))})"
        case Not(part=part):
            return f"(not {_test(part)})"
        case Term(condition=inner):
            return _test(inner)


def _compared(comparison: Compare) -> str:
    value, operands = f"?{name(comparison.fact.path)}", comparison.operands
    match comparison.operator:
        case Operator.EQUALS:
            return _any_of([f"(eq {value} {_literal(operand)})" for operand in operands])
        case Operator.HAS | Operator.HAS_ANY:
            return _any_of([f"(member$ {_literal(operand)} {value})" for operand in operands])
        case Operator.BETWEEN:
            return f"(<= {operands[0]} {value} {operands[1]})"
        case other:
            return f"({SIGNS[other]} {value} {operands[0]})"


def _any_of(tests: list[str]) -> str:
    return tests[0] if len(tests) == 1 else f"(or {' '.join(tests)})"


def _literal(value: Value) -> str:
    return str(value).upper() if isinstance(value, bool) else literal(value)
