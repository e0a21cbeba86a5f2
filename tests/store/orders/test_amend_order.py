"""An order is amended: what left stays, what is right stays held, and the rest is decided again in one commit."""

from dataclasses import replace

import pytest

from engine.decide.order_record import seconds
from engine.errors import (
    AlreadyShipped,
    AwaitingApproval,
    InputInvalid,
    KeyReused,
    NotFound,
    OrderChanged,
    OrderExists,
    OrderInvalid,
)
from engine.model.facts import Line
from engine.orders.amendment.plan import AmendRequest, LineChange
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.quotes.quotes import QuoteRequest
from engine.orders.quotes.take_up import TakeRequest
from engine.orders.rejection import RejectionRequest
from engine.orders.same_order import revision_of
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.ledger import RequestKey
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, MARSEILLE, inventory, node, order

NODES = [node("lyon", LYON), node("lille", LILLE, unit_handling=1_000_000)]


@pytest.fixture
def runs_backlog():
    return "manual"


@pytest.fixture
def shop(bare):
    """Six of A in Lyon and four in Lille, where a unit is dearer; three of B in Lyon."""
    bare.load(inventory(NODES, {"A": {"lyon": 6, "lille": 4}, "B": {"lyon": 3}}))
    activate(bare)
    return bare


def placed(*lines, **more):
    return order(*lines, id="O-1", **more)


def decide(shop, *lines, wait=False, **more):
    return json_of(shop.decide(placed(*lines, **more), wait=wait))


def amend(shop, *lines, wait=False, op=None, dry_run=False, **more):
    request = AmendRequest(order=placed(*lines, **more), waits=wait, op=op)
    return shop.amendments.amend(request, dry_run=dry_run)


def units(items):
    return [(item.line, item.quantity, item.node) for item in items]


def held(shop, sku="A"):
    return {item.node: item.position.held for item in shop.stock.show(sku).nodes if item.position.held}


def lines_of(shop):
    """By line, the units in each state that has some."""
    states = shop.orders.show("O-1").lines
    return {line.line: {state: count for state, count in line.units.items() if count} for line in states}


def test_who_says_which_order_they_amend_undoes_nothing_that_another_amended_meanwhile(shop, monkeypatch):
    decide(shop, ("A", 1), ("B", 1))
    read = revision_of(shop.orders.show("O-1").stored.order)

    def late(*lines):
        return shop.amendments.amend(AmendRequest(order=placed(*lines), revision=read))

    with monkeypatch.context() as patched:
        look = shop.amendments._change_script.read_order

        def looked(first, *, now):
            order = look(first, now=now)
            patched.undo()
            amend(shop, ("A", 3), ("B", 1))  # between the look of who is late and their change
            return order

        patched.setattr(shop.amendments._change_script, "read_order", looked)
        with pytest.raises(OrderChanged, match="O-1 has changed meanwhile"):
            late(("A", 1), ("B", 2))
    assert lines_of(shop) == {"1": {"held": 3}, "2": {"held": 1}}
    with pytest.raises(OrderChanged):
        late(("A", 1), ("B", 1))
    assert late(("A", 3), ("B", 1)).decision is None  # it stands so already
    read = revision_of(shop.orders.show("O-1").stored.order)
    shop.cancellations.cancel(CancelRequest(order="O-1", lines={"1": 1}))  # what becomes of units does not count
    late(("A", 3), ("B", 2))
    assert lines_of(shop) == {"1": {"held": 2, "cancelled": 1}, "2": {"held": 2}}


def test_five_instead_of_one_keep_the_one_and_hold_four_more(shop):
    decide(shop, ("A", 1))
    answer = amend(shop, ("A", 5))
    assert answer.amendment.lines == (LineChange(line="1", sku="A", before=1, after=5),)
    assert (units(answer.amendment.kept), answer.amendment.released) == ([("1", 1, "lyon")], ())
    assert answer.decision.record.units_shipped == 4
    assert held(shop) == {"lyon": 5}
    assert lines_of(shop) == {"1": {"held": 5}}
    assert shop.check().clean


