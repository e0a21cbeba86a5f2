"""A node rejects units: they are released and decided again elsewhere; the rest of the order stays as it is."""

import pytest

from engine.errors import HoldEnded, InputInvalid, KeyReused, NotFound
from engine.model.facts import Line
from engine.orders.rejection import RejectionRequest
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate
from tests.store.ledger.test_scarce_stock import together
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, MARSEILLE, NOW, inventory, node, order, product, service
from tests.support.ledger_entries import ledger_kinds
from tests.support.order_json import shipped_units, unfilled_units

MICRO = 1_000_000


@pytest.fixture
def shop(bare):
    """Of A ten in Lyon, four in Lille and three in Marseille; of B five in Lyon."""
    nodes = [node("lyon", LYON), node("lille", LILLE), node("marseille", MARSEILLE)]
    stock = {"A": {"lyon": 10, "lille": 4, "marseille": 3}, "B": {"lyon": 5}}
    bare.load(inventory(nodes, stock))
    activate(bare)
    return bare


def reject(shop, record, name, reason="other", **more):
    return json_of(shop.rerouting.reject(RejectionRequest(decision=record["id"], node=name, reason=reason, **more)))


def decide(shop, *lines, **more):
    return json_of(shop.decide(order(*lines), caller="oms", **more))


def units_by_node(record):
    return {shipment["node"]: sum(line["quantity"] for line in shipment["lines"]) for shipment in record["shipments"]}


def positions(shop, sku="A"):
    return {item.node: (item.position.on_hand, item.position.held) for item in shop.stock.show(sku).nodes}


def blocked(shop, sku="A"):
    return {item.node: item.blocked for item in shop.stock.show(sku).nodes if item.blocked}


def states(shop, record):
    return {item.node: (item.state, dict(item.units)) for item in shop.holds.state(record["id"]).shipments}


def test_what_a_node_rejects_ships_from_another_node_in_one_step(shop, redis_client, network):
    first = decide(shop, ("A", 3))
    (name,) = units_by_node(first)
    second = reject(shop, first, name)
    (other,) = units_by_node(second)
    assert other != name
    assert (second["status"], shipped_units(second)) == ("filled", 3)
    assert second["follows"] == {
        "decision": first["id"],
        "first": first["id"],
        "because": "rejected",
        "node": name,
        "reason": "other",
        "skus": ["A"],
        "barred": {"A": [name]},
    }
    assert positions(shop)[name][1] == 0
    assert positions(shop)[other][1] == 3
    assert states(shop, first) == {name: ("rejected", {"A": 3})}
    kinds = ledger_kinds(redis_client, network)
    assert kinds == [b"decided", b"decided", b"rejected"]
    audit = shop.check()
    assert (audit.clean, audit.held, audit.ended) == (True, 3, 3)
    assert shop.holds.list_open(limit=9).holds[0].caller == "oms"


def test_a_line_that_is_collected_is_still_brought_there_by_another_node(shop):
    first = decide(shop, Line(id="1", sku="A", quantity=2, collect_at="lille"), Line(id="2", sku="B", quantity=1))
    (to_lille,) = (item for item in first["shipments"] if "collect_at" in item)
    second = reject(shop, first, to_lille["node"], lines={"1": 2})
    (shipment,) = second["shipments"]
    assert (second["order"]["lines"][0]["collect_at"], shipment["collect_at"]) == ("lille", "lille")
    assert shop.check().clean


def test_a_node_may_reject_some_of_its_units_and_then_the_rest(shop):
    first = decide(shop, ("A", 8), ("B", 2))
    assert units_by_node(first) == {"lyon": 10}
    second = reject(shop, first, "lyon", lines={"1": 3})
    assert [(line["id"], line["sku"], line["quantity"]) for line in second["order"]["lines"]] == [("1", "A", 3)]
    assert states(shop, first) == {"lyon": ("held", {"A": 5, "B": 2})}
    third = reject(shop, first, "lyon")
    assert {line["sku"]: line["quantity"] for line in third["order"]["lines"]} == {"A": 5, "B": 2}
    assert states(shop, first) == {"lyon": ("rejected", {"A": 8, "B": 2})}
    assert unfilled_units(third) == 7 - shipped_units(third) > 0
    audit = shop.check()
    assert (audit.clean, audit.held) == (True, shipped_units(second) + shipped_units(third))


