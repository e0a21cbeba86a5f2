"""A feed of what is available follows what is held, in as many messages as it takes, and whatever it was before."""

import pytest

from api.connectors.sending.sender import ConnectorSender
from engine.orders.cancellation.plan import CancelRequest
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.connector_targets import Sending
from tests.support.decision_json import json_of
from tests.support.facts import inventory, node, order

FIELDS = "fields: {n: node, s: sku, u: available}\n"
ON_HAND = "fields: {n: node, s: sku, u: on_hand}\n"


@pytest.fixture
def shop(bare):
    stock = {sku: {"lyon": 10, "lille": 5} for sku in ("A", "B", "C")}
    bare.load(inventory([node("lyon"), node("lille")], stock))
    activate(bare)
    return bare


@pytest.fixture
def sending(tmp_path, shop):
    def made(fields=FIELDS, more=""):
        sends = f"sends: {{folder: out, file: $number.txt{more}}}\nformat: ndjson\n"
        return Sending(pointsman=shop, root=tmp_path, text=f"kind: stock_feed\n{sends}{fields}")

    return made


def told(here):
    assert here.run().error == ""
    return {(row["s"], row["n"]): row["u"] for row in here.rows()}


def decide(shop, *lines, **more):
    return json_of(shop.decide(order(*lines, **more)))


def test_whatever_changes_what_is_held_is_told_as_it_is_then(shop, sending, clock):
    here = sending()
    state = told(here)
    assert len(state) == 6
    made = decide(shop, ("A", 12), ("B", 1), id="W-1")
    steps = (
        lambda: decide(shop, ("C", 15)),
        lambda: shop.cancellations.cancel(CancelRequest(order="W-1", lines={"1": 2}, op="c")),
        lambda: shop.holds.confirm(made["id"], lines={"2": 1}, op="x"),
        lambda: shop.holds.undo(made["id"], op="y"),
        lambda: shop.stock.move([Movement(node="lyon", sku="B", delta=4, op="m")]),
        lambda: setattr(clock, "now", clock.now + 40 * 86_400),
    )
    for step in (lambda: None, *steps):
        step()
        state |= told(here)
        positions = (level for block in shop.stock.positions(["A", "B", "C"]) for level in block)
        assert state == {(level.sku, level.node): level.available for level in positions}
    assert told(here) == {}


def test_a_feed_of_what_is_on_hand_is_not_told_what_is_held(shop, sending):
    here = sending(ON_HAND)
    told(here)
    decide(shop, ("A", 1))
    assert told(here) == {}


def test_many_changes_go_into_several_messages_and_none_is_left_out(shop, sending):
    here = sending(more=", most: 2")
    told(here)
    decide(shop, ("A", 1), ("B", 1))
    decide(shop, ("C", 1))
    assert sorted(sku for sku, _ in told(here)) == ["A", "A", "B", "B", "C", "C"]
    assert told(here) == {}


def test_only_the_nodes_that_are_meant_are_told(shop, sending):
    here = sending(more=", nodes: lille")
    assert set(told(here)) == {("A", "lille"), ("B", "lille"), ("C", "lille")}
    decide(shop, ("A", 15))
    assert told(here) == {("A", "lille"): 0}


def test_after_a_load_all_is_told_again(shop, sending):
    here = sending()
    told(here)
    shop.load(inventory([node("lyon"), node("lille")], {"A": {"lyon": 1}, "B": {"lille": 2}}))
    assert told(here) == {("A", "lyon"): 1, ("B", "lille"): 2}
    assert told(here) == {}


def test_a_feed_whose_fields_are_changed_tells_all_of_it_once_more(shop, sending):
    told(sending(ON_HAND))
    assert len(told(sending())) == 6
    assert told(sending()) == {}
    decide(shop, ("A", 1))
    assert len(told(sending(ON_HAND))) == 6
    assert told(sending(ON_HAND)) == {}


@pytest.mark.parametrize("changed_again", [False, True])
def test_a_message_that_was_being_sent_comes_again_and_what_changed_meanwhile_after_it(
    shop, sending, monkeypatch, changed_again
):
    here = sending()
    told(here)
    decide(shop, ("A", 1))

    def dies(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ConnectorSender, "_finish", dies)
        with pytest.raises(KeyboardInterrupt):
            here.run()
    first = here.take_away()
    decide(shop, ("A" if changed_again else "B", 1))
    assert here.run().error == ""
    files = here.take_away()
    assert list(first) == ["2.txt"]
    if not changed_again:
        assert files["2.txt"] == first["2.txt"]
    assert ("A" if changed_again else "B") in files["3.txt"]
    assert told(here) == {}


def test_connectors_of_another_kind_are_not_followed(sending):
    here = sending(more=", again_after: other")
    told(here)
    assert told(here) == {}
