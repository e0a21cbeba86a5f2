"""How it is counted what nodes are given to ship on a day: shipments under the node's id, and where rules limit them
units and grams, too, under fields of their own. No id of a node has a tab in it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeAlias

Loads: TypeAlias = Mapping[str, int]
"""Amounts by field."""
_UNITS, _GRAMS = "\tunits", "\tgrams"


def units_field(node: str) -> str:
    """The field of units over all SKUs."""
    return node + _UNITS


def grams_field(node: str) -> str:
    """The field of the grams that these units weigh."""
    return node + _GRAMS


def node_of(field: str) -> str:
    """The node whose load a field is."""
    return field.partition("\t")[0]


def measure_of(field: str) -> str:
    """What it counts: shipments, units or grams."""
    return field.partition("\t")[2] or "shipments"


def counts_shipments(field: str) -> bool:
    """Whether it counts the shipments of a node."""
    return "\t" not in field


def output(node: str, units: Iterable[tuple[str, int]], weights: Mapping[str, int] | None) -> Counter[str]:
    """Units and grams, by field, of units of SKUs, given the weight of one; nothing if they are not counted."""
    amounts: Counter[str] = Counter()
    for sku, count in units if weights is not None else ():
        amounts[units_field(node)] += count
        amounts[grams_field(node)] += count * (weights or {}).get(sku, 0)
    return amounts