def test_the_units_left_in_a_shipment_can_be_confirmed(shop):
    first = decide(shop, ("A", 8))
    reject(shop, first, "lyon", lines={"A": 3})
    state = shop.holds.confirm(first["id"])
    assert [(item.state, item.units) for item in state.shipments] == [("confirmed", (("A", 5),))]
    assert positions(shop)["lyon"] == (5, 0)
    assert shop.check().clean


def test_a_sku_on_several_lines_is_rejected_line_after_line(shop):
    first = decide(shop, ("A", 2), ("A", 3))
    (name,) = units_by_node(first)
    second = reject(shop, first, name, lines={"A": 4})
    assert [(line["id"], line["quantity"]) for line in second["order"]["lines"]] == [("1", 2), ("2", 2)]


def test_confirmed_and_held_shipments_of_the_order_are_kept(shop):
    first = decide(shop, ("A", 15))
    assert units_by_node(first).keys() == {"lyon", "lille", "marseille"}
    shop.holds.confirm(first["id"], shipments=[("lyon", "parcel")])
    second = reject(shop, first, "lille")
    assert shipped_units(second) + unfilled_units(second) == units_by_node(first)["lille"]
    kept = states(shop, first)
    assert {name: state for name, (state, _) in kept.items()} == {
        "lyon": "confirmed",
        "lille": "rejected",
        "marseille": "held",
    }
    assert shop.check().clean


@pytest.mark.parametrize("counted", [None, 1, {"A": 1}])
def test_not_in_stock_corrects_what_is_on_hand(shop, counted):
    others = decide(shop, ("A", 2))
    (name,) = units_by_node(others)
    first = decide(shop, ("A", 2))
    assert units_by_node(first) == {name: 2}
    reject(shop, first, name, "not_in_stock", on_hand=counted)
    # by default, as many as are still held for others
    assert positions(shop)[name] == (2 if counted is None else 1, 2)
    assert shop.check().clean
    # a count of the source from before the rejection changes nothing; a newer one does
    old, new = (Stamp(kind="t", number=(NOW + seconds) * MICRO) for seconds in (-60, 60))
    assert shop.stock.set_count(Count(node=name, sku="A", on_hand=50, stamp=old)).older
    assert shop.stock.set_count(Count(node=name, sku="A", on_hand=50, stamp=new)).applied


def test_a_count_that_is_newer_than_the_rejection_is_kept(shop):
    first = decide(shop, ("A", 2))
    (name,) = units_by_node(first)
    stamp = Stamp(kind="t", number=(NOW + 60) * MICRO)
    shop.stock.set_count(Count(node=name, sku="A", on_hand=7, stamp=stamp))
    reject(shop, first, name, "not_in_stock")
    assert positions(shop)[name] == (7, 0)


def test_the_sequence_of_a_source_goes_on_after_a_rejection(shop):
    first = decide(shop, ("A", 2))
    (name,) = units_by_node(first)
    shop.stock.set_count(Count(node=name, sku="A", on_hand=7, stamp=Stamp(kind="s", number=5)))
    reject(shop, first, name, "not_in_stock")
    assert positions(shop)[name] == (0, 0) or name not in positions(shop)
    assert not shop.stock.set_count(Count(node=name, sku="A", on_hand=7, stamp=Stamp(kind="s", number=5))).applied
    assert shop.stock.set_count(Count(node=name, sku="A", on_hand=3, stamp=Stamp(kind="s", number=6))).applied
    assert shop.check().clean


def test_movements_before_and_after_a_correction_add_up(shop):
    first = decide(shop, ("A", 2))
    (name,) = units_by_node(first)
    shop.stock.move([Movement(op="1", node=name, sku="A", delta=3)])
    reject(shop, first, name, "not_in_stock", on_hand=1)
    shop.stock.move([Movement(op="2", node=name, sku="A", delta=5)])
    assert positions(shop)[name] == (6, 0)
    assert shop.check().clean


def test_damaged_units_are_on_hand_no_more_but_blocked(shop):
    first, second = (decide(shop, ("B", 2)) for _ in range(2))
    reject(shop, first, "lyon", "damaged")
    assert (positions(shop, "B")["lyon"], blocked(shop, "B")) == ((3, 2), {"lyon": 2})
    assert shop.check().clean
    reject(shop, second, "lyon", "damaged", on_hand=4)
    assert (positions(shop, "B")["lyon"], blocked(shop, "B")) == ((4, 0), {"lyon": 4})
    audit = shop.check()
    assert (audit.clean, audit.blocked) == (True, 4)


