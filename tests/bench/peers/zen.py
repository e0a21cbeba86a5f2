"""zen-engine (GoRules, Rust), by its compiled expressions: decision graphs took 10 to 60 times as long here, be it a
decision table that collects or an expression node.
"""

from collections.abc import Mapping
from typing import Any

from zen import compile_expression

from rules.conditions import Condition
from tests.bench.option_sets import OptionSet
from tests.bench.peers.infix import Infix, name
from tests.bench.peers.peer import Shaped, by_flags, shaped
from tests.reference.rows import SHARED


class Each:
    """All rules as one expression that answers a list of flags."""

    engine = "zen-engine"
    form = "one expression, an option at a time"

    def __init__(self, conditions: Mapping[str, Condition]) -> None:
        self._conditions = conditions
        self._expression = compile_expression(f"[{', '.join(map(Infix().text_of, conditions.values()))}]")

    def shape(self, options: OptionSet) -> Shaped:
        return shaped(options, self._conditions)

    def match(self, facts: Shaped) -> Any:
        evaluate, fixed = self._expression.evaluate, facts.fixed
        return [
            evaluate(fixed | clock | node | stock | service | route)
            for clock, node, stock, service, route in facts.options
        ]

    def fired(self, answer: Any) -> list[set[str]]:
        return by_flags(list(self._conditions), answer)


class Mapped(Each):
    """All options in one call."""

    form = "one expression that maps over the options"

    def __init__(self, conditions: Mapping[str, Condition]) -> None:
        self._conditions = conditions
        rules = ", ".join(map(Infix(named=_named).text_of, conditions.values()))
        self._expression = compile_expression(f"map(options, [{rules}])")

    def match(self, facts: Shaped) -> Any:
        options = [clock | node | stock | service | route for clock, node, stock, service, route in facts.options]
        return self._expression.evaluate({**facts.fixed, "options": options})


def _named(path: str) -> str:
    return name(path) if path.partition(".")[0] in SHARED else f"#.{name(path)}"
