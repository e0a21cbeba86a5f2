"""Every change is told as events, in the order of the log, and nothing else is."""

import itertools

import msgspec
import pytest

from engine.decide.order_record import timestamp
from engine.errors import CursorExpired
from engine.events.entry_events import ORDER_KINDS
from engine.events.event import START, Position
from engine.events.payloads_by_type import PAYLOADS
from engine.events.stock_events import LowStock
from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.rejection import RejectionRequest
from engine.store.log.kinds import ACT_KINDS, KINDS, PARCEL_KINDS, RETURN_KINDS, TRANSFER_KINDS
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import PARKS_RISKY_ORDERS, activate
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LILLE, LYON, inventory, node, order
from tests.support.returns import dispose, inspect, open_return, receive

WHO = {"who": "eve", "note": "why"}


@pytest.fixture
def runs_backlog():
    return "manual"


@pytest.fixture
def shop(bare):
    """Ten of A in Lyon, and four in Lille, where a unit is dearer."""
    nodes = [node("lyon", LYON), node("lille", LILLE, unit_handling=1_000_000)]
    bare.load(inventory(nodes, {"A": {"lyon": 10, "lille": 4}}))
    activate(bare, "when: {rejection.reason: no_capacity}, then: {rest_after_rejection: 3 h}")
    return bare


@pytest.fixture
def told(shop):
    """What is told of since it was asked for last, as (type, subject, data)."""
    cursor = [shop.events.end()]

    def since_then():
        page = shop.events._outbox.read(cursor[0], limit=1_000)
        cursor[0] = page.cursor
        return [(event.type, event.subject, msgspec.to_builtins(event.data)) for event in page.events]

    return since_then


def decide(shop, units, name="W-1", **more):
    return json_of(shop.decide(order(("A", units), id=name), **more))


def lines(quantity, sku="A"):
    return [{"sku": sku, "quantity": quantity}]


def of_order(events):
    return [(kind, data) for kind, subject, data in events if subject == "W-1"]


def test_a_decision_is_told_with_what_ships_and_what_is_unfilled(shop, told):
    made = decide(shop, 17, wait=True)
    (_, decided), (_, waiting) = of_order(told())
    assert [(item["shipment"], item["node"], item["lines"][0]["quantity"]) for item in decided["shipments"]] == [
        (0, "lille", 4),
        (1, "lyon", 10),
    ]
    assert decided["unfilled"] == [{"line": "1", "sku": "A", "quantity": 3, "reasons": ["not_enough"]}]
    assert (decided["status"], decided["waiting"], "because" in decided) == ("partial", True, False)
    assert decided["hold_until"] == made["hold"]["expires_at"]
    assert waiting["lines"] == [{"line": "1", "sku": "A", "quantity": 3}]
    links = {"order": "/v1/orders/W-1", "decision": f"/v1/decisions/{made['id']}"}
    assert decided["links"] == waiting["links"] == links


def test_what_waited_is_filled_when_stock_came(shop, told):
    first = decide(shop, 15, wait=True)
    told()
    shop.stock.move([Movement(op="more", node="lyon", sku="A", delta=1, reason="came")])
    (again,) = [json_of(answer) for answer in shop.backlog.run(limit=9).answers]
    (kind, _, moved), *others = told()
    assert (kind, moved["because"]) == ("stock.changed", "moved")
    assert moved["positions"] == [{"sku": "A", "node": "lyon", "delta": 1, "on_hand": 11}]
    (_, decided), (filled, data) = of_order(others)
    assert (decided["because"], decided["status"]) == ("stock", "filled")
    assert (filled, data["waited_under"], data["decision"]) == ("order.filled", first["id"], again["id"])


def test_what_is_filled_in_part_is_not_told_as_filled(shop, told):
    decide(shop, 17, wait=True)
    shop.stock.move([Movement(op="more", node="lyon", sku="A", delta=1)])
    told()
    shop.backlog.run(limit=9)
    assert [kind for kind, _ in of_order(told())] == ["order.decided", "order.waiting"]


