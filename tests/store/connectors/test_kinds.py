"""Each kind that comes in is taken over by the call that HTTP has for it, and told in its words."""

import contextlib
import dataclasses
import datetime
import json

import pytest

from api.connectors.applying.incoming import APPLIED, IncomingRow, one_by_one
from api.connectors.running.row_taker import RowTaker
from engine.errors import NotFound
from engine.store.stock import Movement
from tests.support.connectors import Running
from tests.support.parcels import ZOE, decided, packing_network

FILE = """\
connector: {kind}-in
owner: it
because: {{en: What comes}}
kind: {kind}
reads: {{folder: in, settled: 0s}}
format: json
{more}fields:
{fields}
"""
ORDER = {
    "id": "W-1",
    "channel": "web",
    "placed_at": "2026-11-27T09:00:00Z",
    "destination": {"country": "FR", "postcode": "69003"},
    "lines": [{"sku": "SHIRT", "quantity": 2}],
}


@pytest.fixture
def send(running, clock):
    """Gives a connector of the kind one file of rows, and runs it."""
    numbers = iter(range(100))

    def sent(kind, fields, *rows, more=""):
        lines = "\n".join(f"  {name}: {text}" for name, text in fields.items())
        here: Running = running(FILE.format(kind=kind, more=more, fields=lines))
        here.put(f"{next(numbers)}.json", json.dumps(rows))
        report = here.run()
        assert report.error == ""
        (message,) = report.messages
        return message

    return sent


ORDER_FIELDS = {
    "id": "id",
    "channel": "channel",
    "placed_at": "placed_at",
    "destination.country": "destination.country",
    "destination.postcode": "destination.postcode",
    "lines": "{each: lines, fields: {sku: sku, quantity: quantity}}",
}
ONCE = "once: n\n"


def place_order(send, **more):
    return send("orders", ORDER_FIELDS, {**ORDER, **more})


def test_an_order_is_decided_and_its_units_that_stay_unfilled_wait(send, pointsman):
    place_order(send, lines=[{"sku": "RARE", "quantity": 5}])
    state = pointsman.orders.show("W-1")
    assert (state.units("held"), state.units("waiting")) == (3, 2)


def test_an_order_that_comes_again_changes_nothing_and_one_of_other_content_is_refused(send):
    assert place_order(send).endings["applied"] == 1
    assert place_order(send).endings["unchanged"] == 1
    refused = place_order(send, lines=[{"sku": "SHIRT", "quantity": 1}])
    assert refused.endings["bad"] == 1
    assert "was decided before with other lines" in refused.problems[0].message


ADDRESSED_FIELDS = ORDER_FIELDS | {
    "addressee.name": "to.name",
    "addressee.lines": "to.lines",
    "addressee.postcode": "to.zip",
    "addressee.town": "to.town",
    "addressee.country": "destination.country",
}
ADA = {"name": "Ada Byron", "lines": ["1 rue de la Paix"], "zip": "69003", "town": "Lyon"}


def test_whom_an_order_goes_to_is_stored_apart(send, pointsman):
    assert send("orders", ADDRESSED_FIELDS, {**ORDER, "to": ADA}).problems == []
    assert pointsman.fulfilment.parcels.addressee("W-1").name == "Ada Byron"
    bad = send("orders", ADDRESSED_FIELDS, {**ORDER, "id": "W-2", "to": {**ADA, "town": " \u0007"}})
    assert "town" in bad.problems[0].path
    with pytest.raises(NotFound):
        pointsman.orders.show("W-2")


def test_whom_an_order_goes_to_is_there_before_the_order_is_decided(send, pointsman, monkeypatch):
    """What is decided may be sent to a warehouse before anything else is done."""
    there, decide = [], type(pointsman).decide

    def decided(self, order, **more):
        there.append(self.fulfilment.parcels.addressee(order.id).name)
        return decide(self, order, **more)

    monkeypatch.setattr(type(pointsman), "decide", decided)
    send("orders", ADDRESSED_FIELDS, {**ORDER, "to": ADA})
    assert there == ["Ada Byron"]


def test_an_order_that_is_refused_leaves_whom_it_goes_to_as_it_was(send, pointsman):
    grace, unknown = {**ADA, "name": "Grace Hopper"}, [{"sku": "NO-SUCH", "quantity": 1}]
    assert send("orders", ADDRESSED_FIELDS, {**ORDER, "lines": unknown, "to": grace}).endings["bad"] == 1
    with pytest.raises(NotFound):
        pointsman.fulfilment.parcels.addressee("W-1")
    send("orders", ADDRESSED_FIELDS, {**ORDER, "to": ADA})
    other = {**ORDER, "lines": [{"sku": "SHIRT", "quantity": 1}], "to": grace}
    assert send("orders", ADDRESSED_FIELDS, other).endings["bad"] == 1
    assert pointsman.fulfilment.parcels.addressee("W-1").name == "Ada Byron"


