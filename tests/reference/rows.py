"""Options given as facts, as the rows that a matcher judges."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.decide.matching.signature_table import LATE, LOAD, MAY_BE_UNKNOWN, UNKNOWN_NUMBER, Rows
from engine.decide.matching.signatures import ALWAYS_KNOWN
from engine.decide.shipping.node_clocks import ClockFacts
from engine.decide.shipping.reach import LATE as LATE_CODES
from rules.vocabulary import Facts

SHARED = ("order", "now", "line", "product")
"""The groups of facts that the options of a line share."""
VARYING = ("clock", "node", "stock", "service", "route")
"""The groups of facts in which they differ, in the order of an option's tuple."""
OptionFacts = tuple[Facts, Facts, Facts, Facts, Facts]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    node_facts: Sequence[Facts]
    service_facts: Sequence[Facts]


def rows_of(options: Sequence[OptionFacts]) -> Rows:
    """Each option has a node with a clock of its own, and a service of its own. The numbers of `ALWAYS_KNOWN` must be
    known.
    """
    merged = [{path: value for group in option for path, value in group.items()} for option in options]
    columns = {path: np.array([facts[path] for facts in merged]) for path in ALWAYS_KNOWN}
    for path in MAY_BE_UNKNOWN:
        values = [facts.get(path) for facts in merged]
        columns[path] = np.array([UNKNOWN_NUMBER if value is None else value for value in values], dtype=np.int64)
    columns[LATE] = np.array([LATE_CODES.index(facts[LATE]) for facts in merged])
    numbers = np.arange(len(options))
    ways = _Facts(
        node_facts=[{**node, LOAD: 0} for _, node, _, _, _ in options],
        service_facts=[option[3] for option in options],
    )
    made = {path: (lambda column=column: column) for path, column in columns.items()}
    clocks = ClockFacts([option[0] for option in options], numbers)
    return Rows(ways, numbers, numbers, made, merged.__getitem__, clocks)