def test_a_new_address_is_decided_again_with_the_units_that_the_order_holds(shop):
    """All there is of A is held by this order: nobody else could decide it."""
    first = decide(shop, ("A", 10))
    answer = amend(shop, ("A", 10), place=MARSEILLE)
    record = answer.decision.record
    assert (answer.amendment.fields, answer.amendment.lines, answer.amendment.kept) == (("destination",), (), ())
    assert units(answer.amendment.released) == [("1", 4, "lille"), ("1", 6, "lyon")]
    assert (record.because, record.follows.first, record.units_shipped) == ("amended", first["id"], 10)
    assert record.order.destination.latitude == MARSEILLE.latitude / 1_000_000
    assert held(shop) == {"lyon": 6, "lille": 4}
    assert {item.state for item in shop.holds.state(first["id"]).shipments} == {"amended"}
    assert shop.check().clean


def test_the_rooms_of_its_shipments_are_its_own_too(bare):
    bare.load(inventory([node("lyon", LYON, daily_orders=1)], {"A": {"lyon": 6}}))
    activate(bare)
    decide(bare, ("A", 2))
    assert amend(bare, ("A", 2), place=LILLE).decision.record.status == "filled"
    assert amend(bare, ("A", 3), place=LILLE).decision.record.status == "unfilled", "it would travel in a shipment more"
    assert bare.check().clean


def test_units_that_left_stay_with_the_address_that_they_went_to(shop):
    first = decide(shop, ("A", 5))["id"]
    shop.holds.confirm(first, lines={"A": 2})
    answer = amend(shop, ("A", 5), place=MARSEILLE)
    assert units(answer.amendment.released) == [("1", 3, "lyon")]
    assert lines_of(shop) == {"1": {"held": 3, "shipped": 2}}
    shop.holds.confirm(answer.decision.id)
    assert lines_of(shop) == {"1": {"shipped": 5}}
    audit = shop.check()
    assert (audit.clean, audit.confirmed, audit.held) == (True, 5, 0)


def test_fewer_units_are_let_go_where_the_rest_costs_least_and_nothing_is_decided(shop):
    decide(shop, ("A", 8), ("B", 2))
    answer = amend(shop, ("A", 6), ("B", 1))
    assert answer.decision is None
    assert sorted(units(answer.amendment.released)) == [("1", 2, "lille"), ("2", 1, "lyon")]
    assert (held(shop), held(shop, "B")) == ({"lyon": 6}, {"lyon": 1})
    assert lines_of(shop) == {"1": {"held": 6}, "2": {"held": 1}}
    assert shop.check().clean


def test_a_dropped_line_is_let_go_and_an_added_one_is_decided(shop):
    decide(shop, ("A", 5))
    answer = amend(shop, Line(id="2", sku="B", quantity=2))
    assert answer.amendment.lines == (
        LineChange(line="1", sku="A", before=5, after=0),
        LineChange(line="2", sku="B", before=0, after=2),
    )
    assert (held(shop), held(shop, "B"), lines_of(shop)) == ({}, {"lyon": 2}, {"2": {"held": 2}})
    assert shop.check().clean


def test_another_sku_on_a_line_is_a_dropped_and_an_added_line(shop):
    decide(shop, ("A", 5))
    answer = amend(shop, ("B", 2))
    assert [(item.sku, item.before, item.after) for item in answer.amendment.lines] == [("A", 5, 0), ("B", 0, 2)]
    assert (held(shop), held(shop, "B"), lines_of(shop)) == ({}, {"lyon": 2}, {"1": {"held": 2}})
    assert shop.check().clean


@pytest.mark.parametrize(
    "lines", [[("A", 1)], [Line(id="2", sku="A", quantity=5)], [("B", 5)]], ids=["fewer", "dropped", "another SKU"]
)
def test_units_that_left_can_not_be_taken_out_of_the_order(shop, contents, lines):
    name = decide(shop, ("A", 5))["id"]
    shop.holds.confirm(name, lines={"A": 2})
    before = contents()
    message = r"2 x A \(line 1\) left already, so keep this line with its SKU and a quantity of 2 or more"
    with pytest.raises(AlreadyShipped, match=message):
        amend(shop, *lines)
    assert contents() == before


def test_what_is_left_of_a_line_goes_when_its_quantity_is_what_left(shop):
    name = decide(shop, ("A", 5))["id"]
    shop.holds.confirm(name, lines={"A": 2})
    amend(shop, ("A", 2))
    assert (held(shop), lines_of(shop)) == ({}, {"1": {"shipped": 2}})
    assert shop.check().clean


