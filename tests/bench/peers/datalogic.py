"""datalogic-py (JSONLogic in Rust). Its docs: compile once, keep a session, pay for the facts by the node.

All rules are one compiled expression that answers a list of flags: several times faster than a rule at a time.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from datalogic_py import DataHandle, Engine

from rules.conditions import All, AnyOf, Compare, Condition, Not, Operator, Term
from tests.bench.option_sets import OptionSet
from tests.bench.peers.infix import SIGNS, name
from tests.bench.peers.peer import Shaped, by_flags, shaped
from tests.reference.rows import SHARED


class _DataLogic:
    engine = "datalogic-py"

    def __init__(self, conditions: Mapping[str, Condition]) -> None:
        self._conditions = conditions
        engine = Engine()
        self._session = engine.session()
        self._rules = engine.compile(self._expression([_logic(item, self._variable) for item in conditions.values()]))

    def _expression(self, rules: list[Any]) -> Any:
        return rules

    def _variable(self, path: str) -> Any:
        return {"var": name(path)}

    def shape(self, options: OptionSet) -> Shaped:
        return shaped(options, self._conditions)


class Batched(_DataLogic):
    form = "one rule, a batch of data handles"

    def match(self, facts: Shaped) -> Any:
        fixed = facts.fixed
        handles = [
            DataHandle(fixed | clock | node | stock | service | route)
            for clock, node, stock, service, route in facts.options
        ]
        return self._session.evaluate_batch(self._rules, handles)

    def fired(self, answer: Any) -> list[set[str]]:
        return by_flags(list(self._conditions), [json.loads(flags) for flags in answer])


class Mapped(_DataLogic):
    """All options in one call, so that what they share crosses over once; rules reach it from within the `map`."""

    form = "one rule that maps over the options"

    def _expression(self, rules: list[Any]) -> Any:
        return {"map": [{"var": "options"}, rules]}

    def _variable(self, path: str) -> Any:
        shared = path.partition(".")[0] in SHARED
        return {"val": [[1], name(path)]} if shared else {"val": name(path)}

    def match(self, facts: Shaped) -> Any:
        options = [clock | node | stock | service | route for clock, node, stock, service, route in facts.options]
        return self._session.evaluate(self._rules, {**facts.fixed, "options": options})

    def fired(self, answer: Any) -> list[set[str]]:
        return by_flags(list(self._conditions), answer)


def _logic(condition: Condition, variable: Callable[[str], Any]) -> Any:
    match condition:
        case Compare():
            return _compared(condition, variable(condition.fact.path))
        case All(parts=parts):
            return {"and": [_logic(part, variable) for part in parts]}
        case AnyOf(parts=parts):
            return {"or": [_logic(part, variable) for part in parts]}
        case Not(part=part):
            return {"!": [_logic(part, variable)]}
        case Term(condition=inner):
            return _logic(inner, variable)


def _compared(comparison: Compare, value: Any) -> Any:
    operands = comparison.operands
    match comparison.operator:
        case Operator.EQUALS if len(operands) == 1:
            return {"===": [value, operands[0]]}
        case Operator.EQUALS:
            return {"in": [value, list(operands)]}
        case Operator.BETWEEN:
            return {"<=": [operands[0], value, operands[1]]}
        case Operator.HAS | Operator.HAS_ANY:
            return {"or": [{"in": [operand, value]} for operand in operands]}
        case other:
            return {SIGNS[other]: [value, operands[0]]}
