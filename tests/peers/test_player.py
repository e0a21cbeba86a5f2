"""A row that expects what is not so fails, whatever it is that differs; what is not written as a row is refused."""

import msgspec
import pytest

from engine.store.keys import Keys
from tests.peers.player import play
from tests.peers.rows import EXPECTATIONS, Peer, Row, Step

SO = {
    "ships": {"north": {"A": 2}},
    "shipped": {"A": 2},
    "shipments": 1,
    "unfilled": {"A": 1},
    "on_hand": {"A": {"north": 2, "south": 0}},
    "held": {"A": {"north": 2}},
    "free": {"A": {}},
    "free_in_all": {"A": 0},
    "waiting": {"W-1": {"A": 1}},
}
"""What comes of an order of three where one place has two."""
NOT_SO = {
    "ships": {"south": {"A": 2}},
    "shipped": {"A": 3},
    "shipments": 2,
    "unfilled": {},
    "refused": "not in these words",
    "on_hand": {"A": {"north": 0, "south": 0}},
    "held": {"A": {}},
    "free": {"A": {"north": 2}},
    "free_in_all": {"A": 2},
    "waiting": {},
}


@pytest.fixture
def play_steps(bare, clock):
    def play_these(*steps):
        source = {"suite": "file", "test": "test"}
        stock = {"A": {"north": 2, "south": 0}}
        row = msgspec.convert({"row": "A row", "source": source, "stock": stock, "steps": steps}, Row)
        suites = {"file": {"file": "test", "tests": 1}}
        facts = {"peer": "P", "repository": "a/b", "commit": "c", "licence": "none", "suites": suites, "rows": []}
        play(row, msgspec.convert(facts, Peer), bare, clock)

    return play_these


def test_a_row_that_expects_what_is_so_passes(play_steps):
    play_steps({"decide": {"A": 3}, "wait": True, **SO})


@pytest.mark.parametrize("name", EXPECTATIONS)
def test_a_row_that_expects_what_is_not_so_fails(name, play_steps):
    with pytest.raises(AssertionError, match=f"A row, step 1: .*{name}"):
        play_steps({"decide": {"A": 3}, "wait": True, **SO, name: NOT_SO[name]})


def test_what_is_offered_is_compared_by_order(play_steps):
    waits, comes = {"decide": {"A": 3}, "wait": True}, {"arrive": {"A": {"south": 1}}}
    with pytest.raises(AssertionError, match=r"step 3: ships: is \{'W-1': \{'south': \{'A': 1\}\}\}"):
        play_steps(waits, comes, {"offer": "backlog", "ships": {}})


def test_a_row_whose_ledger_differs_from_the_log_fails(play_steps, redis_client, network):
    redis_client.hset(Keys(network).held("A"), "north", 1)
    with pytest.raises(AssertionError, match="drifts of the ledger"):
        play_steps({"decide": {"A": 1}})


def test_a_refusal_that_is_not_expected_fails(play_steps):
    shipped = {"decide": {"A": 1}}, {"confirm": "W-1"}
    with pytest.raises(AssertionError, match=r"step 3: refused: is .* has ended"):
        play_steps(*shipped, {"release": "W-1"})
    with pytest.raises(AssertionError, match="refused"):
        play_steps(*shipped, {"release": "W-1", "refused": "for another reason"})


def test_a_place_without_a_shipment_of_the_order_can_confirm_none(play_steps):
    with pytest.raises(AssertionError, match="south ships nothing of W-1"):
        play_steps({"decide": {"A": 1}}, {"confirm": "W-1", "from": ["south"]})


def test_a_step_does_one_thing():
    assert msgspec.convert({"release": "W-1"}, Step).verb == "release"
    with pytest.raises(ValueError, match="not enough"):
        assert Step().verb
    with pytest.raises(ValueError, match="too many"):
        assert msgspec.convert({"release": "W-1", "confirm": "W-1"}, Step).verb


def test_a_key_that_no_step_has_is_refused():
    with pytest.raises(msgspec.ValidationError, match="shps"):
        msgspec.convert({"decide": {"A": 1}, "shps": {}}, Step)