def test_an_order_that_comes_again_does_not_bring_back_an_address_that_was_corrected(send, pointsman):
    send("orders", ADDRESSED_FIELDS, {**ORDER, "to": ADA})
    parcels = pointsman.fulfilment.parcels
    corrected = dataclasses.replace(parcels.addressee("W-1"), lines=("9 rue du Lac",))
    parcels.put_addressee("W-1", corrected)
    assert send("orders", ADDRESSED_FIELDS, {**ORDER, "to": ADA}).endings["unchanged"] == 1
    assert parcels.addressee("W-1") == corrected


def test_an_order_that_was_decided_without_an_addressee_gets_the_one_that_comes(send, pointsman):
    place_order(send)
    assert send("orders", ADDRESSED_FIELDS, {**ORDER, "to": ADA}).endings["unchanged"] == 1
    assert pointsman.fulfilment.parcels.addressee("W-1").name == "Ada Byron"


def test_an_addressee_that_was_put_before_the_order_is_decided_is_replaced_by_that_of_the_order(send, pointsman):
    send("orders", ADDRESSED_FIELDS, {**ORDER, "id": "W-2", "to": ADA})
    parcels = pointsman.fulfilment.parcels
    parcels.put_addressee("W-1", dataclasses.replace(parcels.addressee("W-2"), name="Grace Hopper"))
    send("orders", ADDRESSED_FIELDS, {**ORDER, "to": ADA})
    assert parcels.addressee("W-1").name == "Ada Byron"


def test_a_cancellation_and_one_of_an_order_that_has_not_come_yet(send, pointsman):
    place_order(send)
    message = send("cancellations", {"order": "id"}, {"id": "W-1", "n": 1}, {"id": "W-2", "n": 2}, more=ONCE)
    assert (message.endings["applied"], message.endings["bad"]) == (1, 1)
    assert message.problems[0].early
    assert pointsman.orders.show("W-1").units("cancelled") == 2


@pytest.mark.parametrize("way", ["order", "shipment", "decision"])
def test_a_confirmation_by_what_the_warehouse_knows(send, pointsman, way):
    place_order(send)
    (shipment,) = pointsman.orders.show("W-1").shipments
    row = {"order": "W-1", "decision": shipment.decision, "shipment": f"{shipment.decision}/0", "n": 1}
    lines = {"lines": "{each: lines, fields: {line: sku, quantity: quantity}}"}
    fields = {way: way, **({"node": "node"} if way == "order" else {}), **lines}
    row |= {"node": shipment.record.node, "lines": [{"sku": "SHIRT", "quantity": 1}]}
    assert send("confirmations", fields, row, more=ONCE).problems == []
    assert pointsman.orders.show("W-1").units("shipped") == 1
    assert send("confirmations", fields, row, more=ONCE).endings["repeated"] == 1
    assert pointsman.orders.show("W-1").units("shipped") == 1


def test_a_confirmation_of_a_shipment_that_there_is_not(send):
    place_order(send)
    fields = {"order": "order", "node": "node"}
    (problem,) = send("confirmations", fields, {"order": "W-1", "node": "moon", "n": 1}, more=ONCE).problems
    assert problem.message == "order 'W-1' has no shipment at 'moon' that could have left"


LINES = {"lines": "{each: lines, fields: {line: sku, quantity: quantity}}"}


def test_a_line_of_which_nothing_left_is_left_out_of_the_confirmation(send, pointsman):
    place_order(send, lines=[{"id": "a", "sku": "SHIRT", "quantity": 2}, {"id": "b", "sku": "RARE", "quantity": 1}])
    shipments = {shipment.decision for shipment in pointsman.orders.show("W-1").shipments}
    row = {"id": shipments.pop(), "lines": [{"sku": "SHIRT", "quantity": 2}, {"sku": "RARE", "quantity": 0}], "n": 1}
    fields = {"decision": "id", **LINES}
    nothing = {**row, "lines": [{"sku": "SHIRT", "quantity": 0}], "n": 2}
    assert send("confirmations", fields, nothing, more=ONCE).endings["unchanged"] == 1
    assert pointsman.orders.show("W-1").units("shipped") == 0
    assert send("confirmations", fields, row, more=ONCE).endings["applied"] == 1
    state = pointsman.orders.show("W-1")
    assert (state.units("shipped", "SHIRT"), state.units("shipped", "RARE"), state.units("held")) == (2, 0, 1)