def test_lines_are_added_to_an_order_of_which_nothing_is_left(shop):
    name = decide(shop, ("A", 2))["id"]
    shop.holds.confirm(name)
    amend(shop, ("A", 2), ("B", 1))
    assert lines_of(shop) == {"1": {"shipped": 2}, "2": {"held": 1}}
    shop.cancellations.cancel(CancelRequest(order="O-1"))
    amend(shop, ("A", 3), ("B", 1))
    assert lines_of(shop) == {"1": {"shipped": 2, "held": 1}, "2": {"cancelled": 1}}
    assert shop.check().clean


@pytest.mark.parametrize(
    ("quantity", "states"),
    [
        (5, {"cancelled": 2, "held": 3}),
        (4, {"cancelled": 1, "held": 3}),
        (3, {"held": 3}),
        (2, {"held": 2}),
        (7, {"cancelled": 2, "held": 5}),
    ],
)
def test_cancelled_units_stay_cancelled_and_are_the_first_that_are_no_longer_ordered(shop, quantity, states):
    decide(shop, ("A", 5))
    shop.cancellations.cancel(CancelRequest(order="O-1", lines={"A": 2}))
    amend(shop, ("A", quantity), tags=frozenset({"gift"}))
    assert lines_of(shop) == {"1": states}
    assert held(shop) == {"lyon": states["held"]}
    assert shop.check().clean


def test_waiting_units_are_decided_again_and_go_on_waiting(shop):
    decide(shop, ("A", 12), ("B", 3), wait=True)
    answer = amend(shop, ("A", 13), ("B", 3))
    assert answer.decision.record.waiting is True
    assert lines_of(shop) == {"1": {"held": 10, "waiting": 3}, "2": {"held": 3}}
    (place,) = shop.backlog.page(limit=9).places
    assert (place.entry.decision, place.entry.units) == (answer.decision.id, {"1": 3})
    assert amend(shop, ("A", 10), ("B", 3)).decision is None
    assert shop.backlog.page(limit=9).waiting == 0
    assert shop.check().clean


def test_what_waits_after_an_amendment_is_offered_for_the_amended_order(shop):
    decide(shop, ("A", 12), wait=True)
    amend(shop, ("A", 12), place=MARSEILLE)
    shop.stock.move([Movement(op="came", node="lyon", sku="A", delta=9)])
    (answer,) = shop.backlog.run(limit=9).answers
    assert answer.record.order.destination.latitude == MARSEILLE.latitude / 1_000_000
    assert lines_of(shop) == {"1": {"held": 12}}
    assert shop.check().clean


def test_unfilled_units_wait_if_asked_to(shop):
    decide(shop, ("A", 9))
    assert lines_of(shop) == {"1": {"held": 9}}
    amend(shop, ("A", 12), wait=True)
    assert lines_of(shop) == {"1": {"held": 10, "waiting": 2}}
    assert shop.check().clean


def test_rejected_units_of_an_amended_order_go_where_it_goes_now(shop):
    decide(shop, ("A", 5))
    name = amend(shop, ("A", 5), place=MARSEILLE).decision.id
    request = RejectionRequest(decision=name, node="lyon", reason="other", lines={"A": 2})
    assert shop.rerouting.reject(request).record.order.destination.latitude == MARSEILLE.latitude / 1_000_000
    amend(shop, ("A", 7), place=MARSEILLE)
    assert held(shop) == {"lyon": 3, "lille": 4}, "a node that did not lack the stock rejects it again"
    assert shop.check().clean


def test_an_order_stands_as_amended(shop):
    decide(shop, ("A", 1))
    decision = amend(shop, ("A", 5)).decision
    again = shop.decide(placed(("A", 5)))
    assert (again.new, again.id) == (False, decision.id)
    with pytest.raises(OrderExists, match=r"other lines, .*amend"):
        shop.decide(placed(("A", 1)))
    assert shop.orders.show("O-1").stored.changes == 1


