"""Why each place that was not chosen was not: what kept it from shipping, or by how much it lost, as statements."""

import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

from engine.audit.explanation.barriers import FREE, Barrier, barriers
from engine.audit.explanation.case import ExplainedChoice, NeedsSearch
from engine.audit.explanation.comparison import Loss, loss, rules_between
from engine.audit.explanation.forced import best_first, forced_from
from engine.audit.explanation.looking_ahead import lookahead_at
from engine.audit.explanation.statement import Names, Rules, Statement, Units, Values
from engine.errors import NotFound

MOST_COMPARED: Final = 5
"""Places that are compared with the choice one by one, the best first; of the others it is said that they could ship,
too. Each takes choosing once more.
"""
MOST_SEARCHED: Final = 1
"""Of these, at most so many whose comparison takes a search, as that may take as long as all the rest."""

QUICKLY_SEARCHED: Final = 500
"""Ways of shipping a line among which a search takes no longer than all the rest of deciding."""


class OtherPlaces:
    """The places of the network that ship nothing of the order."""

    def __init__(self, explained: ExplainedChoice) -> None:
        self._explained = explained
        self._names = explained.evaluation.ways.node_ids
        self.barriers, self._codes = barriers(explained)
        self._compared: dict[int, Statement] = {}
        self._searched = 0

    @cached_property
    def able(self) -> Sequence[int]:
        """The numbers of those that could ship something, the one that would do best by itself first."""
        chosen = {self._explained.evaluation.ways.node_index[name] for name in self._explained.nodes}
        free = {node for of_line in self._codes for node, code in enumerate(of_line) if code == FREE} - chosen
        return [node for node in best_first(self._explained) if node in free]

    def statements(self) -> Iterator[Statement]:
        """Of all of them."""
        compared = [node for node in self.able[:MOST_COMPARED] if self._is_compared(node)]
        for node in compared:
            yield self._compared[node]
            yield from self._lookahead(node)
        others = [node for node in self.able if node not in compared]
        if others:
            yield self._others(others)
        for barrier in self.barriers:
            yield self._barrier(barrier)

    def _others(self, nodes: Sequence[int]) -> Statement:
        """Of nodes that could ship and are not compared."""
        names = tuple(sorted(self._names[node] for node in nodes))
        kind = "place.others" if self._explained.choice.gap == 0 else "place.others_unproven"
        return Statement(kind=kind, values={"nodes": Names(names)}, count=len(names))

    def _is_compared(self, node: int) -> bool:
        """Whether a node is compared: without a search, or as long as few were made for that."""
        if node not in self._compared:
            searches = self._explained.everybody.searched
            searches.allowed = self._searched < MOST_SEARCHED and self._searches_are_quick
            with contextlib.suppress(NeedsSearch):
                self.compared(node)
            searches.allowed = True
        return node in self._compared

    @property
    def _searches_are_quick(self) -> bool:
        """Whether a search takes no longer than deciding did: it took one itself, or had little to choose from."""
        return self._explained.searches > 0 or len(self._explained.candidates.line) <= QUICKLY_SEARCHED

    def of(
        self, name: str, lines: Collection[int] | None = None, *, whatever_it_takes: bool = True
    ) -> Iterator[Statement]:
        """Of one place, of some `lines` if not all matter; compared if it could ship, `whatever_it_takes` or as long as
        few comparisons took a search. Raises NotFound if there is no place of that name.
        """
        node = self._explained.evaluation.ways.node_index.get(name)
        if node is None:
            raise NotFound(f"there is no place '{name}' in the network that the order was decided on")
        if name in self._explained.nodes:
            yield Statement(
                kind="place.ships_all" if self._explained.is_from_one_place else "place.ships",
                values={"node": Names.of(name)},
            )
            return
        if node in self.able:
            compares = whatever_it_takes or self._is_compared(node)
            yield self.compared(node) if compares else self._others([node])
            if compares:
                yield from self._lookahead(node)
        for barrier in self.barriers:
            of_lines = [index for index in barrier.lines if lines is None or index in lines]
            if name in barrier.nodes and of_lines:
                yield self._barrier(replace(barrier, nodes=(name,), lines=tuple(of_lines)))

    def _lookahead(self, node: int) -> Iterator[Statement]:
        """Why units count more there, if a compared place loses on money and look-ahead prices are a part of that."""
        outcome = self._compared[node].values["outcome"]
        if isinstance(outcome, Loss) and outcome.part == "money" and outcome.costs.lookahead > 0:
            yield from lookahead_at(self._explained, self._names[node])

    def compared(self, node: int) -> Statement:
        """What it would have meant had a place shipped what it could."""
        statement = self._compared.get(node)
        if statement is None:
            searches = self._explained.searches
            statement = self._compared[node] = self._compare(node)
            self._searched += self._explained.searches > searches
        return statement

    def _compare(self, node: int) -> Statement:
        explained = self._explained
        forced = forced_from(explained, node)
        if forced is None:
            raise AssertionError(f"{self._names[node]} can ship nothing")
        lines, units = explained.evaluation.order.lines, dict[str, int]()
        for index, count in forced.units.items():
            units[lines[index].sku] = units.get(lines[index].sku, 0) + count
        outcome = loss(explained, forced.choice)
        values: Values = {
            "node": Names.of(self._names[node]),
            "units": Units(tuple(units.items())),
            "outcome": outcome,
        }
        everything = sum(forced.units.values()) == sum(line.quantity for line in lines)
        rules = Rules(rules_between(explained, forced.choice, outcome.part))
        return Statement(kind="place.everything" if everything else "place.some", values=values, rules=rules)

    def _barrier(self, barrier: Barrier) -> Statement:
        lines = self._explained.evaluation.order.lines
        values: Values = {
            "nodes": Names(barrier.nodes),
            "skus": Names(tuple(dict.fromkeys(lines[index].sku for index in barrier.lines))),
            "lines": Names(tuple(lines[index].id for index in barrier.lines)),
        }
        because = {}
        if barrier.code == "resting":
            because = dict(self._explained.evaluation.resting[barrier.nodes[0]].because)
        rules = Rules(barrier.rules, because)
        return Statement(kind=f"place.{barrier.code}", values=values, count=len(barrier.nodes), rules=rules)