@pytest.mark.parametrize("lines", [{}, LINES])
def test_a_confirmation_by_order_that_two_decisions_could_mean_is_refused(send, pointsman, lines):
    place_order(send, lines=[{"sku": "RARE", "quantity": 5}])
    (first,) = pointsman.orders.show("W-1").shipments
    pointsman.stock.move([Movement(node=first.record.node, sku="RARE", delta=9, op="m")])
    pointsman.backlog.run(limit=5)
    assert [item.record.node for item in pointsman.orders.show("W-1").shipments] == [first.record.node] * 2
    row = {"order": "W-1", "node": first.record.node, "lines": [{"sku": "RARE", "quantity": 1}], "n": 1}
    (problem,) = send("confirmations", {"order": "order", "node": "node", **lines}, row, more=ONCE).problems
    assert "several shipments are meant; say which one" in problem.message
    assert pointsman.orders.show("W-1").units("shipped") == 0
    pointsman.holds.confirm(first.decision)
    assert send("confirmations", {"order": "order", "node": "node"}, {**row, "n": 2}, more=ONCE).problems == []
    assert pointsman.orders.show("W-1").units("shipped") == 5


def test_what_left_before_does_not_keep_lines_of_an_order_at_a_node_from_leaving(send, pointsman):
    place_order(send, lines=[{"sku": "RARE", "quantity": 5}])
    (first,) = pointsman.orders.show("W-1").shipments
    row = {"order": "W-1", "node": first.record.node, "lines": [{"sku": "RARE", "quantity": 3}], "n": 1}
    fields = {"order": "order", "node": "node", **LINES}
    assert send("confirmations", fields, row, more=ONCE).problems == []
    pointsman.stock.move([Movement(node=first.record.node, sku="RARE", delta=9, op="m")])
    pointsman.backlog.run(limit=5)
    part = {**row, "lines": [{"sku": "RARE", "quantity": 1}], "n": 2}
    assert send("confirmations", fields, part, more=ONCE).problems == []
    assert pointsman.orders.show("W-1").units("shipped") == 4
    assert send("confirmations", fields, part, more=ONCE).endings["repeated"] == 1
    assert send("confirmations", fields, {**part, "n": 3}, more=ONCE).problems == []
    assert send("confirmations", fields, {**part, "n": 4}, more=ONCE).endings["bad"] == 1
    assert pointsman.orders.show("W-1").units("shipped") == 5