def test_a_node_without_capacity_keeps_its_load_and_gets_nothing_more_of_the_order(shop, redis_client, network):
    def loads():
        return {name: int(count) for name, count in redis_client.hgetall(f"{{{network}}}:load:2026-11-27").items()}

    first = decide(shop, ("A", 12), ("B", 1))
    assert set(units_by_node(first)) == {"lyon", "lille"}
    reject(shop, first, "lyon", "no_capacity", lines={"B": 1})
    assert loads()[b"lyon"] == 1
    third = reject(shop, first, "lille")
    assert loads()[b"lille"] == 0
    assert set(units_by_node(third)) == {"marseille"}, "Lyon has units of A, but rejected for lack of capacity"
    other = decide(shop, ("B", 1))
    reject(shop, other, "lyon", "no_capacity")
    assert loads()[b"lyon"] == 2, "a shipment that it rejected whole still counts in its load"


def test_no_node_that_rejected_is_used_again_in_the_chain(shop):
    made = [decide(shop, ("A", 3))]
    for _ in range(3):
        (name,) = units_by_node(made[-1])
        made.append(reject(shop, made[-1], name))
    used = [name for record in made for name in units_by_node(record)]
    assert sorted(used) == ["lille", "lyon", "marseille"]
    last = made[-1]
    assert (last["status"], last["follows"]["barred"]) == ("unfilled", {"A": sorted(used)})
    assert last["unfilled"][0]["reasons"][0]["code"] == "rejected"
    chain = shop.rerouting.chain(made[1]["id"])
    assert [json_of(link)["id"] for link in chain.links] == [record["id"] for record in made]
    assert chain.kept == 0
    assert shop.check().clean


def test_each_follow_up_bars_the_nodes_that_rejected_in_any_other(shop):
    first = decide(shop, ("A", 13))
    assert units_by_node(first).keys() == {"lyon", "lille"} or units_by_node(first).keys() == {"lyon", "marseille"}
    (small,) = units_by_node(first).keys() - {"lyon"}
    second = reject(shop, first, small, lines={"A": 1})
    third = reject(shop, first, "lyon", lines={"A": 1})
    assert third["follows"]["barred"] == {"A": sorted([small, "lyon"])}
    assert second["follows"]["first"] == third["follows"]["first"] == first["id"]


def test_max_shipments_counts_kept_shipments_but_lets_rejected_units_ship_once_more(bare):
    nodes = [node("lyon", LYON), node("lille", LILLE), node("marseille", MARSEILLE), node("nice", MARSEILLE)]
    bare.load(inventory(nodes, {"A": {"lyon": 6, "lille": 4, "marseille": 2, "nice": 2}}))
    activate(bare, "then: {max_shipments: 2}")
    first = decide(bare, ("A", 10))
    assert units_by_node(first) == {"lyon": 6, "lille": 4}
    second = reject(bare, first, "lille")
    assert shipped_units(second) == 2, "one more shipment, not two"
    assert second["unfilled"][0]["reasons"][0]["code"] in ("max_shipments", "rejected")
    third = reject(bare, first, "lyon", lines={"A": 1})
    assert len(third["shipments"]) == 1, "two are kept, and yet one more may ship"


def test_rules_of_the_order_see_the_order_that_was_placed(bare):
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 10, "lille": 10}}))
    activate(bare, "when: {order.units: {at_least: 5}}, then: {hold: 7 h}")
    first = decide(bare, ("A", 5))
    (name,) = units_by_node(first)
    second = reject(bare, first, name, lines={"A": 1})
    assert second["hold"]["expires_at"] == first["hold"]["expires_at"]


def test_what_follows_a_decision_is_held_as_the_policies_say_whatever_its_caller_asked(bare):
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 10, "lille": 10}}))
    activate(bare, "then: {hold: 7 h}")
    first = json_of(bare.decide(order(("A", 5)), hold_minutes=30))
    (name,) = units_by_node(first)
    second = reject(bare, first, name)
    assert first["hold"]["expires_at"] < second["hold"]["expires_at"]
    assert "requested_minutes" not in second["hold"]


