"""Orders as they stand: where each unit is, what lists them, what lets them wait, and who approves them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import AwaitingApproval, HoldEnded, NotFound, QuotaExceeded
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.living_orders import OrderFilter
from engine.orders.order_state import UNIT_STATES
from engine.orders.rejection import RejectionRequest
from engine.store.hold_changes.change_script import ChangeScript
from engine.store.ledger import Ledger
from engine.store.orders import order_calls, stored_order
from engine.store.stock import Movement
from tests.conftest import PARKS_RISKY_ORDERS, activate
from tests.support.decision_json import json_of
from tests.support.examples import examples
from tests.support.facts import HOUR, LILLE, LYON, NOW, inventory, node, order
from tests.support.returns import open_return, receive

EVERYTHING = OrderFilter()


@pytest.fixture
def runs_backlog():
    return "manual"


@pytest.fixture
def shop(bare):
    """Three of A in Lyon and two in Lille, one of B in Lyon."""
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 3, "lille": 2}, "B": {"lyon": 1}}))
    activate(bare, "then: {hold: 1h}")
    return bare


def units(shop, name):
    """Units of an order that are in any state, by line and state."""
    return {
        line.line: {state: count for state, count in line.units.items() if count}
        for line in shop.orders.show(name).lines
    }


def actions(shop, name):
    return sorted({action for action, _ in shop.orders.show(name).actions})


def listed(shop, **filters):
    return [state.stored.id for state in shop.orders.list(OrderFilter(**filters), limit=100).orders]


def queued(shop):
    """How often units were put into the backlog, by the log."""
    return [entry.kind for entry in shop.entries(on_damaged=pytest.fail)].count("queued")


def arrive(shop, count, name="lyon", sku="A"):
    shop.stock.move([Movement(op=f"{shop.now} {count} {name}", node=name, sku=sku, delta=count)])


def test_each_unit_of_an_order_is_where_its_calls_put_it(shop, clock):
    first = json_of(shop.decide(order(("A", 6), ("B", 1), id="o"), caller="oms"))
    assert units(shop, "o") == {"1": {"held": 5, "unfilled": 1}, "2": {"held": 1}}
    assert actions(shop, "o") == ["amend", "cancel", "confirm", "extend", "reject", "release", "wait"]
    shop.holds.confirm(first["id"], shipments=[("lille", "parcel")])
    assert units(shop, "o") == {"1": {"held": 3, "shipped": 2, "unfilled": 1}, "2": {"held": 1}}
    rejection = RejectionRequest(decision=first["id"], node="lyon", reason="damaged", lines={"1": 2}, waits=True)
    second = json_of(shop.rerouting.reject(rejection))
    assert units(shop, "o")["1"] == {"held": 1, "shipped": 2, "waiting": 2, "unfilled": 1}
    shop.orders.wait("o")
    assert units(shop, "o")["1"] == {"held": 1, "shipped": 2, "waiting": 3}
    arrive(shop, 2, name="lille")
    assert [json_of(answer)["follows"]["decision"] for answer in shop.backlog.run(limit=9).answers] == [second["id"]]
    assert units(shop, "o")["1"] == {"held": 3, "shipped": 2, "waiting": 1}
    clock.now += HOUR
    assert units(shop, "o") == {"1": {"shipped": 2, "waiting": 1, "unfilled": 3}, "2": {"unfilled": 1}}
    assert shop.orders.show("o").states == ("shipped", "waiting", "unfilled")
    state = shop.orders.show("o")
    assert [(item.record.node, item.state) for item in state.shipments] == [
        ("lille", "confirmed"),
        ("lyon", "expired"),
        ("lille", "expired"),
    ]
    assert {item.ended_at for item in state.shipments} == {NOW, NOW + HOUR}
    shop.orders.wait("o")
    assert units(shop, "o") == {"1": {"shipped": 2, "waiting": 4}, "2": {"waiting": 1}}
    assert actions(shop, "o") == ["amend", "cancel", "undo", "withdraw"]
    audit = shop.check()
    assert (audit.drifts, audit.orders, audit.held) == ((), 1, 0)


def test_an_order_nobody_sent_is_not_found(shop):
    for call in (shop.orders.show, shop.orders.wait, lambda name: shop.orders.approve(name, who="Ada", note="")):
        with pytest.raises(NotFound, match="no order goes by the id 'nobody'"):
            call("nobody")


def test_waiting_again_changes_nothing_and_the_units_ship_when_stock_arrives(shop, contents):
    shop.decide(order(("A", 7), id="o"))
    shop.orders.wait("o")
    before = contents()
    assert shop.orders.wait("o").units("waiting") == 2
    assert contents() == before
    arrive(shop, 2)
    (answer,) = shop.backlog.run(limit=9).answers
    assert (json_of(answer)["status"], units(shop, "o")) == ("filled", {"1": {"held": 7}})
    assert shop.check().clean


def test_two_calls_to_wait_at_once_let_each_unit_wait_once(shop, opened, monkeypatch):
    shop.decide(order(("A", 7), id="o"))
    other, write, waited = opened(), order_calls.OrderCalls.wait, []

    def after_another(calls, *given, **more):
        if not waited:
            waited.append("the other")
            other.orders.wait("o")
        return write(calls, *given, **more)

    monkeypatch.setattr(order_calls.OrderCalls, "wait", after_another)
    assert shop.orders.wait("o").units("waiting") == 2
    (place,) = shop.backlog.page(limit=9).places
    assert (place.entry.units, waited, queued(shop)) == ({"1": 2}, ["the other"], 1)


def test_units_that_begin_to_wait_while_others_are_offered_stock_go_on_waiting(shop, clock, opened, monkeypatch):
    shop.decide(order(("A", 7), id="o"), wait=True)
    clock.now += HOUR  # the five units that were held are unfilled now, the two others wait
    other, commit = opened(), Ledger.commit

    def after_another(ledger, *given, **more):
        monkeypatch.undo()
        other.orders.wait("o")
        return commit(ledger, *given, **more)

    monkeypatch.setattr(Ledger, "commit", after_another)
    assert shop.backlog.run(limit=9).answers == ()
    assert units(shop, "o") == {"1": {"waiting": 7}}
    shop.backlog.run(limit=9)
    assert units(shop, "o") == {"1": {"held": 5, "waiting": 2}}
    assert shop.check().clean


def test_units_that_are_withdrawn_just_before_the_others_begin_to_wait_lose_their_place(shop, clock, monkeypatch):
    made = json_of(shop.decide(order(("A", 7), id="o"), wait=True))
    clock.now += HOUR  # the five units that were held are unfilled now, the two others wait
    write = order_calls.OrderCalls.wait

    def after_a_withdrawal(calls, *given, **more):
        monkeypatch.undo()
        shop.backlog.withdraw(made["id"])
        return write(calls, *given, **more)

    monkeypatch.setattr(order_calls.OrderCalls, "wait", after_a_withdrawal)
    assert shop.orders.wait("o").units("waiting") == 7
    (place,) = shop.backlog.page(limit=9).places
    assert (place.entry.since, queued(shop)) == (clock.now, 1)


def test_units_that_left_after_all_meanwhile_do_not_wait(shop, clock, redis_client, key, monkeypatch):
    made = json_of(shop.decide(order(("A", 5), id="o")))
    clock.now += HOUR
    write = order_calls.OrderCalls.wait

    def after_they_left(calls, *given, **more):
        monkeypatch.undo()
        redis_client.hset(key("endings"), made["id"], " ".join([f"confirmed:{NOW}"] * len(made["shipments"])))
        return write(calls, *given, **more)

    monkeypatch.setattr(order_calls.OrderCalls, "wait", after_they_left)
    shop.orders.wait("o")
    assert (units(shop, "o"), queued(shop)) == ({"1": {"shipped": 5}}, 0)


def test_an_order_that_is_decided_again_while_it_is_read_is_read_whole(shop, opened, monkeypatch):
    first = json_of(shop.decide(order(("A", 1), id="o")))
    node_id, other, moments = first["shipments"][0]["node"], opened(), stored_order._moments

    def after_a_rejection(*given):
        monkeypatch.undo()
        other.rerouting.reject(RejectionRequest(decision=first["id"], node=node_id, reason="other"))
        return moments(*given)

    monkeypatch.setattr(stored_order, "_moments", after_a_rejection)
    state = shop.orders.show("o")
    assert [(item.record.node == node_id, item.state) for item in state.shipments] == [
        (True, "rejected"),
        (False, "held"),
    ]
    assert state.lines[0].units["held"] == 1


def test_units_do_not_wait_in_a_full_backlog(shop, monkeypatch):
    shop.decide(order(("A", 6)), wait=True)
    shop.decide(order(("A", 1), id="o"))
    monkeypatch.setattr(order_calls, "MOST_WAITING", 1)
    with pytest.raises(QuotaExceeded):
        shop.orders.wait("o")
    assert units(shop, "o") == {"1": {"unfilled": 1}}


def test_orders_are_listed_newest_first_by_what_any_of_their_units_is(shop):
    made = [
        order(("A", 1), id="held", placed_at=NOW - 4),
        order(("A", 4), ("B", 1), id="gone", channel="app", placed_at=NOW - 3),
        order(("A", 2), id="waits", placed_at=NOW - 2),
        order(("B", 1), id="short", placed_at=NOW - 2),
    ]
    ids = {item.id: json_of(shop.decide(item, wait=item.id == "waits"))["id"] for item in made}
    shop.holds.confirm(ids["gone"], shipments=[("lyon", "parcel")])
    assert listed(shop) == ["waits", "short", "gone", "held"]
    assert listed(shop, state="held") == ["gone", "held"]
    assert listed(shop, state="held", sku="B") == []
    assert listed(shop, state="shipped") == listed(shop, state="shipped", sku="B") == ["gone"]
    assert listed(shop, state="waiting") == ["waits"]
    assert listed(shop, state="unfilled") == ["short"]
    assert listed(shop, state="cancelled") == listed(shop, state="awaiting_approval") == []
    assert listed(shop, channel="app") == ["gone"]
    assert listed(shop, sku="B") == ["short", "gone"]
    assert listed(shop, node="lille") == ["gone", "held"]
    assert listed(shop, node="lyon") == listed(shop, node="lyon", state="shipped") == ["gone"]
    assert listed(shop, node="lyon", state="held") == listed(shop, node="lyon", sku="B", state="held") == []
    assert listed(shop, placed_after=NOW - 3) == ["waits", "short"]


def test_a_node_has_shipped_nothing_of_lines_that_are_back(shop):
    shop.holds.confirm(json_of(shop.decide(order(("A", 4), ("B", 1), id="O-1")))["id"])
    assert listed(shop, node="lyon", state="shipped") == listed(shop, node="lille", state="shipped") == ["O-1"]

    open_return(shop, A=3)
    receive(shop, "O-1-R1", A=3)
    assert listed(shop, node="lyon", state="shipped") == listed(shop, node="lille", state="shipped") == ["O-1"]

    open_return(shop, A=1)
    receive(shop, "O-1-R2", A=1)
    assert listed(shop, node="lille", state="shipped") == []
    assert listed(shop, node="lyon", sku="A", state="shipped") == []
    assert listed(shop, node="lyon", state="shipped") == listed(shop, node="lyon", sku="B", state="shipped") == ["O-1"]
    assert listed(shop, node="lille") == listed(shop, node="lille", state="returned") == ["O-1"]


@pytest.mark.parametrize("state", [None, "waiting"])
def test_pages_show_each_order_once_though_others_come_in_between(shop, state):
    for number in range(7):
        shop.decide(order(("A", 9), id=f"o{number}", placed_at=NOW + number // 3), wait=True)
    filtered, seen, after = OrderFilter(state=state), [], None
    while True:
        page = shop.orders.list(filtered, after=after, limit=2)
        seen += [item.stored.id for item in page.orders]
        after = page.after
        if after is None:
            break
        shop.decide(order(("A", 9), id=f"new {len(seen)}", placed_at=NOW + 9), wait=True)
    assert seen == [f"o{number}" for number in (6, 5, 4, 3, 2, 1, 0)]


def test_a_page_reads_a_bounded_number_of_orders_and_goes_on_after_them(shop, monkeypatch):
    monkeypatch.setattr("engine.orders.living_orders.MOST_LOOKED_AT", 2)
    for number in range(3):
        shop.decide(order(id=f"o{number}", channel=f"c{number}", placed_at=NOW + number))
    page = shop.orders.list(OrderFilter(channel="c0"), limit=5)
    assert (page.orders, page.after) == ((), (NOW + 1, "o1"))
    page = shop.orders.list(OrderFilter(channel="c0"), after=page.after, limit=5)
    assert ([item.stored.id for item in page.orders], page.after) == (["o0"], None)


def test_an_order_of_an_earlier_release_is_listed_once_it_is_repaired_and_the_others_before(shop, redis_client, key):
    for name in ("a", "former", "z"):
        shop.decide(order(("A", 9), id=name), wait=True)
    redis_client.delete(key("order:former"))
    redis_client.zrem(key("orders"), "former")
    assert listed(shop, state="waiting") == ["z", "a"]
    shop.repair(who="an operator")
    assert listed(shop, state="waiting") == ["z", "former", "a"]


@pytest.fixture
def parking(shop):
    activate(shop, PARKS_RISKY_ORDERS, "then: {hold: 1h}")


@pytest.fixture
def risky(shop, parking):
    """A parked order of six of A, of which five are held and one waits; its decision."""
    return json_of(shop.decide(order(("A", 6), id="o", segment="risky"), wait=True))


def test_nothing_of_a_parked_order_leaves_or_is_decided_again_before_it_is_approved(shop, risky, contents):
    assert (risky["awaiting_approval"], risky["status"]) == (True, "partial")
    assert units(shop, "o") == {"1": {"held": 5, "waiting": 1}}
    assert shop.orders.show("o").states == ("held", "waiting", "awaiting_approval")
    assert listed(shop, state="awaiting_approval") == ["o"]
    arrive(shop, 1)
    before = contents()
    with pytest.raises(AwaitingApproval, match="pointsman order approve o"):
        shop.holds.confirm(risky["id"])
    with pytest.raises(AwaitingApproval):
        shop.rerouting.reject(RejectionRequest(decision=risky["id"], node="lyon", reason="other"))
    assert contents() == before
    assert shop.backlog.run(limit=9).answers == ()
    (note,) = shop.backlog.page(limit=9).notes.values()
    assert note.detail.startswith("the order awaits approval")
    assert actions(shop, "o") == ["amend", "approve", "cancel", "extend", "release", "withdraw"]
    state = shop.orders.approve("o", who="Ada", note="called the customer")
    approval = state.stored.approval
    assert (approval.by, approval.at, approval.note) == ("Ada", NOW, "called the customer")
    assert listed(shop, state="awaiting_approval") == []
    assert len(shop.backlog.run(limit=9).answers) == 1
    assert {item.state for item in shop.holds.confirm(risky["id"]).shipments} == {"confirmed"}
    assert units(shop, "o") == {"1": {"held": 1, "shipped": 5}}
    assert shop.check().clean


def test_an_order_is_approved_once_by_who_came_first(shop, risky, contents):
    first = shop.orders.approve("o", who="Ada", note="why")
    before = contents()
    assert shop.orders.approve("o", who="Eve", note="other") == first
    assert contents() == before
    (entry,) = [entry for entry in shop.entries(on_damaged=pytest.fail) if entry.kind == "approved"]
    assert (entry.decision, entry.caller, entry.at) == (risky["id"], "Ada", NOW)
    assert entry.body == b'{"order":"o","note":"why"}'


def test_an_order_that_needs_no_approval_stays_as_it_is(shop, parking, contents):
    made = json_of(shop.decide(order(("A", 1), id="o")))
    before = contents()
    assert shop.orders.approve("o", who="Ada", note="").stored.approval is None
    assert ("awaiting_approval" in made, contents()) == (False, before)


def test_a_parked_order_whose_hold_is_over_says_what_to_do_and_doing_it_helps(shop, parking, clock):
    shop.decide(order(("A", 5), id="o", segment="risky"))
    clock.now += HOUR
    assert (units(shop, "o"), shop.orders.show("o").states) == ({"1": {"unfilled": 5}}, ("unfilled",))
    assert listed(shop, state="awaiting_approval") == []
    with pytest.raises(HoldEnded, match="POST /v1/orders/o/wait"):
        shop.orders.approve("o", who="Ada", note="")
    shop.orders.wait("o")
    assert shop.backlog.run(limit=9).answers == ()
    shop.orders.approve("o", who="Ada", note="")
    assert (len(shop.backlog.run(limit=9).answers), units(shop, "o")) == (1, {"1": {"held": 5}})
    assert shop.check().clean


def test_a_parked_order_that_is_cancelled_can_not_be_approved_and_has_nothing_that_could_wait(shop, risky):
    shop.cancellations.cancel(CancelRequest(order="o"))
    with pytest.raises(HoldEnded, match="all of order 'o' is cancelled or has left; there is nothing to approve"):
        shop.orders.approve("o", who="Ada", note="")


def test_a_parked_order_may_be_released(shop, risky):
    shop.holds.release(risky["id"])
    assert units(shop, "o") == {"1": {"waiting": 1, "unfilled": 5}}


CALLS = st.lists(
    st.tuples(
        st.sampled_from(["confirm", "release", "reject", "wait", "run", "arrive", "expire", "withdraw"]),
        st.integers(0, 3),
    ),
    max_size=12,
)


@pytest.mark.slow
def test_whatever_is_called_every_unit_is_in_one_state(shop, clock):
    @examples(20)
    @given(quantities=st.lists(st.integers(1, 7), min_size=1, max_size=2), wait=st.booleans(), calls=CALLS)
    def check(quantities, wait, calls):
        lines = [("AB"[index], count) for index, count in enumerate(quantities)]
        name = order(*lines).id
        shop.decide(order(*lines, id=name), wait=wait)
        for call, number in calls:
            _call(shop, clock, name, call, number)
            state = shop.orders.show(name)
            for line in state.lines:
                assert min(line.units.values()) >= 0
                assert sum(line.units[kind] for kind in UNIT_STATES) == line.ordered
            held = sum(shipment.held for shipment in state.shipments)
            assert held == state.units("held")
            units_to_change = ChangeScript(shop._client, shop._keys).read_order(state.stored.first.id, now=shop.now)
            assert dict(units_to_change.unfilled) == {line.line: line.units["unfilled"] for line in state.lines}
            assert sum(units_to_change.in_state("held").values()) == held
        assert shop.check().clean

    check()


def _call(shop, clock, name, call, number):
    state = shop.orders.show(name)
    held = [shipment for shipment in state.shipments if shipment.held]
    one = held[number % len(held)] if held else None
    waiting = [item.record.id for item in state.stored.decisions if item.waiting]
    match call:
        case "wait":
            shop.orders.wait(name)
        case "run":
            shop.backlog.run(limit=9)
        case "arrive":
            shop.stock.move([Movement(op=f"{name} {clock.now} {number}", node="lyon", sku="A", delta=number + 1)])
            clock.now += 1
        case "expire":
            clock.now += HOUR
        case "withdraw" if waiting:
            shop.backlog.withdraw(waiting[0])
        case "confirm" | "release" if one:
            way = (one.record.node, one.record.service)
            getattr(shop.holds, call)(one.decision, shipments=[way])
        case "reject" if one:
            line = next(line for line in one.lines if line.held)
            shop.rerouting.reject(
                RejectionRequest(
                    decision=one.decision,
                    node=one.record.node,
                    reason="other",
                    lines={line.line: 1 + number % line.held},
                    waits=bool(number % 2),
                )
            )
