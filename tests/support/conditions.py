"""Short ways to write conditions."""

from rules.conditions import Compare, Operator
from rules.vocabulary import VOCABULARY, Value


def compare(path: str, operator: Operator, *operands: Value) -> Compare:
    return Compare(fact=VOCABULARY[path], operator=operator, operands=operands)