def test_a_confirmation_by_order_that_was_taken_over_as_a_process_died_takes_no_units_that_are_held_by_then(
    send, running, pointsman, monkeypatch
):
    place_order(send, lines=[{"sku": "RARE", "quantity": 7}])
    (first,) = pointsman.orders.show("W-1").shipments
    pointsman.holds.confirm(first.decision)

    def two_more_are_held(op):
        pointsman.stock.move([Movement(node=first.record.node, sku="RARE", delta=2, op=op)])
        pointsman.backlog.run(limit=5)
        assert pointsman.orders.show("W-1").units("held") == 2

    two_more_are_held("m-1")
    lines = "\n".join(f"  {name}: {text}" for name, text in {"order": "order", "node": "node", **LINES}.items())
    here = running(FILE.format(kind="confirmations", more=ONCE, fields=lines))
    row = {"order": "W-1", "node": first.record.node, "lines": [{"sku": "RARE", "quantity": 2}], "n": 1}
    here.put("left.json", json.dumps([row]))
    with monkeypatch.context() as patch:
        patch.setattr(RowTaker, "_note", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with contextlib.suppress(KeyboardInterrupt):
            here.run()
    assert pointsman.orders.show("W-1").units("shipped") == 5
    two_more_are_held("m-2")
    (message,) = here.run().messages
    assert message.problems == []
    assert (pointsman.orders.show("W-1").units("shipped"), pointsman.orders.show("W-1").units("held")) == (5, 2)


def test_lines_of_an_order_that_two_nodes_hold_are_not_guessed_and_all_of_it_may_leave(send, pointsman):
    place_order(send, lines=[{"sku": "RARE", "quantity": 5}])
    (first,) = pointsman.orders.show("W-1").shipments
    other = next(node for node in ("paris", "lyon") if node != first.record.node)
    pointsman.stock.move([Movement(node=other, sku="RARE", delta=9, op="m")])
    pointsman.backlog.run(limit=5)
    assert [item.record.node for item in pointsman.orders.show("W-1").shipments] == [first.record.node, other]
    row = {"order": "W-1", "lines": [{"sku": "RARE", "quantity": 1}], "n": 1}
    (problem,) = send("confirmations", {"order": "order", **LINES}, row, more=ONCE).problems
    assert "several shipments are meant" in problem.message
    assert send("confirmations", {"order": "order"}, {**row, "n": 2}, more=ONCE).problems == []
    assert pointsman.orders.show("W-1").units("shipped") == 5


def test_a_line_that_was_cancelled_before_the_others_left_may_be_cancelled_again(send, pointsman):
    place_order(send, lines=[{"sku": "SHIRT", "quantity": 2}, {"sku": "RARE", "quantity": 1}])
    row = {"id": "W-1", "lines": [{"sku": "1", "quantity": 2}], "n": 1}
    fields = {"order": "id", **LINES}
    assert send("cancellations", fields, row, more=ONCE).endings["applied"] == 1
    for decision in {shipment.decision for shipment in pointsman.orders.show("W-1").shipments}:
        pointsman.holds.confirm(decision)
    assert send("cancellations", fields, {**row, "n": 2}, more=ONCE).endings["unchanged"] == 1


def test_units_of_which_some_left_and_some_were_cancelled_before_are_not_cancelled_silently(send, pointsman):
    place_order(send)
    fields = {"order": "id", **LINES}
    row = {"id": "W-1", "lines": [{"sku": "1", "quantity": 1}], "n": 1}
    assert send("cancellations", fields, row, more=ONCE).endings["applied"] == 1
    both = {**row, "lines": [{"sku": "1", "quantity": 2}], "n": 3}
    assert send("cancellations", fields, both, more=ONCE).endings["bad"] == 1
    (shipment,) = pointsman.orders.show("W-1").shipments
    pointsman.holds.confirm(shipment.decision)
    assert send("cancellations", fields, {**row, "n": 2}, more=ONCE).endings["bad"] == 1


def test_receipts_and_what_of_them_was_delivered(send, pointsman):
    fields = {
        "id": "id",
        "source": "{value: asn}",
        "node": "node",
        "sku": "sku",
        "quantity": "pieces",
        "expected_at": "due",
        "status": "{value: confirmed}",
        "sequence": "n",
    }
    row = {"id": "A-1", "node": "lyon", "sku": "RARE", "pieces": 4, "due": "2026-12-01T06:00:00Z", "n": 2}
    assert send("receipts", fields, row).endings["applied"] == 1
    assert send("receipts", fields, {**row, "pieces": 9, "n": 1}).endings["older"] == 1
    delivered = {"receipt": "id", "quantity": "pieces", "last": "{value: 'true'}"}
    assert send("deliveries", delivered, {**row, "pieces": 3}, more=ONCE).problems == []
    assert pointsman.flows.inbound.find("A-1").status == "received"


def test_products_in_their_units_and_the_last_of_two_stands(send, pointsman):
    fields = {
        "sku": "sku",
        "category": "group",
        "lifecycle": "{from: state, words: {A: core}}",
        "weight_g": "{from: weight, unit: kg}",
        "tags": "{from: tags, split: ',', optional: true}",
    }
    row = {"sku": "NEW", "group": "lamps", "state": "A", "weight": "1.25", "tags": "a,b"}
    message = send("products", fields, row, {**row, "weight": "2"}, {**row, "sku": "OLD", "state": "X"})
    assert (message.endings["applied"], message.endings["bad"]) == (2, 1)
    assert pointsman.products(["NEW"])["NEW"].weight == 2_000
    assert "'X'" in message.problems[0].message


def test_where_a_parcel_is_may_be_said_before_it_is_known_here(send):
    fields = {"number": "n", "state": "{from: code, words: {LIV: delivered}}", "at": "at"}
    row = {"n": "1Z999AA10123456784", "code": "LIV", "at": "2026-11-27T08:00:00Z"}
    message = send("tracking", fields, row, {**row, "code": "?"})
    assert (message.endings["applied"], message.endings["bad"]) == (1, 1)


def test_a_return_and_its_steps(send, pointsman):
    place_order(send)
    (shipment,) = pointsman.orders.show("W-1").shipments
    pointsman.holds.confirm(shipment.decision)
    lines = "{each: lines, fields: {line: sku, quantity: quantity}}"
    opened = {"id": "rma", "order": "order", "reason": "why", "lines": lines}
    row = {"rma": "R-1", "order": "W-1", "why": "other", "lines": [{"sku": "SHIRT", "quantity": 1}], "n": 1}
    assert send("returns", opened, row, more=ONCE).problems == []
    came = send("returned_goods", {"return": "rma", "node": "{value: lyon}", "lines": lines}, row, more=ONCE)
    assert came.problems == []
    inspected = {"return": "rma", "groups": "{each: groups, fields: {grade: grade}}"}
    assert send("return_inspections", inspected, {**row, "groups": [{"grade": "as_new"}]}, more=ONCE).problems == []
    (group,) = pointsman.flows.returns.show("R-1").stored.groups
    assert (group.node, group.grade) == ("lyon", "as_new")


PACKED = {"shipment": "shipment", "left_at": "left"}


def test_a_packing_whose_units_cannot_have_left_then_does_nothing_of_it(send, bare):
    shop = packing_network(bare)
    key = decided(shop, ("A", 1), id="W-9")
    row = {"shipment": str(key), "left": "2020-01-01T00:00:00Z", "n": 1}
    (problem,) = send("packings", PACKED, row, more=ONCE).problems
    assert (problem.path, "the goods were not held yet" in problem.message) == ("left_at", True)
    with pytest.raises(NotFound):
        shop.fulfilment.parcels.find(key)
    assert shop.orders.show("W-9").units("shipped") == 0


def test_a_packing_with_the_time_at_which_it_left_is_confirmed_as_well(send, bare):
    shop = packing_network(bare)
    key = decided(shop, ("A", 1), id="W-9")
    shop.fulfilment.parcels.put_addressee("W-9", ZOE)
    left = datetime.datetime.fromtimestamp(shop.now, tz=datetime.UTC).isoformat()
    assert send("packings", PACKED, {"shipment": str(key), "left": left, "n": 1}, more=ONCE).problems == []
    assert shop.fulfilment.parcels.find(key).packings
    assert shop.orders.show("W-9").units("shipped") == 1


def test_a_packing_brings_the_tracking_number_that_the_warehouse_has(send, bare):
    shop = packing_network(bare)
    key = decided(shop, ("A", 1), id="W-9")
    shop.fulfilment.parcels.put_addressee("W-9", ZOE)
    fields = {"shipment": "shipment", "tracking_number": "awb"}
    row = {"shipment": str(key), "awb": "WMS-4711", "n": 1}
    assert send("packings", fields, row, more=ONCE).problems == []
    (parcel,) = shop.fulfilment.parcels.find(key).parcels
    assert parcel.tracking_number == "WMS-4711"


@pytest.mark.parametrize("number", ["\u00b2", "9" * 5_000, "-1", ""])
def test_a_shipment_whose_number_is_none_is_refused_and_keeps_no_row_behind_it_back(send, pointsman, number):
    made = decided(pointsman, ("SHIRT", 1), id="W-9").decision
    fields = {"shipment": "shipment"}
    bad, good = ({"shipment": f"{made}/{each}", "n": n} for n, each in enumerate((number, "0")))
    report = send("confirmations", fields, bad, good, more=ONCE)
    assert [problem.path for problem in report.problems] == ["shipment"]
    assert (report.endings["bad"], report.endings["applied"]) == (1, 1)


@pytest.mark.parametrize("line", [{"x": "1"}, {"q": 1}])
@pytest.mark.parametrize("kind", ["confirmations", "packings"])
def test_a_line_without_its_name_or_units_is_refused(send, bare, kind, line):
    shop = packing_network(bare)
    key = decided(shop, ("A", 1), id="W-9")
    lines = "{each: l, fields: {line: {from: x, optional: true}, quantity: {from: q, optional: true}}}"
    fields = {"shipment": "s", "lines": lines} if kind == "confirmations" else {"shipment": "s"}
    if kind == "packings":
        fields["parcels"] = "{each: p, fields: {lines: " + lines + "}}"
    report = send(kind, fields, {"s": str(key), "n": 1, "l": [line], "p": [{"l": [line]}]}, more=ONCE)
    assert [problem.message for problem in report.problems] == ["nothing is there"]
    assert [problem.path for problem in report.problems] == ["lines.0.quantity" if "x" in line else "lines.0.line"]


def test_a_row_that_nobody_thought_of_keeps_no_row_behind_it_back():
    rows = [IncomingRow(number=number, place="", fields={}, op="") for number in (1, 2)]

    def apply(_, row):
        return APPLIED if row.number == 2 else {}["lacking"]

    first, second = one_by_one(apply)(None, rows)
    assert first.mistakes[0].message == "this release can't take the row over: KeyError: 'lacking'"
    assert second == APPLIED