def test_ship_complete_applies_to_the_rejected_units(bare):
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 6, "lille": 3}, "B": {"lyon": 1}}))
    activate(bare, "then: {ship_complete: true}")
    first = decide(bare, ("A", 4), ("B", 1))
    second = reject(bare, first, "lyon", lines={"A": 4})
    assert (second["status"], second["hold"]) == ("unfilled", None), "Lille has three"
    assert states(bare, first) == {"lyon": ("held", {"B": 1})}, "the rest of the order stays held"
    third = decide(bare, ("A", 3))
    (name,) = units_by_node(third)
    assert reject(bare, third, name)["status"] == "filled"


def test_an_operation_is_done_once_and_another_under_its_name_refused(shop, contents):
    first = decide(shop, ("A", 3))
    (name,) = units_by_node(first)
    made = shop.rerouting.reject(RejectionRequest(decision=first["id"], node=name, reason="other", op="r1"))
    before = contents()
    again = shop.rerouting.reject(RejectionRequest(decision=first["id"], node=name, reason="other", op="r1"))
    assert (again.body, again.new, made.new) == (made.body, False, True)
    with pytest.raises(KeyReused, match="'r1' was used before"):
        shop.rerouting.reject(RejectionRequest(decision=first["id"], node=name, reason="damaged", op="r1"))
    with pytest.raises(HoldEnded, match="was rejected at"):
        reject(shop, first, name)
    assert contents() == before


@pytest.mark.parametrize("verb", ["confirm", "release"])
def test_confirmed_or_released_shipments_can_not_be_rejected(shop, contents, verb):
    first = decide(shop, ("A", 3))
    (name,) = units_by_node(first)
    getattr(shop.holds, verb)(first["id"])
    before = contents()
    with pytest.raises(HoldEnded, match=f"was {verb.removesuffix('e')}ed"):
        reject(shop, first, name)
    assert contents() == before


def test_expired_shipments_can_not_be_rejected(shop, clock):
    first = decide(shop, ("A", 3))
    clock.now += 48 * 3_600
    with pytest.raises(HoldEnded, match="expired at"):
        reject(shop, first, next(iter(units_by_node(first))))
    assert shop.check().clean


def test_the_errors_for_mistakes_say_what_the_node_holds(shop, contents):
    first = decide(shop, ("A", 3), ("B", 1))
    before = contents()
    cases = [
        ({"name": "lille"}, "ships nothing from 'lille'; it ships lyon/parcel"),
        ({"name": "lyon", "service": "express"}, "from 'lyon' by 'express'"),
        ({"name": "lyon", "lines": {"A": 4}}, r"held are 3 of line 1 \(A\) by lyon/parcel; 1 of line 2 \(B\)"),
        ({"name": "lyon", "lines": {"C": 1}}, "1 x 'C' can't be rejected"),
        ({"name": "lyon", "on_hand": 3}, "on_hand goes with the reasons damaged and not_in_stock"),
        ({"name": "lyon", "reason": "not_in_stock", "on_hand": 3}, "say on_hand of each: A, B"),
        ({"name": "lyon", "reason": "damaged", "on_hand": {"C": 3}}, "nothing of 'C' is rejected"),
    ]
    for case, message in cases:
        with pytest.raises(InputInvalid, match=message):
            reject(shop, first, **case)
    with pytest.raises(NotFound, match="no decision"):
        reject(shop, {"id": "unknown"}, "lyon")
    assert contents() == before


def test_of_two_nodes_that_reject_at_once_neither_is_used_again(shop, opened):
    for _ in range(5):
        first = decide(shop, ("A", 13))
        names = list(units_by_node(first))
        workers = [opened() for _ in names]
        answers = together(
            len(names), lambda number, names=names, first=first, w=workers: reject(w[number], first, names[number])
        )
        chain = shop.rerouting.chain(first["id"])
        assert chain.follow_ups == len(names) == 2
        last = json_of(chain.links[-1])
        assert last["follows"]["barred"]["A"] == sorted(names)
        assert not units_by_node(last).keys() & set(names)
        assert shop.check().clean
        for record in answers:
            if record["shipments"]:
                shop.holds.release(record["id"])


def test_one_rejection_sent_by_many_at_once_is_done_once(shop, opened):
    first = decide(shop, ("A", 3))
    (name,) = units_by_node(first)
    workers = [opened() for _ in range(4)]
    answers = together(4, lambda number: reject(workers[number], first, name, op="same"))
    assert len({record["id"] for record in answers}) == 1
    audit = shop.check()
    assert (audit.clean, audit.decisions, audit.held) == (True, 2, 3)


