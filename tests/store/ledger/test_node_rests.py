"""A node that rejects units rests for as long as the policies say: no order is given to it, whoever decides."""

import itertools
import threading

import pytest

from engine.decide.decide import decide
from engine.decide.order_record import timestamp
from engine.errors import NotFound
from engine.orders.rejection import RejectionRequest
from engine.store.ledger import Ledger
from engine.store.log.decision_log import entries
from engine.store.outcomes import Committed, StockChanged
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.batches import decide_batch
from tests.support.decision_json import facts_of, json_of
from tests.support.facts import HOUR, LILLE, LYON, NOW, inventory, node, order
from tests.support.order_json import shipped_units, unfilled_units

BUSY = "when: {rejection.reason: no_capacity}, then: {rest_after_rejection: 2 h}"


def warehouses():
    """Lyon, which costs less, and Lille."""
    stock = {"A": {"lyon": 50, "lille": 50}, "B": {"lyon": 50}}
    return inventory([node("lyon", LYON), node("lille", LILLE, handling=1_000_000)], stock)


@pytest.fixture
def shop(bare):
    bare.load(warehouses())
    activate(bare, BUSY)
    return bare


def reject(shop, reason="no_capacity", name="lyon", **more):
    """Of a new order."""
    made = json_of(shop.decide(order(("A", 1))))
    assert [shipment["node"] for shipment in made["shipments"]] == [name]
    return json_of(shop.rerouting.reject(RejectionRequest(decision=made["id"], node=name, reason=reason, **more)))


def nodes(record):
    return [shipment["node"] for shipment in record["shipments"]]


def resting(shop):
    return {item.node: item.until for item in shop.rests.all()}


def test_a_node_that_rejects_is_given_nothing_until_its_rest_is_over(shop, clock):
    reject(shop)
    clock.now += 2 * HOUR - 1
    assert nodes(json_of(shop.decide(order(("A", 1))))) == ["lille"]
    clock.now += 1
    assert nodes(json_of(shop.decide(order(("A", 1))))) == ["lyon"]
    assert shop.check().clean


def test_the_answer_to_the_rejection_says_that_the_node_rests(shop, redis_client, key):
    made = reject(shop)
    assert nodes(made) == ["lille"]
    rest = made["follows"]["rest"]
    assert rest == {
        "node": "lyon",
        "until": timestamp(NOW + 2 * HOUR),
        "since": timestamp(NOW),
        "reason": "no_capacity",
        "decision": made["follows"]["decision"],
        "policy_version": made["policy_version"],
        "rules": {"test/r1": {"en": "a reason"}},
        "en": "lyon rests until 27 November 2026 12:00: it rejected units because it is too busy",
        "fr": (
            "lyon ne se voit rien confier jusqu'au 27 novembre 2026 à 12:00\u00a0: "
            "ce lieu a refusé des unités parce qu'il est débordé"
        ),
    }
    assert made["rules"]["because"]["test/r1"] == {"en": "a reason"}


def test_a_decision_says_which_options_a_rest_took_and_so_does_the_log(shop, clock):
    first = reject(shop)["follows"]["decision"]
    clock.now += HOUR
    answer = shop.decide(order(("A", 1), ("B", 2)))
    made = json_of(answer)
    (exclusion,) = made["excluded"]
    resting = exclusion["resting"]
    assert exclusion == {
        "rules": ["test/r1"],
        "unless_needed": False,
        "options": {"1": 1, "2": 1},
        "resting": resting,
    }
    assert (resting["until"], resting["decision"]) == (timestamp(NOW + 2 * HOUR), first)
    assert facts_of(answer)["excluded"] == [
        {
            "lines": ["1", "2"],
            "rules": ["test/r1"],
            "unless_needed": False,
            "nodes": {"parcel": ["lyon"]},
            "resting": "lyon",
        }
    ]
    (left,) = made["unfilled"]
    (reason,) = left["reasons"]
    assert (left["sku"], reason["code"], reason["units"], reason["rules"]) == ("B", "resting", 50, ["test/r1"])
    assert made["rules"]["because"]["test/r1"] == {"en": "a reason"}
    assert made["rules"]["fired"]["test/r1"] == 1
    assert json_of(shop.decision(made["id"])) == made


@pytest.mark.parametrize("reason", ["not_in_stock", "damaged", "other"])
def test_a_reason_that_no_rule_names_starts_no_rest(shop, reason):
    assert "rest" not in reject(shop, reason)["follows"]
    assert resting(shop) == {}