def test_an_amended_order_that_is_sent_with_the_key_of_the_first_stands_too(shop):
    key = RequestKey(caller="oms", name="k")
    first = shop.decide(placed(("A", 1)), key=key)
    decision = amend(shop, ("A", 5)).decision
    again = shop.decide(placed(("A", 5)), key=key)
    assert (again.new, again.id) == (False, decision.id)
    assert shop.decide(placed(("A", 1)), key=key).id == first.id, "the very request that the key was used for"
    with pytest.raises(OrderExists, match="other lines"):
        shop.decide(placed(("A", 4)), key=key)
    with pytest.raises(KeyReused):
        shop.decide(order(("A", 1), id="another"), key=key)


def test_the_same_order_changes_nothing(shop, contents):
    decide(shop, ("A", 11))
    before = contents()
    answer = amend(shop, ("A", 11))
    assert (answer.amendment.fields, answer.decision, units(answer.amendment.kept)) == (
        (),
        None,
        [("1", 4, "lille"), ("1", 6, "lyon")],
    )
    assert contents() == before


@pytest.mark.parametrize("written", [{"country": None}, {"postcode": "75 003"}], ids=["no country", "a blank"])
def test_an_address_written_in_another_way_changes_nothing(shop, contents, written):
    first = decide(shop, ("A", 2), postcode="75003")
    before = contents()
    sent = {"postcode": "75003"} | written
    answer = amend(shop, ("A", 2), **sent)
    assert (answer.amendment.fields, answer.decision) == ((), None)
    assert shop.decide(placed(("A", 2), **sent)).id == first["id"]
    assert contents() == before


def test_an_order_that_took_a_quote_up_was_placed_then_whatever_is_sent(shop, clock):
    cart = replace(placed(("A", 2)), id="")
    quote = shop.quotes.make(QuoteRequest(cart=cart, deliveries=["standard"]))
    clock.now += 60
    taken = json_of(shop.quote_take_up.take(TakeRequest(quote=quote.id, promise=1, order_id="O-1"), caller=""))
    promised = {"promise_by": seconds(taken["order"]["promise_by"])}
    assert shop.decide(placed(("A", 2), **promised)).id == taken["id"]
    assert amend(shop, ("A", 2), **promised).amendment.fields == ()
    amended = amend(shop, ("A", 3), **promised)
    assert amended.amendment.fields == ("lines",)
    assert amended.decision.record.order.placed_at == taken["order"]["placed_at"]
    assert units(amended.amendment.kept) == [("1", 2, "lyon")]
    with pytest.raises(OrderExists, match="with other lines, "):
        shop.decide(placed(("A", 4), **promised))


@pytest.mark.parametrize("lines", [[("A", 7)], [("A", 3)]], ids=["decided", "let go"])
def test_a_dry_run_says_what_would_change_and_changes_nothing(shop, contents, lines):
    decide(shop, ("A", 5))
    before = contents()
    planned = amend(shop, *lines, dry_run=True)
    assert contents() == before
    done = amend(shop, *lines)
    assert done.amendment == planned.amendment
    assert (planned.decision and planned.decision.record.shipments) == (
        done.decision and done.decision.record.shipments
    )


@pytest.mark.parametrize("lines", [[("A", 7)], [("A", 3)]], ids=["decided", "let go"])
def test_an_amendment_counts_once_under_its_name(shop, contents, lines):
    decide(shop, ("A", 5))
    first = amend(shop, *lines, op="one")
    amend(shop, ("A", 4))
    before = contents()
    again = amend(shop, *lines, op="one")
    assert again.amendment == first.amendment
    assert (again.decision and again.decision.id) == (first.decision and first.decision.id)
    with pytest.raises(KeyReused):
        amend(shop, ("A", 2), op="one")
    assert contents() == before


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        (placed(("A", 5), placed_at=0), InputInvalid, "placed_at: an order can't be amended to have been placed at"),
        (placed(("C", 5)), OrderInvalid, "'C'"),
        (placed(("A", 3), ("C", 1)), OrderInvalid, "'C'"),
        (placed(("A", 3), channel="nowhere", collect_at="nowhere"), OrderInvalid, "nowhere"),
    ],
    ids=["placed_at", "SKU", "added SKU", "place"],
)
def test_mistakes_are_refused_and_change_nothing(shop, contents, changed, error, message):
    decide(shop, ("A", 5))
    before = contents()
    with pytest.raises(error, match=message):
        shop.amendments.amend(AmendRequest(order=changed))
    assert contents() == before


