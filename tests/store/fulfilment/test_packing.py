"""Shipments are packed: numbers, papers to print, the promise and the log, all in one step."""

from dataclasses import replace

import pytest

from engine.errors import (
    HoldEnded,
    InputInvalid,
    KeyReused,
    NotFound,
    NotPackable,
    NotReady,
    SerialsExhausted,
    SerialsTaken,
)
from engine.fulfilment.parcels.pack_request import ParcelRequest
from engine.fulfilment.parcels.sscc import is_sscc
from engine.fulfilment.printing.print_job import PrintJob
from engine.model.parcels import ParcelSize, ParcelTerms, ShipmentKey
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LYON, collected, inventory, node
from tests.support.ledger_entries import ledger_kinds
from tests.support.parcels import LYON_ADDRESS, ZOE, decided, pack, packing_network, parcel_terms


@pytest.fixture
def shop(bare):
    return packing_network(bare)


def entries(shop):
    return list(shop.entries(on_damaged=pytest.fail))


def jobs(redis_client, network):
    texts = redis_client.hvals(f"{{{network}}}:print:jobs")
    return sorted((job.paper, job.of, job.node) for job in map(PrintJob.of_text, texts))


def test_a_shipment_is_packed_into_one_parcel_unless_it_is_said_otherwise(shop, redis_client, network):
    key = decided(shop, ("A", 2), ("B", 1), id="O-1")
    view = pack(shop, key)
    (parcel,) = view.shipment.parcels
    assert is_sscc(parcel.sscc)
    assert [(line.line, line.sku, line.quantity) for line in parcel.lines] == [("1", "A", 2), ("2", "B", 1)]
    assert (parcel.number, parcel.grams, parcel.tracking_number, view.left) == (1, 3_000, None, {})
    (packing,) = view.shipment.packings
    assert (packing.state, packing.carrier, packing.service) == ("packed", "colis", "parcel")
    assert shop.check().clean
    assert ledger_kinds(redis_client, network)[-3:] == [b"decided", b"progressed", b"packed"]


def test_parcels_have_their_lines_weights_and_sizes(shop):
    key = decided(shop, ("A", 3), ("B", 1))
    big = ParcelRequest(lines={"1": 2}, grams=2_500, size=ParcelSize(400, 300, 200))
    parcels = pack(shop, key, big, {"A": 1, "B": 1}).shipment.parcels
    assert [(item.number, item.grams, item.size) for item in parcels] == [(1, 2_500, (400, 300, 200)), (2, 2_000, None)]
    assert [{line.line: line.quantity for line in item.lines} for item in parcels] == [{"1": 2}, {"1": 1, "2": 1}]
    assert int(parcels[1].sscc[:17]) == int(parcels[0].sscc[:17]) + 1


@pytest.mark.parametrize(
    ("parcels", "field", "message"),
    [
        ([{"1": 2}], "parcels", "line 1: 1 of A are in no parcel"),
        ([{"1": 4}], "parcels.0.lines.1", "4 of A are more than the 3 that are left"),
        ([{"1": 2}, {"A": 2}], "parcels.1.lines.A", "2 of A are more than the 1 that are left"),
        ([{"1": 3, "9": 1}], "parcels.0.lines.9", "no such line or SKU; its lines are 1"),
    ],
)
def test_every_unit_is_in_just_one_parcel(shop, contents, parcels, field, message):
    key = decided(shop, ("A", 3))
    before = contents()
    with pytest.raises(InputInvalid) as refused:
        pack(shop, key, *parcels, addressee=None)
    # the addressee is asked for last
    assert [(item.field, message in item.message) for item in refused.value.mistakes] == [(field, True)]
    assert contents() == before


def test_the_rest_may_follow_if_that_is_said(shop):
    key = decided(shop, ("A", 3))
    first = pack(shop, key, {"1": 2}, partial=True)
    assert first.left == {"1": 1}
    second = pack(shop, key)
    assert [(item.number, item.lines[0].quantity) for item in second.shipment.parcels] == [(1, 2), (2, 1)]
    assert [item.number for item in second.shipment.packings] == [1, 2]
    assert second.left == {}
    assert shop.check().clean


@pytest.mark.parametrize("prefix", ["9521", "952123456789"])
def test_the_shortest_and_the_longest_company_prefix_number_parcels(bare, prefix):
    shop = packing_network(bare, terms=ParcelTerms(gs1_prefix=prefix, extension=3))
    ssccs = [parcel.sscc for parcel in pack(shop, decided(shop, ("A", 3)), *[{"1": 1}] * 3).shipment.parcels]
    assert [int(sscc[1 + len(prefix) : 17]) for sscc in ssccs] == [0, 1, 2]
    assert all(sscc.startswith(f"3{prefix}") and is_sscc(sscc) for sscc in ssccs)
    assert shop.check().clean


