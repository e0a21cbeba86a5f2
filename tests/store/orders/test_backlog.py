"""Units that wait for stock: who is served first, that each is decided once, and how waiting ends."""

import pytest

from engine.errors import NotFound, QuotaExceeded
from engine.orders import decide_and_commit
from engine.service import Pointsman
from engine.settings import Settings
from engine.store import follow_up_commit
from engine.store.ledger import RequestKey
from engine.store.outcomes import MovementApplied
from engine.store.stock import Movement
from tests.conftest import activate
from tests.store.ledger.test_scarce_stock import together
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LILLE, LYON, MARSEILLE, NOW, inventory, node, order
from tests.support.ledger_entries import ledger_kinds
from tests.support.order_json import shipped_units, unfilled_units

VIP = "when: {order.segment: vip}, then: {priority: 80}"


@pytest.fixture
def runs_backlog():
    return "manual"


@pytest.fixture
def shop(bare):
    """Two of A and nine of B, all in Lyon."""
    nodes = [node("lyon", LYON), node("lille", LILLE), node("marseille", MARSEILLE)]
    bare.load(inventory(nodes, {"A": {"lyon": 2}, "B": {"lyon": 9}}))
    activate(bare, VIP)
    return bare


def arrive(shop, units, sku="A", name="lyon", op=None):
    (outcome,) = shop.stock.move([Movement(op=op or f"{sku}{name}{units}", node=name, sku=sku, delta=units)])
    assert isinstance(outcome, MovementApplied)


def decide_and_wait(shop, *lines, **more):
    return json_of(shop.decide(order(*lines, **more), wait=True, caller="oms"))


def waiting(shop):
    page = shop.backlog.page(limit=100)
    return {place.entry.order.id: dict(place.entry.units) for place in page.places}


def run(shop, **more):
    return [json_of(answer) for answer in shop.backlog.run(limit=100, **more).answers]


def test_nothing_waits_unless_the_caller_says_so(shop):
    record = json_of(shop.decide(order(("A", 3))))
    assert (unfilled_units(record), waiting(shop), "waiting" in record) == (1, {}, False)
    filled = decide_and_wait(shop, ("B", 1))
    assert (waiting(shop), "waiting" in filled) == ({}, False)
    tried = json_of(shop.decide(order(("A", 9)), wait=True, dry_run=True))
    assert (waiting(shop), "waiting" in tried) == ({}, False)


def test_unfilled_units_wait_and_are_decided_again_when_stock_arrives(shop, clock):
    first = decide_and_wait(shop, ("B", 1), ("A", 5), id="W-1")
    assert (first["waiting"], waiting(shop)) == (True, {"W-1": {"2": 3}})
    assert run(shop) == [], "no stock has arrived"
    clock.now += HOUR
    arrive(shop, 2, name="lille")
    (second,) = run(shop)
    assert second["follows"] == {"decision": first["id"], "first": first["id"], "because": "stock"}
    assert (shipped_units(second), second["status"], second["waiting"]) == (2, "partial", True)
    assert [(line["id"], line["quantity"]) for line in second["order"]["lines"]] == [("2", 3)]
    assert waiting(shop) == {"W-1": {"2": 1}}
    arrive(shop, 5)
    (third,) = run(shop)
    assert (third["status"], third["follows"]["decision"], "waiting" in third) == ("filled", second["id"], False)
    assert waiting(shop) == {}
    chain = shop.rerouting.chain(second["id"])
    assert [json_of(link)["id"] for link in chain.links] == [first["id"], second["id"], third["id"]]
    audit = shop.check()
    assert (audit.clean, audit.held) == (True, 6)
    assert {hold.caller for hold in shop.holds.list_open(limit=9).holds} == {"oms"}


def test_stock_is_offered_by_priority_then_promise_then_age(shop):
    decide_and_wait(shop, ("A", 2), id="takes all there is")
    orders = [
        {"id": "young"},
        {"id": "old", "placed_at": NOW - HOUR},
        {"id": "promised", "promise_by": NOW + HOUR, "placed_at": NOW + 9},
        {"id": "vip", "segment": "vip", "placed_at": NOW + 10},
    ]
    for item in orders:
        decide_and_wait(shop, ("A", 1), **item)
    expected = ["vip", "promised", "old", "young"]
    assert list(waiting(shop)) == expected
    assert [place.priority for place in shop.backlog.page(limit=9).places] == [80, 50, 50, 50]
    arrive(shop, 3)
    assert [record["order"]["id"] for record in run(shop)] == expected[:3]
    activate(shop, "when: {order.id: young}, then: {priority: 90}")
    assert list(waiting(shop)) == ["young"]


