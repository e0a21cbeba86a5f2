"""A decision in the form of schema 1, before the facts were a document of their own: what was logged in that form is
compared in it.
"""

from collections.abc import Iterator, Mapping
from typing import Any


def former_decision(record: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The record of schema 1 that says the same as a record and its facts."""
    former = {name: value for name, value in record.items() if name != "facts"}
    return former | {
        "schema": 1,
        "stock": {sku: dict(_stock(columns)) for sku, columns in facts["stock"].items()},
        "excluded": [entry for line in record["order"]["lines"] for entry in _excluded(line["id"], record, facts)],
    }


def _stock(columns: dict[str, list[Any]]) -> Iterator[tuple[str, dict[str, int]]]:
    names = ("on_hand", "held", "floor")
    for node, *units in zip(columns["nodes"], *(columns[name] for name in names), strict=True):
        yield node, dict(zip(names, units, strict=True))


def _excluded(line: str, record: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """By rules; then by node that rests, with what the record says of the rest."""
    rests = {item["resting"]["node"]: item["resting"] for item in record["excluded"] if "resting" in item}
    theirs = [item for item in facts["excluded"] if line in item["lines"]]
    for item in sorted(theirs, key=lambda item: (item.get("resting", ""), item["rules"], item["unless_needed"])):
        options = sorted((node, service) for service, nodes in item["nodes"].items() for node in nodes)
        yield {
            "line": line,
            "rules": item["rules"],
            "unless_needed": item["unless_needed"],
            "options": [f"{node}/{service}" for node, service in options],
        } | ({"resting": rests[item["resting"]]} if "resting" in item else {})
