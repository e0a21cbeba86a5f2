"""Conditions as text of languages whose syntax is similar: Python, GoRules' zen, rule-engine."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from rules.conditions import All, AnyOf, Compare, Condition, Not, Operator, Term
from rules.vocabulary import Value

SIGNS = {Operator.AT_LEAST: ">=", Operator.MORE_THAN: ">", Operator.AT_MOST: "<=", Operator.LESS_THAN: "<"}


def name(path: str) -> str:
    """A fact's path as a name that every language takes: `node_type`."""
    return path.replace(".", "_")


def literal(value: Value) -> str:
    """A word, flag or integer as JSON writes it."""
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Infix:
    """In what these languages differ."""

    named: Callable[[str], str] = name
    literal: Callable[[Value], str] = literal
    listed: str = "[{}]"
    between: str = "({value} >= {low} and {value} <= {high})"

    def text_of(self, condition: Condition) -> str:
        match condition:
            case Compare():
                return self._compared(condition)
            case All(parts=parts):
                return f"({' and '.join(map(self.text_of, parts))})"
            case AnyOf(parts=parts):
                return f"({' or '.join(map(self.text_of, parts))})"
            case Not(part=part):
                return f"(not ({self.text_of(part)}))"
            case Term(condition=inner):
                return self.text_of(inner)

    def _compared(self, comparison: Compare) -> str:
        value = self.named(comparison.fact.path)
        words = [self.literal(operand) for operand in comparison.operands]
        match comparison.operator:
            case Operator.EQUALS if len(words) == 1:
                return f"{value} == {words[0]}"
            case Operator.EQUALS:
                return f"{value} in {self.listed.format(', '.join(words))}"
            case Operator.BETWEEN:
                return self.between.format(value=value, low=words[0], high=words[1])
            case Operator.HAS | Operator.HAS_ANY:
                return f"({' or '.join(f'{word} in {value}' for word in words)})"
            case other:
                return f"{value} {SIGNS[other]} {words[0]}"