def test_without_a_rule_nothing_is_written_about_rests(shop, contents, key):
    activate(shop, "then: {hold: 1 h}")
    reject(shop)
    stored = contents()
    assert key("resting").encode() not in stored
    assert b"rests" not in stored[key("facts").encode()]


def test_a_decision_read_before_the_rest_began_is_not_committed(shop, opened):
    """Two at once: one decides, and before it commits the node rejects to the other."""
    snapshot, matcher = shop._facts.read(["A"], NOW)
    decision = decide(order(("A", 1)), snapshot, matcher, NOW)
    assert [shipment.node for shipment in decision.shipments] == ["lyon"]
    reject(opened())
    ledger = Ledger(shop._client, shop._keys)
    assert ledger.commit(decision, "late", b"{}") == StockChanged(node="lyon")
    assert ledger.commit(decision, "later", b"{}", policies_at=NOW + 2 * HOUR) == Committed()


def test_two_rejections_at_once_give_the_longer_rest(shop, opened, clock):
    made = [json_of(shop.decide(order(("A", 1), id=f"{number}"))) for number in range(6)]
    activate(shop, BUSY, "when: {rejection.reason: other}, then: {rest_after_rejection: 5 h}")
    workers = [opened() for _ in made]
    refusals = [
        RejectionRequest(decision=record["id"], node="lyon", reason=reason)
        for record, reason in zip(made, itertools.cycle(["no_capacity", "other"]), strict=False)
    ]
    threads = [
        threading.Thread(target=worker.rerouting.reject, args=(item,))
        for worker, item in zip(workers, refusals, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert resting(shop) == {"lyon": timestamp(NOW + 5 * HOUR)}
    assert shop.check().clean


def test_nothing_is_given_to_a_node_after_its_rejection_however_many_decide_at_once(shop, opened):
    """In the log, which has the order of commits, no decision ships from Lyon once Lyon rests."""
    first = json_of(shop.decide(order(("A", 1), id="rejected")))
    begin = threading.Barrier(5)

    def decide_some(worker, name):
        begin.wait()
        for number in range(15):
            worker.decide(order(("A", 1), id=f"{name}-{number}"))

    workers = [threading.Thread(target=decide_some, args=(opened(), name)) for name in "abcd"]
    for worker in workers:
        worker.start()
    begin.wait()
    shop.rerouting.reject(RejectionRequest(decision=first["id"], node="lyon", reason="no_capacity"))
    for worker in workers:
        worker.join()
    log = list(entries(shop._client, shop._keys))
    rejected = next(index for index, entry in enumerate(log) if entry.kind == "rejected")
    after = [json_of(entry) for entry in log[rejected:] if entry.kind == "decided"]
    assert {name for record in after for name in nodes(record)} <= {"lille"}
    assert sum(entry.kind == "decided" for entry in log) == 62
    assert shop.check().clean


def test_the_longest_rest_counts_and_a_shorter_one_begun_later_is_not_recorded(shop, clock):
    activate(shop, BUSY, "when: {rejection.reason: other}, then: {rest_after_rejection: 5 h}")
    first, second = (json_of(shop.decide(order(("A", 1), id=name)))["id"] for name in "xy")
    shop.rerouting.reject(RejectionRequest(decision=first, node="lyon", reason="other"))
    clock.now += HOUR
    made = json_of(shop.rerouting.reject(RejectionRequest(decision=second, node="lyon", reason="no_capacity")))
    assert "rest" not in made["follows"]
    assert resting(shop) == {"lyon": timestamp(NOW + 5 * HOUR)}
    assert shop.rests.all()[0].rules == {"test/r2": {"en": "a reason"}}


def test_a_rest_that_is_over_is_removed_when_another_begins(shop, clock, redis_client, key):
    reject(shop)
    clock.now += 2 * HOUR
    assert redis_client.hkeys(key("resting")) == [b"lyon"]
    assert resting(shop) == {}
    activate(shop, BUSY, "when: {node.id: lyon}, then: {exclude: true}")
    reject(shop, name="lille")
    assert redis_client.hkeys(key("resting")) == [b"lille"]
    assert shop.check().clean


def test_nodes_go_on_resting_when_the_network_is_loaded_again(shop):
    reject(shop)
    shop.load(warehouses())
    assert nodes(json_of(shop.decide(order(("A", 1))))) == ["lille"]
    assert shop.check().clean


def test_a_rest_outlives_the_rule_that_gave_it_and_still_says_why(shop):
    reject(shop)
    activate(shop)
    made = json_of(shop.decide(order(("A", 1))))
    assert nodes(made) == ["lille"]
    assert made["rules"]["because"]["test/r1"] == {"en": "a reason"}


def test_a_rest_is_not_attributed_to_another_rule_of_the_same_name(shop):
    version = reject(shop)["policy_version"]
    activate(shop, "then: {hold: 3 h}")
    item = order(("A", 1))
    made = json_of(shop.decide(item))
    assert made["rules"]["fired"] == {"test/r1": 1}
    assert made["excluded"][0]["resting"]["policy_version"] == version != made["policy_version"]
    assert shop.deciding_rules(item, now=NOW) == ()


def test_a_decision_as_of_a_later_instant_uses_the_nodes_that_rest_then(shop):
    reject(shop)
    assert nodes(json_of(shop.decide(order(("A", 1)), now=NOW + 2 * HOUR))) == ["lyon"]
    assert nodes(json_of(shop.decide(order(("A", 1)), now=NOW - HOUR))) == ["lille"]


def test_people_end_a_rest_and_the_log_says_who(shop):
    reject(shop)
    shop.rests.end("lyon", who="Ada")
    assert nodes(json_of(shop.decide(order(("A", 1))))) == ["lyon"]
    (woken,) = (entry for entry in entries(shop._client, shop._keys) if entry.kind == "woken")
    assert (woken.decision, woken.caller, woken.at) == ("lyon", "Ada", NOW)
    assert shop.check().clean
    with pytest.raises(NotFound, match="node 'lyon' does not rest"):
        shop.rests.end("lyon", who="Ada")


def test_a_rest_that_is_over_cannot_be_ended(shop, clock):
    reject(shop)
    clock.now += 2 * HOUR
    with pytest.raises(NotFound):
        shop.rests.end("lyon", who="Ada")


def test_the_same_request_again_begins_no_second_rest(shop, clock):
    made = reject(shop, op="one")
    clock.now += HOUR
    again = shop.rerouting.reject(
        RejectionRequest(decision=made["follows"]["decision"], node="lyon", reason="no_capacity", op="one")
    )
    assert (again.new, json_of(again)) == (False, made)
    assert resting(shop) == {"lyon": timestamp(NOW + 2 * HOUR)}


def test_a_batch_gives_nothing_to_a_node_that_rests(shop):
    reject(shop)
    batch = decide_batch(shop, [order(("A", 1), id="x"), order(("B", 1), id="y")], wait=True)
    assert [nodes(json_of(answer)) for answer in batch.answers] == [["lille"], []]


def test_the_backlog_is_offered_no_stock_of_a_node_that_rests(shop, clock):
    waiting = json_of(shop.decide(order(("B", 60)), wait=True))
    assert unfilled_units(waiting) == 10
    reject(shop)
    shop.stock.move([Movement(op="came", sku="B", node="lyon", delta=20)])
    assert shop.backlog.run(limit=9).answers == ()
    clock.now += 2 * HOUR
    (answer,) = shop.backlog.run(limit=9).answers
    assert (nodes(json_of(answer)), shipped_units(json_of(answer))) == (["lyon"], 10)


DAMAGES = {
    "a rest gone": lambda r, key: r.delete(key("resting")),
    "a rest of nobody": lambda r, key: r.hset(key("resting"), "lille", "9999999999 {}"),
    "a rest shortened": lambda r, key: r.hset(key("resting"), "lyon", f"{NOW} {{}}"),
    "a rest nobody can read": lambda r, key: r.hset(key("resting"), "lyon", "?"),
    "no sign that anybody rests": lambda r, key: r.hdel(key("facts"), "rests"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_check_finds_a_rest_that_is_not_as_the_log_says_and_the_repair_restores_it(
    shop, redis_client, key, contents, damage
):
    reject(shop)
    noted = {key(name).encode() for name in ("log", "changed")}
    before = {name: value for name, value in contents().items() if name not in noted}
    DAMAGES[damage](redis_client, key)
    assert {drift.suspect[0] for drift in shop.check().drifts} == {"rests"}
    shop.repair(who="eve")
    assert shop.check().clean
    assert {name: value for name, value in contents().items() if name not in noted} == before
    assert nodes(json_of(shop.decide(order(("A", 1))))) == ["lille"]


def test_forgetting_a_network_forgets_its_rests(shop, contents):
    reject(shop)
    shop.forget()
    assert contents() == {}