def test_pages_follow_one_another_and_so_do_runs(shop):
    for number in range(7):
        decide_and_wait(shop, ("A", 9), id=f"W-{number}")
    seen, after = [], None
    for _ in range(4):
        page = shop.backlog.page(after=after, limit=2)
        seen += [place.entry.order.id for place in page.places]
        after = page.after
    assert (seen, after, page.waiting) == ([f"W-{number}" for number in range(7)], None, 7)
    arrive(shop, 3)
    first = shop.backlog.run(limit=4)
    assert (first.offered, [json_of(answer)["order"]["id"] for answer in first.answers]) == (4, ["W-0"])
    second = shop.backlog.run(limit=4, after=first.after)
    assert (second.offered, second.answers, second.after) == (3, (), None)


def test_withdrawn_units_do_not_wait_any_more(shop, redis_client, network):
    first = decide_and_wait(shop, ("A", 5))
    shop.backlog.withdraw(first["id"])
    assert waiting(shop) == {}
    arrive(shop, 5)
    assert run(shop) == []
    with pytest.raises(NotFound, match="was withdrawn"):
        shop.backlog.withdraw(first["id"])
    kinds = ledger_kinds(redis_client, network)
    assert kinds == [b"decided", b"withdrawn", b"moved"]
    assert shop.check().clean


def test_two_runs_at_once_decide_each_order_once(shop, opened):
    for number in range(12):
        decide_and_wait(shop, ("A", 2), id=f"W-{number:02}", segment="vip" if number % 4 == 0 else None)
    before = list(waiting(shop))
    arrive(shop, 13)
    workers = [opened() for _ in range(4)]
    answers = together(4, lambda number: run(workers[number]))
    followed = [record["follows"]["decision"] for records in answers for record in records]
    assert len(followed) == len(set(followed)) == 7
    shipped = sum(shipped_units(record) for records in answers for record in records)
    assert (shipped, sum(units["1"] for units in waiting(shop).values())) == (13, 9)
    assert list(waiting(shop)) == before[6:], "those first in the queue were served first"
    audit = shop.check()
    assert (audit.clean, audit.held) == (True, 15)


def test_an_order_whose_product_is_gone_waits_and_the_others_go_on(shop):
    decide_and_wait(shop, ("A", 9), id="a")
    decide_and_wait(shop, ("B", 99), id="b")
    shop.load(inventory([node("lyon", LYON)], {"B": {"lyon": 200}}))
    served = shop.backlog.run(limit=9)
    assert [json_of(answer)["order"]["id"] for answer in served.answers] == ["b"]
    assert list(waiting(shop)) == ["a"]


def test_an_order_whose_product_is_gone_is_reported_as_failed(shop):
    decide_and_wait(shop, ("A", 1), ("B", 99), id="both")
    shop.load(inventory([node("lyon", LYON)], {"B": {"lyon": 200}}))
    served = shop.backlog.run(limit=9)
    assert served.answers == ()
    ((_, why),) = served.failed
    assert "no product goes by the SKU 'A'" in why


def test_orders_of_a_caller_without_holds_left_go_on_waiting(server_url, network, clock, shop):
    decide_and_wait(shop, ("A", 3), id="mine")
    arrive(shop, 5)
    with Pointsman(
        Settings(redis_url=server_url, network=network, max_holds=1, backlog="manual"), clock=clock
    ) as strict:
        served = strict.backlog.run(limit=9)
    assert served.answers == ()
    assert "open holds" in served.failed[0][1]
    assert list(waiting(shop)) == ["mine"]


def test_no_more_may_wait_than_can_be_ranked(shop, monkeypatch, contents):
    monkeypatch.setattr(follow_up_commit, "MOST_WAITING", 1)
    monkeypatch.setattr(decide_and_commit, "MOST_WAITING", 1)
    decide_and_wait(shop, ("A", 5), id="one")
    before = contents()
    with pytest.raises(QuotaExceeded, match="wait for stock already"):
        decide_and_wait(shop, ("A", 5), id="two")
    assert contents() == before
    arrive(shop, 1)
    (record,) = run(shop)
    assert (record["status"], waiting(shop)) == ("partial", {"one": {"1": 2}}), (
        "units that wait already may go on waiting"
    )


def test_a_retried_decision_waits_once(shop):
    key = RequestKey(caller="oms", name="k")
    for _ in range(3):
        shop.decide(order(("A", 5), id="W-1"), key=key, wait=True)
    assert waiting(shop) == {"W-1": {"1": 3}}


def test_shipments_of_the_whole_order_count_against_its_bound(shop):
    activate(shop, "then: {max_shipments: 2}")
    decide_and_wait(shop, ("A", 8))
    arrive(shop, 2, name="lille")
    arrive(shop, 2, name="marseille")
    (record,) = run(shop)
    assert (len(record["shipments"]), unfilled_units(record)) == (1, 4)
    assert run(shop) == [], "it has as many shipments as it may have"
