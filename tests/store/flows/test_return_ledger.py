"""Returns agree with the log, whatever breaks; races, lost replies, erasures and other people's steps lose nothing."""

import threading

import pytest

from engine.errors import HoldEnded, NotReturnable, OrderNotOver, PointsmanError, ReturnOver
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.flows.returns import StoredReturns
from engine.store.hold_changes.change_script import ChangeScript
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LYON, inventory, node, order
from tests.support.lossy_proxy import proxy, script_call
from tests.support.resumed_replay import verify_resumed
from tests.support.returns import dispose, groups, inspect, line_units, open_return, receive, stock

DAMAGES = {
    "units in quarantine too few": lambda r, key: r.hincrby(key("quarantine:A"), "lyon", -1),
    "units in quarantine gone": lambda r, key: r.delete(key("quarantine:A")),
    "units in quarantine of nobody": lambda r, key: r.hset(key("quarantine:B"), "lille", 3),
    "a return gone": lambda r, key: r.hdel(key("returns"), "O-1-R1"),
    "a return altered": lambda r, key: r.hset(
        key("returns"), "O-1-R1", r.hget(key("returns"), "O-1-R1").replace(b'"units":2', b'"units":1')
    ),
    "a return that nobody opened": lambda r, key: r.hset(
        key("returns"), "stray", r.hget(key("returns"), "O-1-R1").replace(b"O-1-R1", b"stray")
    ),
    "a return out of the list": lambda r, key: r.zrem(key("returns:opened"), "O-1-R1"),
    "a return misplaced in the list": lambda r, key: r.zadd(key("returns:opened"), {"O-1-R1": 5}),
    "the returns of an order gone": lambda r, key: r.hdel(key("order:O-1"), "returns"),
    "the returns of an order altered": lambda r, key: r.hset(key("order:O-1"), "returns", "{}"),
    "the returns of an order damaged": lambda r, key: r.hset(key("order:O-1"), "returns", "?"),
}


@pytest.fixture
def shop(bare):
    """Three of A have left Lyon, of which two came back by O-1-R1."""
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 5}}))
    activate(bare)
    bare.holds.confirm(json_of(bare.decide(order(("A", 3), id="O-1")))["id"])
    open_return(bare, _1=2)
    receive(bare, "O-1-R1", _1=2)
    return bare


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_found_and_made_as_the_log_says(shop, redis_client, key, contents, damage):
    left_out = {key(name).encode() for name in ("log", "changed")}
    before = {name: value for name, value in contents().items() if name not in left_out}
    DAMAGES[damage](redis_client, key)
    audit = shop.check()
    assert len(audit.drifts) == 1, [str(drift) for drift in audit.drifts]
    assert len(shop.repair(who="ann").repaired) == 1
    assert shop.check().clean
    after = {name: value for name, value in contents().items() if name not in left_out}
    assert after == before


def test_a_return_that_can_not_be_read_is_said(shop, redis_client, key):
    redis_client.hset(key("returns"), b"\xff", "?")
    assert not shop.check().clean


def test_a_check_that_goes_on_from_an_earlier_one_knows_the_returns(shop):
    inspect(shop, "O-1-R1")
    verify_resumed(shop)
    assert shop.check().quarantine == 2


def test_a_step_whose_reply_is_lost_is_taken_once(shop, server_url, network, clock):
    with proxy(server_url) as before, Pointsman(Settings(redis_url=before.url, network=network), clock=clock) as worker:
        worker.ready()
        inspect(worker, "O-1-R1")
        before.lose_reply_to = script_call("flows/change_return")
        assert dispose(worker, "O-1-R1").state == "closed"
        assert before.lost_replies == 1
    assert stock(shop) == (4, 0, 0)
    assert shop.check().clean