def test_parts_of_a_shipment_leave_are_released_and_come_back(shop, told):
    name = decide(shop, 5)["id"]
    told()
    shop.holds.confirm(name, lines={"1": 2})
    shop.holds.release(name, lines={"1": 1})
    shop.holds.confirm(name)
    shop.holds.undo(name, lines={"1": 3})
    confirmed, released, rest, undone = of_order(told())
    assert confirmed[0] == "shipment.confirmed"
    unit = {"decision": name, "shipment": 0, "node": "lyon", "service": "parcel"}
    assert confirmed[1]["shipments"] == [{**unit, "lines": lines(2)}]
    assert (released[1]["change"], released[1]["released"]) == ("released", [{**unit, "lines": lines(1)}])
    assert rest[1]["shipments"] == [{**unit, "lines": lines(2)}], "what was still held"
    assert (undone[1]["change"], undone[1]["returned"]) == ("undone", [{**unit, "lines": lines(3)}])


def test_what_left_changes_stock(shop, told):
    name = decide(shop, 5)["id"]
    told()
    shop.holds.confirm(name)
    shop.holds.undo(name)
    changes = [(data["because"], data["positions"]) for kind, _, data in told() if kind == "stock.changed"]
    place = {"sku": "A", "node": "lyon"}
    assert changes == [("confirmed", [{**place, "delta": -5}]), ("undone", [{**place, "delta": 5}])]


def test_a_hold_that_expires_while_nobody_asks_is_told_to_who_reads(shop, told, clock, redis_client, network):
    made = decide(shop, 5)
    told()
    clock.now += 49 * HOUR
    assert told() == [], "nobody came by"
    redis_client.delete(f"{{{network}}}:events:preparing")  # a second is over
    shop.events.log_what_is_due()
    ((kind, data),) = of_order(told())
    assert (kind, data["shipments"][0]["lines"], data["decision"]) == ("hold.expired", lines(5), made["id"])


def test_a_rejection_is_told_after_what_was_decided_instead(shop, told):
    first = decide(shop, 3)
    told()
    shop.rerouting.reject(RejectionRequest(decision=first["id"], node="lyon", reason="no_capacity"))
    events = told()
    (_, decided), (kind, data) = of_order(events)
    assert (decided["because"], decided["shipments"][0]["node"]) == ("rejected", "lille")
    assert (kind, data["node"], data["reason"], data["blocked"]) == ("shipment.rejected", "lyon", "no_capacity", False)
    assert data["shipments"][0]["lines"] == lines(3)
    (rest,) = [data for kind, subject, data in events if (kind, subject) == ("node.resting", "lyon")]
    assert (rest["resting"], rest["until"]) == (True, timestamp(shop.now + 3 * HOUR))
    shop.rests.end("lyon", who="eve")
    assert told() == [("node.resting", "lyon", {"node": "lyon", "resting": False, "by": "eve"})]


def test_a_node_that_has_not_got_the_units_has_other_stock(shop, told):
    first = decide(shop, 3)
    told()
    shop.rerouting.reject(RejectionRequest(decision=first["id"], node="lyon", reason="not_in_stock"))
    changes = [(kind, data) for kind, _, data in told() if kind.startswith("stock.")]
    (_, changed), (kind, low) = changes
    assert changed["positions"] == [{"sku": "A", "node": "lyon", "delta": -10, "on_hand": 0}]
    assert (kind, low["sku"], low["node"], low["before"], low["available"]) == ("stock.low", "A", "lyon", 10, 0)


def test_damaged_units_are_blocked(shop, told):
    first = decide(shop, 3)
    told()
    shop.rerouting.reject(RejectionRequest(decision=first["id"], node="lyon", reason="damaged"))
    (changed,) = [data for kind, _, data in told() if kind == "stock.changed"]
    assert changed["positions"] == [{"sku": "A", "node": "lyon", "delta": -3, "blocked": 3}]


def test_calls_on_an_order_are_told(shop, told, clock):
    activate(shop, PARKS_RISKY_ORDERS)
    risky = order(("A", 2), ("A", 20), id="W-1", segment="risky")
    name = json_of(shop.decide(risky))["id"]
    told()
    shop.orders.approve("W-1", **WHO)
    shop.holds.extend(name, until=clock.now + 60 * HOUR)
    shop.cancellations.cancel(CancelRequest(order="W-1", lines={"1": 2}))
    shop.orders.wait("W-1")
    shop.backlog.withdraw(name)
    approved, extended, cancelled, queued, withdrawn = of_order(told())
    assert (approved[1]["change"], approved[1]["by"]) == ("approved", "eve")
    assert (extended[1]["change"], extended[1]["hold_until"]) == ("extended", timestamp(clock.now + 60 * HOUR))
    assert cancelled[1]["cancelled"] == [{"line": "1", "sku": "A", "quantity": 2}]
    assert cancelled[1]["released"][0]["lines"] == lines(2)
    assert queued[0] == "order.waiting"
    assert queued[1]["lines"] == [{"line": "2", "sku": "A", "quantity": 8}]
    assert (withdrawn[0], withdrawn[1]["change"]) == ("order.changed", "withdrawn")