def test_an_order_that_there_is_not_can_not_be_amended(shop):
    with pytest.raises(NotFound, match="no order goes by the id 'O-1'"):
        amend(shop, ("A", 5))


def test_an_order_that_awaits_approval_goes_on_doing_so(shop):
    activate(shop, "when: {order.value: {more_than: 0}}, then: {approve: true}")
    decide(shop, Line(id="1", sku="A", quantity=1, unit_price=1))
    activate(shop)
    name = amend(shop, Line(id="1", sku="A", quantity=1, unit_price=1), place=MARSEILLE).decision.id
    with pytest.raises(AwaitingApproval):
        shop.holds.confirm(name)
    assert shop.check().clean
    shop.orders.approve("O-1", who="Ada", note="")
    shop.holds.confirm(name)


def test_a_confirm_sent_again_is_answered_though_its_order_awaits_approval_since(shop):
    activate(shop, "when: {order.units: {more_than: 3}}, then: {approve: true}")
    first = decide(shop, ("A", 2))["id"]
    left = shop.holds.confirm(first, lines={"A": 1}, op="c")
    amend(shop, ("A", 4))
    assert shop.holds.confirm(first, lines={"A": 1}, op="c") == left
    with pytest.raises(AwaitingApproval):
        shop.holds.confirm(first, lines={"A": 1}, op="another")
    assert lines_of(shop) == {"1": {"held": 3, "shipped": 1}}


def test_an_amendment_may_need_an_approval_that_the_order_did_not(shop):
    activate(shop, "when: {order.units: {more_than: 3}}, then: {approve: true}")
    first = decide(shop, ("A", 2))["id"]
    amend(shop, ("A", 5))
    assert "awaiting_approval" in shop.orders.show("O-1").states
    with pytest.raises(AwaitingApproval):
        shop.holds.confirm(first)
    assert shop.check().clean
    shop.orders.approve("O-1", who="Ada", note="")
    shop.holds.confirm(first)
    amend(shop, ("A", 6))
    state = shop.orders.show("O-1")
    assert ("awaiting_approval" in state.states, state.stored.approval) == (True, None)
    assert shop.check().clean


def test_late_units_of_a_line_that_has_another_sku_now_do_not_leave(shop, clock):
    name = decide(shop, ("A", 5))["id"]
    clock.now += 4 * 86_400
    shop.stock.move([Movement(op="gone", node="lyon", sku="B", delta=-3)])
    amend(shop, ("B", 5))
    assert lines_of(shop) == {"1": {"unfilled": 5}}
    with pytest.raises(Exception, match="of line 1 the order lacks only 0 by now"):
        shop.holds.confirm(name)
    assert shop.check().clean


@pytest.mark.parametrize("count", [5, 6], ids=["the same order", "one more"])
def test_a_confirm_that_is_undone_holds_units_that_the_next_amendment_decides_again(shop, count):
    name = decide(shop, ("A", 5))["id"]
    shop.holds.confirm(name)
    amend(shop, ("A", 5), place=MARSEILLE)
    shop.holds.undo(name)
    assert lines_of(shop) == {"1": {"held": 5}}
    answer = amend(shop, ("A", count), place=MARSEILLE)
    assert (answer.amendment.kept, answer.decision.record.units_shipped) == ((), count)
    assert amend(shop, ("A", count), place=MARSEILLE).decision is None
    assert shop.check().clean


def test_shipments_that_stand_count_among_those_that_the_order_may_have(shop):
    activate(shop, "then: {max_shipments: 1}")
    decide(shop, ("A", 5))
    assert amend(shop, ("A", 6)).decision.record.shipments == []
    assert lines_of(shop) == {"1": {"held": 5, "unfilled": 1}}


def test_units_that_were_held_may_travel_in_one_more_shipment(shop):
    activate(shop, "then: {max_shipments: 1}")
    shop.holds.confirm(decide(shop, ("A", 5))["id"], lines={"A": 2})
    amend(shop, ("A", 5), place=MARSEILLE)
    assert lines_of(shop) == {"1": {"held": 3, "shipped": 2}}


