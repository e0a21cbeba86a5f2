"""Codes comparisons of two facts, where rows differ in at least one of the two, as the place's country and the order's.

durable-rules sees neither of the facts, but one small integer: whether they are the same.
"""

import functools
import hashlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from engine.decide.matching.signature_table import LOAD, NumberedFacts, Rows
from engine.decide.matching.value_classes import UNKNOWN, Property
from engine.decide.shipping.columns import Integers
from rules.vocabulary import Facts

MOST_COLUMNS = 1_000
"""Columns of the network's nodes or services that are remembered, each for one value of a fact that rows share."""
_ROW_GROUPS = frozenset({"clock", "node", "stock", "service", "route"})


def differs_by_row(item: Property) -> bool:
    """Whether it is a property of two facts in which the rows of a line differ."""
    return item.other is not None and any(fact.group in _ROW_GROUPS for fact in item.facts)


def codes_of_values(item: Property, facts: Facts) -> int:
    """A number for what `facts` say of a property of two facts, the same in every process: the code, or one for the
    value of the only fact that is known.
    """
    paths = [fact.path for fact in item.facts if fact.path in facts]
    if len(paths) == len(item.facts):
        return item.of(facts)
    value = facts[paths[0]] if paths else None
    text = repr(sorted(value) if isinstance(value, frozenset) else value)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


class PairCodes:
    """Adds to rows the codes of those of the properties in which they differ, a column each."""

    def __init__(self, properties: Iterable[Property]) -> None:
        self.properties = [item for item in properties if differs_by_row(item)]
        self._columns: dict[tuple[object, ...], tuple[NumberedFacts, Integers]] = {}

    def with_columns(self, lines: Sequence[Mapping[str, Facts]], line: Integers, rows: Rows) -> Rows:
        """The rows with their codes. `lines` has the facts that the rows of each line share, by group; `line` numbers
        the line of each row.
        """
        added = {
            item.path: functools.cache(functools.partial(self._codes, item, lines, line, rows))
            for item in self.properties
        }
        return rows._replace(columns={**rows.columns, **added})

    def _codes(self, item: Property, lines: Sequence[Mapping[str, Facts]], line: Integers, rows: Rows) -> Integers:
        if len(lines) == 1:
            return self._codes_of_line(item, lines[0], rows)
        codes = np.full(len(line), UNKNOWN, dtype=np.int64)
        order = np.argsort(line, kind="stable")
        bounds = line[order].searchsorted(np.arange(len(lines) + 1)).tolist()
        for shared, start, end in zip(lines, bounds, bounds[1:], strict=False):
            at = order[start:end]
            codes[at] = self._codes_of_line(item, shared, rows.at(at))
        return codes

    def _codes_of_line(self, item: Property, shared: Mapping[str, Facts], rows: Rows) -> Integers:
        common = {fact.path: shared[fact.group].get(fact.path) for fact in item.facts if fact.group in shared}
        groups = {fact.group for fact in item.facts if fact.path not in common}
        if groups == {"node"} and LOAD not in (fact.path for fact in item.facts):
            return self._of_network(item, common, rows.ways, rows.ways.node_facts)[rows.node]
        if groups == {"service"} and rows.service is not None:
            return self._of_network(item, common, rows.ways, rows.ways.service_facts)[rows.service]
        codes = [item.of({**common, **rows.facts(row)}) for row in range(len(rows.node))]
        return np.array(codes, dtype=np.int64)

    def _of_network(self, item: Property, common: Facts, ways: NumberedFacts, numbered: Sequence[Facts]) -> Integers:
        """By node or service, the codes beside the facts that rows share."""
        # typed: a dictionary takes True for 1, and an extra attribute may be either
        key = (item.path, *((type(value), value) for value in common.values()))
        known = self._columns.get(key)
        if known is None or known[0] is not ways:
            if len(self._columns) >= MOST_COLUMNS:
                self._columns.clear()
            codes = np.array([item.of({**common, **facts}) for facts in numbered], dtype=np.int64)
            known = self._columns[key] = ways, codes
        return known[1]