def test_of_many_who_return_the_last_unit_one_does(shop):
    outcomes = []

    def take_back(number):
        try:
            outcomes.append(open_return(shop, _1=1, name=f"R-{number}").stored.id)
        except NotReturnable:
            outcomes.append(None)

    threads = [threading.Thread(target=take_back, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(outcome is not None for outcome in outcomes) == 1
    assert shop.check().clean


def test_two_returns_that_are_opened_at_once_without_an_id_get_one_each(shop, worker, before_first):
    """Between the choice of an id and the script, another opens a return of as many units for the same reason."""
    shop.holds.confirm(json_of(shop.decide(order(("A", 2), id="O-2")))["id"])
    others = before_first(StoredReturns, "take", lambda: open_return(worker, "O-2", _1=1))
    opened = open_return(shop, "O-2", _1=1)
    assert (others[0].stored.id, opened.stored.id, opened.new) == ("O-2-R1", "O-2-R2", True)
    with pytest.raises(NotReturnable, match="2 are expected already, on 'O-2-R1', 'O-2-R2'"):
        open_return(shop, "O-2", _1=1)
    assert shop.check().clean


def test_of_many_who_restock_the_same_units_one_does(shop):
    inspect(shop, "O-1-R1")
    done = []

    def restock():
        try:
            done.append(dispose(shop, "O-1-R1", group=1).state)
        except ReturnOver:
            done.append(None)

    threads = [threading.Thread(target=restock) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done, key=str) == [None] * 7 + ["closed"]
    assert stock(shop) == (4, 0, 0)


def test_what_is_undone_while_it_is_received_does_not_come_back(shop, worker, before_first):
    """Between the reading of a receipt and its script, others undo the confirm of the third unit."""
    decision = json_of(shop.decide(order(("A", 2), id="O-2")))["id"]
    shop.holds.confirm(decision)
    open_return(shop, "O-2", _1=2)
    before_first(StoredReturns, "take", lambda: worker.holds.undo(decision))
    with pytest.raises(NotReturnable, match="only 0 of the order have left"):
        receive(shop, "O-2-R1", _1=2)
    assert line_units(shop, "O-2") == (0, 0)
    assert shop.check().clean


def test_what_is_received_while_its_confirm_is_undone_had_left(shop, worker, before_first):
    decision = json_of(shop.decide(order(("A", 2), id="O-2")))["id"]
    shop.holds.confirm(decision)
    open_return(shop, "O-2", _1=2)
    before_first(ChangeScript, "run", lambda: receive(worker, "O-2-R1", _1=2))
    with pytest.raises(HoldEnded, match="came back by a return"):
        shop.holds.undo(decision)
    assert line_units(shop, "O-2") == (0, 2)
    assert shop.check().clean


def test_two_confirms_that_are_undone_at_once_leave_what_came_back(shop, worker, before_first):
    """Two decisions of one order shipped a unit each, and one came back: one of the two confirms can be undone."""
    first = json_of(shop.decide(order(("A", 3), id="O-2"), wait=True))["id"]
    shop.holds.confirm(first)
    shop.stock.move([Movement(op="more", node="lyon", sku="A", delta=1)])
    shop.backlog.run(limit=9)
    second = shop.orders.show("O-2").shipments[-1].decision
    assert second != first
    shop.holds.confirm(second)
    open_return(shop, "O-2", _1=2)
    receive(shop, "O-2-R1", _1=2)
    before_first(ChangeScript, "run", lambda: worker.holds.undo(second))
    with pytest.raises(HoldEnded, match="came back by a return"):
        shop.holds.undo(first, lines={"1": 1})
    assert line_units(shop, "O-2") == (0, 2)


def test_of_two_who_open_a_return_of_the_last_unit_at_once_one_does(shop, worker, before_first):
    before_first(StoredReturns, "take", lambda: open_return(worker, _1=1, name="first"))
    with pytest.raises(NotReturnable, match="1 are expected already, on 'first'"):
        open_return(shop, _1=1, name="second")
    assert shop.check().clean


def test_an_order_of_which_a_return_is_opened_meanwhile_is_not_erased(shop, worker, before_first):
    inspect(shop, "O-1-R1")
    dispose(shop, "O-1-R1")
    before_first(type(shop.erasures._stored), "erase", lambda: open_return(worker, _1=1))
    with pytest.raises(OrderNotOver, match="return O-1-R2"):
        shop.erasures.erase("O-1", note="")


def test_a_count_from_before_units_were_restocked_has_them_on_top(shop, clock):
    inspect(shop, "O-1-R1")
    counted_at = clock.now
    clock.now += 60
    dispose(shop, "O-1-R1")
    clock.now += 60
    stamp = Stamp(kind="t", number=(counted_at + 30) * 1_000_000)
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=7, stamp=stamp))
    assert stock(shop) == (9, 0, 0)
    assert shop.check().clean


def test_an_order_is_erased_once_its_returns_are_over_and_may_have_others(shop):
    with pytest.raises(OrderNotOver, match="or wait in quarantine \\(return O-1-R1\\)"):
        shop.erasures.erase("O-1", note="")
    inspect(shop, "O-1-R1")
    dispose(shop, "O-1-R1")
    open_return(shop, _1=1)
    with pytest.raises(OrderNotOver, match="return O-1-R2"):
        shop.erasures.erase("O-1", note="")
    shop.flows.returns.cancel("O-1-R2")
    assert shop.erasures.erase("O-1", note="").now
    open_return(shop, _1=1)
    receive(shop, "O-1-R3", _1=1)
    inspect(shop, "O-1-R3")
    assert dispose(shop, "O-1-R3", None).state == "closed"
    assert shop.check().clean


def test_what_comes_back_of_an_order_that_was_decided_again_is_of_its_lines(shop):
    made = json_of(shop.decide(order(("A", 5), id="O-2"), wait=True))
    shop.holds.confirm(made["id"])
    open_return(shop, "O-2", _1=2)
    receive(shop, "O-2-R1", _1=2)
    inspect(shop, "O-2-R1")
    dispose(shop, "O-2-R1")  # the order waits for more of the same, and is offered what came back of it
    state = shop.orders.show("O-2")
    assert {name: state.units(name) for name in ("shipped", "returned", "held", "waiting")} == {
        "shipped": 0,
        "returned": 2,
        "held": 2,
        "waiting": 1,
    }
    assert shop.check().clean


def test_no_step_changes_anything_that_it_refuses(shop, contents):
    open_return(shop, _1=1)
    steps = [
        lambda: open_return(shop, _1=1),
        lambda: open_return(shop, _9=1),
        lambda: receive(shop, "O-1-R2", _1=2),
        lambda: receive(shop, "O-1-R2", node="nowhere", _1=1),
        lambda: receive(shop, "O-1-R2", _1=1, extra={"1": 1}),
        lambda: inspect(shop, "O-1-R1", units=3, group=1),
        lambda: dispose(shop, "O-1-R1"),
        lambda: dispose(shop, "O-1-R2"),
        lambda: shop.flows.returns.cancel("O-1-R1"),
    ]
    before = contents()
    for step in steps:
        with pytest.raises(PointsmanError):
            step()
    assert contents() == before


def test_a_network_that_is_loaded_meanwhile_keeps_its_returns(shop):
    shop.load(inventory([node("lyon", LYON)], {"A": {"lyon": 9}}), counts=True)
    assert stock(shop) == (9, 0, 2)
    inspect(shop, "O-1-R1")
    assert groups(dispose(shop, "O-1-R1"))[0][-1] == "restock"
    assert stock(shop) == (11, 0, 0)
    assert shop.check().clean