def test_the_same_again_is_answered_and_takes_no_number(shop, contents):
    key = decided(shop, ("A", 3))
    packed = pack(shop, key, {"1": 2}, {"1": 1}, op="p1")
    before = contents()
    assert pack(shop, key, {"1": 2}, {"1": 1}, op="p1") == packed
    assert pack(shop, key, {"1": 2}, {"1": 1}, addressee=None) == packed
    assert pack(shop, key, addressee=None) == packed
    assert contents() == before
    with pytest.raises(KeyReused):
        pack(shop, key, {"1": 3}, op="p1")
    with pytest.raises(NotPackable, match="every unit of shipment"):
        pack(shop, key, {"1": 1}, {"1": 2})


def test_units_that_have_just_left_can_be_packed_and_others_not(shop):
    key = decided(shop, ("A", 3))
    shop.holds.confirm(key.decision, lines={"1": 2})
    shop.holds.release(key.decision, lines={"1": 1})
    assert [line.quantity for line in pack(shop, key).shipment.parcels[0].lines] == [2]
    other = decided(shop, ("B", 1))
    shop.holds.release(other.decision)
    with pytest.raises(HoldEnded, match="released"):
        pack(shop, other)
    with pytest.raises(NotFound, match="no shipment 7"):
        pack(shop, ShipmentKey(key.decision, 7))


def test_papers_are_printed_where_the_node_has_printers(bare, redis_client, network):
    printers = {"label": "socket://10.0.0.5:9100", "note": "ipp://print.example/ipp"}
    shop = packing_network(bare, nodes=[node("lyon", LYON, address=LYON_ADDRESS, printers=printers)])
    key = decided(shop, ("A", 2))
    pack(shop, key, {"1": 1}, {"1": 1})
    assert jobs(redis_client, network) == [
        ("label", f"{key}/1", "lyon"),
        ("label", f"{key}/2", "lyon"),
        ("note", f"{key}/1", "lyon"),
        ("note", f"{key}/2", "lyon"),
    ]
    assert redis_client.zcard(f"{{{network}}}:print:queue:lyon") == 4


def test_its_promise_knows_once_all_of_it_is_packed(shop, redis_client, network):
    key = decided(shop, ("A", 2))
    pack(shop, key, {"1": 1}, partial=True)
    assert b"progressed" not in ledger_kinds(redis_client, network)
    pack(shop, key)
    (note,) = (entry for entry in entries(shop) if entry.kind == "progressed")
    assert note.details == {"shipment": 0, "milestone": "packed", "passed_at": shop.now}
    assert shop.check().clean


def test_it_needs_a_gs1_prefix_an_address_and_an_addressee(bare):
    shop = packing_network(bare)
    key = decided(shop, ("A", 1), id="O-9")
    with pytest.raises(InputInvalid, match="order 'O-9' has no addressee"):
        pack(shop, key, addressee=None)
    packing_network(bare, nodes=[node("lyon", LYON)])
    with pytest.raises(NotReady, match="node 'lyon' has no address"):
        pack(shop, key)


def test_a_range_that_is_used_up_says_what_to_write(bare):
    shop = packing_network(bare, terms=parcel_terms(gs1_prefix="9876543210", first_serial=999_998))
    key = decided(shop, ("A", 3))
    pack(shop, key, {"1": 1}, {"1": 1}, partial=True)
    with pytest.raises(SerialsExhausted, match="another `extension`"):
        pack(shop, key)
    assert shop.check().clean


def test_two_networks_of_a_server_never_number_by_the_same_range(bare, redis_client):
    terms = parcel_terms()
    redis_client.hset("{pointsman:access}:serials", f"3 {terms.gs1_prefix}", "another 0")
    shop = packing_network(bare, terms=terms)
    with pytest.raises(SerialsTaken, match="network 'another'"):
        pack(shop, decided(shop, ("A", 1)))


def test_what_is_collected_where_it_is_packed_goes_to_that_place(shop):
    decision = json_of(shop.decide(collected(("A", 1), at="lyon")))
    view = pack(shop, ShipmentKey(decision["id"], 0), addressee=None)
    assert view.shipment.packings[0].carrier is None


def test_without_a_prefix_nothing_is_packed(bare):
    bare.load(inventory([node("lyon", LYON, address=LYON_ADDRESS)], {"A": {"lyon": 1}}))
    activate(bare)
    with pytest.raises(NotReady, match="gs1_prefix"):
        pack(bare, decided(bare, ("A", 1)))


def test_a_shipment_is_not_packed_for_another_country_than_it_was_decided_for(shop):
    key = decided(shop, ("A", 1), id="O-1")
    abroad = replace(ZOE, country="DE")
    with pytest.raises(InputInvalid, match="lives in DE, and order 'O-1' was decided for FR"):
        pack(shop, key, addressee=abroad)
    shop.fulfilment.parcels.put_addressee("O-1", abroad)
    with pytest.raises(InputInvalid, match=r"addressee\.country"):
        pack(shop, key, addressee=None)
    assert shop.fulfilment.parcels.show(key).shipment.packings == ()
    pack(shop, key, addressee=replace(ZOE, postcode="69002"))
    assert shop.check().clean
