"""Several values of JSON become one: lists are put behind one another, the rest is that of the first."""

from collections.abc import Sequence
from typing import Any


def merged(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One document of several; members that are objects are merged in the same way."""
    one = dict(rows[0])
    for row in rows[1:]:
        for name, value in row.items():
            before = one.get(name)
            if isinstance(before, list) and isinstance(value, list):
                one[name] = [*before, *value]
            elif isinstance(before, dict) and isinstance(value, dict):
                one[name] = merged([before, value])
    return one


def merged_by(rows: Sequence[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Those that agree in this field become one, at the place of the first of them."""
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row.get(name), []).append(row)
    return [merged(group) for group in groups.values()]