def test_an_amendment_is_told_with_lines_that_are_new_and_before_its_decision(shop, told):
    placed = order(("A", 4), id="W-1")
    shop.decide(placed)
    told()
    shop.amendments.amend(AmendRequest(order=order(("A", 1), ("A", 2), id="W-1", placed_at=placed.placed_at)))
    (kind, data), (_, decided) = of_order(told())
    assert (kind, data["change"]) == ("order.changed", "amended")
    assert [(item["line"], item["sku"], item["quantity"]) for item in data["lines"]] == [("1", "A", 1), ("2", "A", 2)]
    assert [item["lines"] for item in data["released"]] == [lines(3)]
    assert decided["because"] == "amended"


def test_counts_are_told_where_they_change_something(shop, told):
    counts = [("lyon", 10), ("lille", 7)]
    shop.stock.set_counts(
        [Count(node=name, sku="A", on_hand=units, stamp=Stamp(kind="s", number=1)) for name, units in counts]
    )
    ((kind, _, data),) = told()
    assert (kind, data["because"]) == ("stock.changed", "counted")
    assert data["positions"] == [{"sku": "A", "node": "lille", "delta": 3, "on_hand": 7}]
    end = shop.events.end()
    shop.stock.set_counts([Count(node="lille", sku="A", on_hand=7, stamp=Stamp(kind="s", number=2))])
    assert told() == []
    assert shop.events.end() > end, "who counted is in the log all the same"


def test_a_load_says_that_any_stock_may_be_another(shop, told):
    shop.load(inventory([node("lyon", LYON)], {"A": {"lyon": 3}}))
    ((kind, _, data),) = told()
    assert (kind, data["because"], data["positions"]) == ("stock.changed", "loaded", [])


def test_many_movements_are_told_in_several_events(shop, told):
    shop.stock.move([Movement(op=str(number), node="lyon", sku="A", delta=1) for number in range(120)])
    events = told()
    assert [len(data["positions"]) for _, _, data in events] == [50, 50, 20]
    assert [item["on_hand"] for _, _, data in events for item in data["positions"]] == list(range(11, 131))


@pytest.mark.parametrize(("low_stock", "told_of"), [(0, [("lyon", 10, 0)]), (3, [("lille", 4, 3), ("lyon", 10, 0)])])
def test_a_position_is_low_once_it_falls_to_what_the_setting_says(shop, told, low_stock, told_of):
    shop.events._outbox._low = lambda: LowStock(units=low_stock, decimals={})
    decide(shop, 11)
    events = [data for kind, _, data in told() if kind == "stock.low"]
    assert [(data["node"], data["before"], data["available"]) for data in events] == told_of
    shop.stock.move([Movement(op="more", node="lyon", sku="A", delta=1)])
    assert [kind for kind, _, _ in told()] == ["stock.changed"]


def test_a_movement_and_a_count_can_make_a_position_low(shop, told):
    decide(shop, 6, name="other")
    told()
    shop.stock.move([Movement(op="sold", node="lyon", sku="A", delta=-4)])
    (_, low) = told()
    assert (low[0], low[2]["node"], low[2]["before"], low[2]["available"]) == ("stock.low", "lyon", 4, 0)
    shop.stock.set_counts([Count(node="lille", sku="A", on_hand=0, stamp=Stamp(kind="s", number=1))])
    (_, low) = told()
    assert (low[0], low[2]["node"], low[2]["before"], low[2]["available"]) == ("stock.low", "lille", 4, 0)


