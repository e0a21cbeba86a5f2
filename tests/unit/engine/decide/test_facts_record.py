"""The facts of a decision as JSON: columns of stock, and the options that rules took away, once for lines alike."""

import hashlib
import json

import pytest

from engine.decide.facts_record import FactsRecord, FactsReferenceRecord, facts_from_json, facts_to_json
from engine.model.facts import StockPosition
from tests.support.facts import LILLE, LYON, decided, node, order, service, snapshot

NODES = [
    node("lille", LILLE, type="store", services=("parcel", "van")),
    node("lyon", LYON, services=("parcel", "van")),
    node("nice", LYON, type="store"),
]
SERVICES = [service(), service("van", mode="van")]
STOCK = {
    "A": {"lille": 5, "lyon": StockPosition(on_hand=9, held=2), "nice": 1},
    "B": {"lille": 2, "lyon": 0, "nice": 4},
    "C": {"lyon": 3},
}


def made(*rules: str) -> FactsRecord:
    facts = snapshot(NODES, STOCK, services=SERVICES)
    return FactsRecord.of(decided(order(("A", 1), ("B", 1), ("C", 1), ("A", 2)), facts, *rules))


def test_stock_is_in_columns_a_row_for_each_node_that_has_any():
    assert json.loads(facts_to_json(made("when: {node.type: store}, then: {keep: 1}")))["stock"] == {
        "A": {"nodes": ["lille", "lyon", "nice"], "on_hand": [5, 9, 1], "held": [0, 2, 0], "floor": [1, 0, 1]},
        "B": {
            "nodes": ["lille", "nice"],
            "on_hand": [2, 4],
            "held": [0, 0],
            "floor": [1, 1],
            "empty": ["lyon"],
        },
        "C": {"nodes": ["lyon"], "on_hand": [3], "held": [0], "floor": [0]},
    }


def test_options_that_lines_lose_alike_are_listed_once_by_rules_and_service():
    facts = made(
        "when: {service.mode: van}, then: {exclude: true}",
        "when: {node.type: store}, then: {exclude: unless_needed}",
        "when: {node.id: lyon, service.mode: van}, then: {exclude: true}",
    )
    assert json.loads(facts_to_json(facts))["excluded"] == [
        {"lines": lines, "nodes": nodes, "rules": rules, "unless_needed": unless_needed}
        for rules, unless_needed, lines, nodes in (
            (["test/r1", "test/r2"], False, ["1", "2", "4"], {"van": ["lille"]}),
            (["test/r1", "test/r3"], False, ["1", "3", "4"], {"van": ["lyon"]}),
            (["test/r2"], True, ["1", "2", "4"], {"parcel": ["lille", "nice"]}),
        )
    ]


def test_the_bytes_are_canonical_in_one_line_and_named_by_their_hash():
    body = facts_to_json(made("when: {service.mode: van}, then: {exclude: true}"))
    canonical = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert body.decode() == canonical
    assert b"\n" not in body
    reference = FactsReferenceRecord.of(body)
    assert (reference.sha256, reference.size_bytes) == (hashlib.sha256(body).hexdigest(), len(body))


def test_what_was_written_is_read_back_and_bytes_of_other_things_are_refused():
    body = facts_to_json(made())
    assert facts_to_json(facts_from_json(body)) == body
    with pytest.raises(ValueError, match="required field `stock`"):
        facts_from_json(b'{"excluded":[]}')