def test_a_full_quota_of_holds_is_no_reason_not_to_move_one(server_url, network, clock, shop):
    with Pointsman(Settings(redis_url=server_url, network=network, max_holds=1), clock=clock) as one:
        decide(one, ("A", 2))
        assert amend(one, ("A", 2), place=MARSEILLE).decision.record.status == "filled"
        with pytest.raises(Exception, match="open holds"):
            amend(one, ("A", 3), place=MARSEILLE)
    assert shop.check().clean


def test_a_price_that_a_person_has_to_approve_parks_the_order_though_its_units_stay(shop):
    activate(shop, "when: {order.value: {more_than: 5 EUR}}, then: {approve: true}")
    first = decide(shop, Line(id="1", sku="A", quantity=2, unit_price=1_000_000))["id"]
    amended = amend(shop, Line(id="1", sku="A", quantity=2, unit_price=4_000_000))
    assert units(amended.amendment.kept) == [("1", 2, "lyon")]
    with pytest.raises(AwaitingApproval):
        shop.holds.confirm(first)
    assert shop.check().clean
    amend(shop, Line(id="1", sku="A", quantity=2, unit_price=2_000_000))
    assert "awaiting_approval" in shop.orders.show("O-1").states, "only a person lets it go on"
    shop.orders.approve("O-1", who="Ada", note="")
    shop.holds.confirm(first)
    assert shop.check().clean


@pytest.mark.parametrize(("quantity", "segment", "parked"), [(1, None, False), (2, "new", True)])
def test_fewer_units_alone_ask_no_person_again(shop, quantity, segment, parked):
    activate(shop, "when: {order.value: {more_than: 1 EUR}}, then: {approve: true}")
    decide(shop, Line(id="1", sku="A", quantity=2, unit_price=4_000_000))
    shop.orders.approve("O-1", who="Ada", note="")
    amend(shop, Line(id="1", sku="A", quantity=quantity, unit_price=4_000_000), segment=segment)
    assert ("awaiting_approval" in shop.orders.show("O-1").states) == parked
    assert shop.check().clean


def in_set(*lines):
    """Lines as (SKU, quantity, set)."""
    return [
        Line(id=str(number), sku=sku, quantity=quantity, set_name=name)
        for number, (sku, quantity, name) in enumerate(lines, start=1)
    ]


def test_a_line_added_to_a_set_takes_all_of_it_elsewhere(shop):
    shop.load(inventory(NODES, {"A": {"lyon": 6, "lille": 4}, "B": {"lille": 3}}))
    decide(shop, *in_set(("A", 1, "s")))
    answer = amend(shop, *in_set(("A", 1, "s"), ("B", 1, "s")))
    assert (units(answer.amendment.kept), units(answer.amendment.released)) == ([], [("1", 1, "lyon")])
    (shipment,) = answer.decision.record.shipments
    assert (shipment.node, [part.sku for part in shipment.lines]) == ("lille", ["A", "B"])
    assert shop.check().clean


def test_more_units_of_a_line_of_a_set_are_decided_with_all_of_it(shop):
    decide(shop, *in_set(("A", 2, "s"), ("B", 2, "s")))
    answer = amend(shop, *in_set(("A", 2, "s"), ("B", 3, "s")))
    assert units(answer.amendment.released) == [("1", 2, "lyon"), ("2", 2, "lyon")]
    assert len(answer.decision.record.shipments) == 1


def test_fewer_units_of_a_set_leave_the_rest_of_it_where_it_is(shop):
    decide(shop, *in_set(("A", 2, "s"), ("B", 2, "s")))
    answer = amend(shop, *in_set(("A", 1, "s"), ("B", 2, "s")))
    assert (answer.decision, units(answer.amendment.released)) == (None, [("1", 1, "lyon")])


def test_what_is_rejected_of_a_set_is_decided_together_without_the_rest(shop):
    first = shop.decide(placed(*in_set(("A", 2, "s"), ("B", 2, "s"))))
    request = RejectionRequest(decision=first.id, node="lyon", reason="damaged", lines={"1": 2})
    again = shop.rerouting.reject(request).record
    assert [(item.node, item.lines[0].line) for item in again.shipments] == [("lille", "1")]
    assert lines_of(shop) == {"1": {"held": 2}, "2": {"held": 2}}