def test_another_allocation_is_told_where_the_version_that_decides_has_other_rules_about_it(shop, told):
    keeps, protects = "then: {keep: 1}", "then: {protect: {channel: web, units: 1}}"
    first = activate(shop, "then: {hold: 2 h}", keeps)
    *_, (kind, subject, data) = told()
    assert (kind, subject) == ("allocation.changed", first)
    assert (data["added"], data["gone"], data["changed"]) == (["test/r2"], [], [])
    second = activate(shop, "then: {hold: 3 h}", "then: {keep: 2}", protects)
    *_, (kind, _, data) = told()
    assert (kind, data["version"], data["before"]) == ("allocation.changed", second, first)
    assert (data["added"], data["gone"], data["changed"]) == (["test/r3"], [], ["test/r2"])
    shop.versions.roll_back(**WHO)
    *_, (_, _, data) = told()
    assert (data["version"], data["added"], data["gone"], data["changed"]) == (first, [], ["test/r3"], ["test/r2"])
    activate(shop, "then: {hold: 4 h}", keeps)
    assert [kind for kind, _, _ in told()] == ["policy.published", "policy.activated"]


def test_nothing_is_told_of_the_allocation_of_a_version_that_can_t_be_read(shop, told, redis_client, network):
    first = activate(shop, "then: {keep: 1}")
    told()
    activate(shop, "then: {keep: 2}")
    redis_client.hset(f"{{{network}}}:policies", first, "damaged")
    assert [kind for kind, _, _ in told()] == ["policy.published", "policy.activated"]


def test_policies_are_told_when_they_decide_and_scheduled_ones_when_their_instant_comes(shop, told, clock):
    first = shop.versions.timeline().active
    second = activate(shop, "then: {hold: 2 h}")
    (published, _, _), (kind, subject, data) = told()
    assert (published, kind, subject) == ("policy.published", "policy.activated", second)
    assert (data["before"], data["because"], data["by"]) == (first, "activated", "a test")
    activate(shop, "then: {hold: 2 h}")
    assert told() == [], "it was published and active before"
    shop.versions.roll_back(**WHO)
    ((_, subject, data),) = told()
    assert (subject, data["because"], data["before"], data["note"]) == (first, "rolled_back", second, "why")
    shop.versions.activate(second, since=clock.now + HOUR, **WHO)
    shop.versions.activate(first, since=clock.now + 2 * HOUR, **WHO)
    assert told() == []
    clock.now += 3 * HOUR
    for _ in range(2):
        shop.events._stored.take_turn = lambda **_: True
        shop.events.log_what_is_due()
    assert [(subject, data["because"], data["before"]) for _, subject, data in told()] == [
        (second, "scheduled", first),
        (first, "scheduled", second),
    ]
    third = activate(shop, "then: {hold: 3 h}")
    assert [subject for _, subject, _ in told()] == [third, third]


def test_a_scheduled_version_that_nobody_had_read_is_told_by_who_changes_it(shop, told, clock):
    first = shop.versions.timeline().active
    second = shop.publish(_POLICY, **WHO).version
    shop.versions.activate(second, since=clock.now + HOUR, **WHO)
    clock.now += 2 * HOUR
    told()
    shop.versions.activate(first, **WHO)
    assert [(subject, data["because"]) for _, subject, data in told()] == [(second, "scheduled"), (first, "activated")]


_POLICY = {"test.yaml": b"policy: test\nrules:\n  - {id: r1, because: a reason, then: {hold: 1 h}}\n"}


def test_every_kind_of_entry_is_told_or_known_to_be_of_no_event():
    of_the_ledger_alone = {"set_aside", "repaired"}
    others = {"decided", "moved", "woken", "counted", "loaded", "published", "activated", "allocated", "stock_low"}
    others |= {"print_failed", *PARCEL_KINDS}
    others |= {"expected", "received", "overdue", *RETURN_KINDS, *TRANSFER_KINDS}
    assert ORDER_KINDS | others | of_the_ledger_alone | set(ACT_KINDS) == set(KINDS)


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_page_by_page_from_any_event_on_comes_the_same(shop, limit):
    for number in range(6):
        name = decide(shop, 2, name=f"W-{number}", wait=True)["id"]
        shop.holds.confirm(name)
    outbox = shop.events._outbox
    every = outbox.read(START, limit=1_000).events
    assert len(every) > 15
    assert {event.type for event in every} <= PAYLOADS.keys()
    pages, cursor = [], START
    while page := outbox.read(cursor, limit=limit):
        if not page.events:
            break
        pages += page.events
        cursor = page.cursor
    assert tuple(pages) == every
    for number, event in enumerate(every):
        assert Position.parse(event.id) == event.position
        assert outbox.read(event.position, limit=1_000).events == every[number + 1 :]
    assert all(first.position < second.position for first, second in itertools.pairwise(every))
    assert list(outbox.find([event.position for event in every]).values()) == list(every)


