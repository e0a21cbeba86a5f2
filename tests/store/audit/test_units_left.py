"""What is left of SKUs is added up over all nodes, as readers take it: lots within their node, nothing below 0."""

from engine.store.audit import units_left as module
from engine.store.audit.units_left import units_left


def test_units_are_those_of_nodes_and_never_below_zero(client, keys, redis_client, monkeypatch):
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    redis_client.hset(keys.on_hand("A"), mapping={"lyon": 7, "lille": -3, "lyon\tL1": 4, "lyon\t": "L1"})
    redis_client.hset(keys.blocked("A"), mapping={"lyon": 2, "lyon\tL1": 1})
    redis_client.hset(keys.on_hand("C"), "lille", 5)
    try:
        assert units_left(client, keys, ["A", "B", "C"]) == ({"A": 7, "B": 0, "C": 5}, {"A": 2, "B": 0, "C": 0})
        assert units_left(client, keys, []) == ({}, {})
    finally:
        redis_client.delete(keys.on_hand("A"), keys.blocked("A"), keys.on_hand("C"))