def test_rejected_units_that_no_node_has_wait_if_the_caller_says_so(shop):
    first = decide(shop, ("B", 5))
    second = reject(shop, first, "lyon", "not_in_stock", waits=True)
    assert (second["status"], second["waiting"]) == ("unfilled", True)
    (place,) = shop.backlog.page(limit=9).places
    assert (place.entry.decision, place.entry.first) == (second["id"], first["id"])
    shop.stock.move([Movement(op="1", node="lyon", sku="B", delta=5)])
    served = shop.rerouting.chain(first["id"]).links[-1]
    assert json_of(served)["status"] == "filled", "stock has arrived at the node that had none"
    assert shop.check().clean


def test_units_that_wait_are_not_taken_from_the_node_that_damaged_them(shop):
    first = decide(shop, ("B", 2))
    second = reject(shop, first, "lyon", "damaged", waits=True)
    assert second["status"] == "unfilled"
    assert shop.backlog.run(limit=9).answers == ()


def test_shipments_by_two_services_of_a_node_are_rejected_separately(bare):
    services = [service("parcel"), service("light", base=1, max_weight=500)]
    nodes = [node("lyon", LYON, services=("light", "parcel")), node("lille", LILLE)]
    products = [product("A", weight=100), product("B", weight=900)]
    stock = {"A": {"lyon": 2, "lille": 2}, "B": {"lyon": 2, "lille": 2}}
    bare.load(inventory(nodes, stock, services=services, products=products))
    activate(bare, "when: {service.id: light}, then: {tier: 1}", "when: {node.id: lille}, then: {avoid: 99.00}")
    first = decide(bare, ("A", 1), ("B", 1))
    assert {(item["node"], item["service"]) for item in first["shipments"]} == {("lyon", "light"), ("lyon", "parcel")}
    second = reject(bare, first, "lyon", service="light")
    assert [line["sku"] for line in second["order"]["lines"]] == ["A"]
    assert {item.service: item.state for item in bare.holds.state(first["id"]).shipments} == {
        "light": "rejected",
        "parcel": "held",
    }
    third = reject(bare, first, "lyon")
    assert [line["sku"] for line in third["order"]["lines"]] == ["B"], "of both services, what is still held"
    assert bare.check().clean


def test_a_ledger_that_drifted_is_repaired_as_rejections_say(shop, redis_client, network):
    first = decide(shop, ("A", 8), ("B", 2))
    reject(shop, first, "lyon", lines={"A": 3})
    redis_client.hincrby(f"{{{network}}}:held:A", "lyon", 4)
    redis_client.hdel(f"{{{network}}}:hold:{first['id']}", "0")
    assert not shop.check().clean
    shop.repair(who="a test")
    assert shop.check().clean
    assert positions(shop)["lyon"] == (10, 5)
    assert states(shop, first) == {"lyon": ("held", {"A": 5, "B": 2})}
    assert shop.holds.confirm(first["id"]).shipments[0].units == (("A", 5), ("B", 2))


@pytest.mark.parametrize(
    ("more", "reasons"),
    [
        ({"reason": "no_capacity", "lines": {"1": 3}}, [("rejected", 3), ("no_stock", 0)]),
        ({"reason": "other", "lines": {"1": 10}}, [("rejected", 10), ("no_stock", 0)]),
        ({"reason": "damaged", "lines": {"1": 3}, "on_hand": 8}, [("rejected", 1), ("not_enough", 2)]),
        ({"reason": "not_in_stock", "lines": {"1": 3}}, [("no_stock", 3)]),
        ({"reason": "not_in_stock", "lines": {"1": 3}, "on_hand": 9}, [("rejected", 2), ("not_enough", 1)]),
        ({"reason": "damaged", "confirmed": {"1": 6}}, [("no_stock", 4)]),
        ({"reason": "damaged", "lines": {"1": 3}}, [("no_stock", 3)]),
    ],
)
def test_units_that_lie_where_they_were_just_rejected_are_said_to_lie_there(bare, more, reasons):
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 10}}))
    activate(bare)
    second = reject(bare, decide(bare, ("A", 10)), "lyon", **more)
    (unfilled,) = second["unfilled"]
    assert [(reason["code"], reason["units"]) for reason in unfilled["reasons"]] == [
        (code, units) for code, units in reasons if units
    ]