def test_only_some_types_and_a_cursor_behind_what_was_passed_over(shop):
    decide(shop, 2)
    page = shop.events.read(START, limit=9, types={"shipment.confirmed"})
    assert (page.events, page.cursor) == ((), shop.events.end())
    page = shop.events.read(START, limit=9, types={"order.decided"})
    assert [event.type for event in page.events] == ["order.decided"]


def test_a_cursor_holds_while_the_log_is_cut_before_it_and_is_refused_after(shop, redis_client, network):
    log = f"{{{network}}}:log"
    decide(shop, 1, name="W-1")
    cursor = shop.events.end()
    decide(shop, 1, name="W-2")
    redis_client.xtrim(log, minid=cursor.entry, approximate=False)
    assert [event.subject for event in shop.events.read(cursor, limit=9).events] == ["W-2"]
    redis_client.xtrim(log, maxlen=1, approximate=False)
    with pytest.raises(CursorExpired, match="does not reach back"):
        shop.events.read(cursor, limit=9)
    assert [event.subject for event in shop.events.read(START, limit=9).events] == ["W-2"]


def test_a_damaged_entry_is_passed_over(shop, redis_client, network, caplog):
    decide(shop, 1, name="W-1")
    torn = redis_client.xadd(f"{{{network}}}:log", {"kind": "decided", "id": "torn", "at": 1, "body": b"torn"})
    redis_client.xadd(f"{{{network}}}:log", {"kind": "confirmed", "id": "torn", "at": 1, "shipments": "0"})
    redis_client.hset(f"{{{network}}}:decisions", "torn", torn)
    decide(shop, 1, name="W-2")
    subjects = [event.subject for event in shop.events.read(START, limit=99).events if event.type == "order.decided"]
    assert subjects == ["W-1", "W-2"]
    assert "can't be read" in caplog.text


def test_steps_of_returns_are_told_and_what_they_restock(shop, told):
    shop.holds.confirm(decide(shop, 2)["id"])
    told()
    open_return(shop, "W-1", A=2)
    receive(shop, "W-1-R1", A=1, complete=True)
    inspect(shop, "W-1-R1")
    dispose(shop, "W-1-R1")
    opened, received, inspected, disposed, stock = told()
    assert [event[0] for event in (opened, received, inspected, disposed, stock)] == [
        *(f"return.{step}" for step in ("opened", "received", "inspected", "disposed")),
        "stock.changed",
    ]
    assert {event[1] for event in (opened, received, inspected, disposed)} == {"W-1"}
    assert [event[2]["state"] for event in (opened, received, inspected, disposed)] == [
        *("authorised", "received", "inspected", "closed")
    ]
    assert opened[2]["lines"] == [{"line": "1", "sku": "A", "quantity": 2}]
    assert received[2]["missing"] == [{"line": "1", "sku": "A", "quantity": 1}]
    (units,) = disposed[2]["units"]
    assert units == {
        "group": 1,
        "line": "1",
        "sku": "A",
        "quantity": 1,
        "node": "lyon",
        "grade": "as_new",
        "disposition": "restock",
        "place": "lyon",
    }
    assert disposed[2]["links"] == {"order": "/v1/orders/W-1", "return": "/v1/returns/W-1-R1"}
    assert stock[2]["because"] == "returned"
    assert stock[2]["positions"] == [{"sku": "A", "node": "lyon", "delta": 1, "on_hand": 9}]


def test_units_set_aside_are_no_event(shop, redis_client, network, told):
    told()
    for kind in ("set_aside", "released", "expired"):
        redis_client.xadd(
            f"{{{network}}}:log",
            {"kind": kind, "id": "set-aside:d:1", "at": 1, "until": 9, "day": "", "set_aside": "[]", "shipments": "0"},
        )
    assert told() == []


def test_an_act_that_is_an_event_is_behind_a_cursor_and_one_that_is_none_is_not(shop):
    version = shop.publish(_POLICY, **WHO).version
    outbox, cursor = shop.events._outbox, shop.events.end()
    shop.events.webhooks.add("https://shop.example/", by="ada")
    assert shop.events.end() > cursor
    assert not outbox.goes_on_after(cursor)
    shop.versions.approvals.approve(version, who="another person", note="")
    assert outbox.goes_on_after(cursor)
    assert [event.type for event in outbox.read(cursor, limit=9).events] == ["policy.approval_changed"]
