"""What is packed comes out of the printers of its node, and says what else of the order comes otherwise."""

import dataclasses
from datetime import date

import pytest
from msgspec import structs

from engine.errors import NotFound
from engine.fulfilment.parcels.handing_over import ManifestRequest
from engine.fulfilment.parcels.papers import ParcelPapers
from engine.fulfilment.parcels.printed import parcel_of
from engine.fulfilment.printing.print_job import PrintJob
from engine.model.parcels import ShipmentKey
from tests.support.facts import LILLE, LYON, node
from tests.support.parcels import LILLE_ADDRESS, LYON_ADDRESS, ZOE, decided, pack, packing_network
from tests.support.print_servers import running_socket_printer
from tests.support.wait_until import wait_until


@pytest.fixture
def printer():
    with running_socket_printer() as server:
        yield server


@pytest.fixture
def shop(bare, printer):
    printers = {"label": printer.uri, "note": f"{printer.uri} pdf"}
    nodes = [
        node("lyon", LYON, address=LYON_ADDRESS, printers=printers, services=("parcel", "pickup")),
        node("lille", LILLE, address=LILLE_ADDRESS),
    ]
    return packing_network(bare, nodes=nodes, stock={"A": {"lyon": 10}, "B": {"lille": 10}, "M": {"lyon": 900}})


def papers(shop):
    return ParcelPapers(shop.fulfilment.parcels._parts, order=shop.orders.show)


def test_label_and_note_of_each_parcel_are_printed_and_the_manifest_when_it_is_closed(shop, printer):
    key = decided(shop, ("A", 2))
    first, second = pack(shop, key, {"1": 1}, {"1": 1}).shipment.parcels
    shop.fulfilment.printing.take_turn()
    wait_until(lambda: len(printer.documents) == 4, "two labels and two notes are printed")
    label, note, other, _ = printer.documents
    assert first.sscc.encode() in label
    assert second.sscc.encode() in other
    assert b"Secret" in label
    assert note.startswith(b"%PDF-")
    shop.fulfilment.handing_over.close(ManifestRequest(node="lyon", carrier="colis"))
    shop.fulfilment.printing.take_turn()
    wait_until(lambda: len(printer.documents) == 5, "the manifest is printed")
    assert shop.fulfilment.printing.page("dead", limit=9) == []
    again = shop.fulfilment.printing.add("label", f"{key}/1").job
    assert again.node == "lyon"
    shop.fulfilment.printing.take_turn()
    wait_until(lambda: len(printer.documents) == 6, "it is printed once more")
    assert printer.documents[5] == label


def test_papers_of_a_packing_that_was_cancelled_before_they_came_out_are_given_up_by_nobody(shop, printer):
    key = decided(shop, ("A", 2))
    pack(shop, key, {"1": 1}, {"1": 1})
    shop.fulfilment.parcels.cancel(key)
    (parcel,) = pack(shop, key).shipment.parcels
    shop.fulfilment.printing.take_turn()
    wait_until(lambda: len(printer.documents) == 2, "the label and the note of the new packing are printed")
    assert parcel.sscc.encode() in printer.documents[0]
    state = shop.in_store()
    assert (state.prints_waiting, state.prints_given_up) == (0, 0)
    assert shop.fulfilment.printing.page("dead") == []


def test_papers_of_a_packing_that_is_cancelled_are_to_be_printed_no_more_at_once_wherever_that_was(shop, printer):
    nodes = {**shop.network().nodes}
    nodes["lille"] = dataclasses.replace(nodes["lille"], printers={"label": printer.uri})
    shop.load_network(dataclasses.replace(shop.network(), nodes=nodes))
    key, other = decided(shop, ("A", 2)), decided(shop, ("A", 1))
    pack(shop, key, {"1": 1}, {"1": 1})
    pack(shop, other)
    printing = shop.fulfilment.printing
    printing.add("label", f"{key}/2", node="lille", op="once more")
    dead = printing.add("note", f"{key}/1", op="failed").job
    assert printing._jobs.settle(dead, structs.replace(dead, state="dead"), printing._micros())
    shop.fulfilment.parcels.cancel(key, op="c")
    assert {job.of for state in ("queued", "dead") for _, job in printing.page(state)} == {f"{other}/1"}
    assert (shop.in_store().prints_waiting, shop.in_store().prints_given_up) == (2, 0)
    assert {job.of for _, job in printing.page("queued")} == {f"{other}/1"}


def test_papers_of_what_never_was_packed_are_given_up_and_named(shop):
    key = decided(shop, ("A", 2))
    pack(shop, key)
    printing = shop.fulfilment.printing
    lost = PrintJob(id="lost", node="lyon", paper="label", of=f"{key}/7", queued_at=1)
    assert printing._jobs.settle(None, structs.replace(lost, queued_at=printing._clock()), printing._micros())
    printing.take_turn()
    assert "has no parcel 7; it has 1" in printing.show("lost").error


def test_the_note_says_what_is_in_the_parcel_and_what_comes_otherwise(shop):
    decision = decided(shop, ("A", 3), ("B", 2), id="O-1").decision
    lines = {shipment.node: number for number, shipment in enumerate(shop.decision(decision).record.shipments)}
    key = ShipmentKey(decision, lines["lyon"])
    pack(shop, key, {"1": 1}, {"1": 1}, partial=True)
    note = papers(shop).note(key, 1)
    assert [(line.sku, line.quantity) for item in note.here for line in item.lines] == [("A", 1)]
    assert [item.number for item in note.besides] == [2]
    (elsewhere,) = note.others
    assert [(line.sku, line.quantity) for line in note.later.lines] == [("A", 1)]
    assert isinstance(note.later.expected_on, date)
    assert ([(line.sku, line.quantity) for line in elsewhere.lines], elsewhere.has_left) == ([("B", 2)], False)
    assert isinstance(elsewhere.expected_on, date)
    assert (note.language, note.addressee, note.sender) == ("fr", ZOE, LYON_ADDRESS)
    shop.holds.confirm(decision, shipments=[("lille", "parcel")])
    pack(shop, key)
    whole = papers(shop).note(key, language="en")
    assert ([item.number for item in whole.here], whole.besides, whole.language) == ([1, 2, 3], (), "en")
    (elsewhere,) = whole.others
    assert (elsewhere.has_left, whole.later) == (True, None)
    assert whole.returns.until > elsewhere.expected_on


def test_a_label_counts_the_parcels_that_were_packed_with_it(shop):
    key = decided(shop, ("A", 3))
    pack(shop, key, {"1": 1}, {"1": 1}, partial=True)
    before = papers(shop).label(key, 2)
    pack(shop, key)
    assert papers(shop).label(key, 2) == before
    assert [(papers(shop).label(key, number).number, papers(shop).label(key, number).of) for number in (1, 2, 3)] == [
        (1, 2),
        (2, 2),
        (1, 1),
    ]
    shop.fulfilment.parcels.cancel(key, packing=1)
    with pytest.raises(NotFound, match="has no parcel 1; it has 3"):
        papers(shop).label(key, 1)


def test_quantities_on_a_note_have_the_decimals_and_the_unit_of_their_article(shop):
    key = decided(shop, ("M", 250))
    pack(shop, key)
    (line,) = papers(shop).note(key).here[0].lines
    assert (line.quantity, line.decimals, line.unit) == (250, 2, "m")


@pytest.mark.parametrize("name", ["", "d/0", "d/x/1", "/0/1", "d/0/x"])
def test_what_names_no_parcel_is_said(name):
    with pytest.raises(NotFound, match="DECISION/NUMBER/PARCEL"):
        parcel_of(name)
