"""`parcels`, and the addresses and printers of nodes, in network.yaml: read, stored and read back, or a mistake."""

from pathlib import Path

import pytest
from msgspec import structs

from api.files.inventory_shapes import NodeShape
from api.files.network_yaml import read_network
from api.records.stock.master_data import NodeFieldsRecord
from engine.model.parcels import ParcelTerms
from engine.model.postal_address import PostalAddress
from engine.store.network.serialization import network_of, network_record

TEXT = """\
currency: EUR
time_zone: Europe/Paris
emissions: {}
parcels: {gs1_prefix: "0345678", extension: 3, first_serial: 20000, packing_weight: 250 g}
services: [{id: parcel, mode: van, base: 4.00, transit: [{up_to: 900 km, takes: 24 h}], \
emission: {grams_per_tonne_km: 90, source: none}}]
nodes:
  - id: lyon
    type: store
    country: FR
    latitude: 45.76
    longitude: 4.83
    services: [parcel]
    address: {company: Maison Exemple, lines: [12 rue de la Gare, Bât. B], postcode: "69002", town: Lyon, phone: +33 4}
    printers: {label: "socket://10.0.0.5:9100", note: "ipp://print.example/ipp/print"}
"""


def read(text=TEXT):
    mistakes = []
    return read_network(Path("network.yaml"), text.encode(), mistakes), mistakes


def test_they_are_read_and_stored_and_read_back():
    network, mistakes = read()
    assert mistakes == []
    lyon = network.nodes["lyon"]
    assert network.parcels == ParcelTerms(gs1_prefix="0345678", extension=3, first_serial=20_000, packing_grams=250)
    assert lyon.address == PostalAddress(
        company="Maison Exemple",
        lines=("12 rue de la Gare", "Bât. B"),
        postcode="69002",
        town="Lyon",
        country="FR",
        phone="+33 4",
    )
    assert lyon.printers == {"label": "socket://10.0.0.5:9100", "note": "ipp://print.example/ipp/print"}
    stored = network_of("", network_record(network))
    assert (stored.parcels, stored.nodes["lyon"]) == (network.parcels, lyon)


def test_what_is_answered_of_a_node_can_be_sent_again():
    lyon = read()[0].nodes["lyon"]
    answered = structs.asdict(NodeFieldsRecord.of(lyon))["address"]
    sent = {name: value for name, value in structs.asdict(answered).items() if value}
    assert NodeShape(only=["address"]).load({"address": sent})["address"]["lines"] == ["12 rue de la Gare", "Bât. B"]


@pytest.mark.parametrize(
    ("before", "after", "field", "message"),
    [
        ('"0345678"', '"034"', "parcels.gs1_prefix", "4 to 12 digits"),
        ('"0345678"', '"0345678901234"', "parcels.gs1_prefix", "4 to 12 digits"),
        ("extension: 3", "extension: 10", "parcels.extension", "more than"),
        ("20000", "1000000000", "parcels.first_serial", "below 1000000000"),
        ("first_serial", "frist_serial", "parcels.frist_serial", "unknown"),
        ("company: Maison Exemple, ", "", "nodes.0.address.company", "required"),
        ("lines: [12 rue de la Gare, Bât. B]", "lines: []", "nodes.0.address.lines", "Length"),
        ("town: Lyon", 'town: "Ly\\x07on"', "nodes.0.address.town", "U+0007 can't be printed"),
        ("town: Lyon", f"town: {'x' * 81}", "nodes.0.address.town", "80 fit"),
        ("+33 4", "call me", "nodes.0.address.phone", "+33"),
        ("label:", "lable:", "nodes.0.printers.lable", "must be one of"),
        ("socket://10.0.0.5:9100", "10.0.0.5", "nodes.0.printers.label", "socket://"),
    ],
)
def test_a_mistake_says_where_and_what(before, after, field, message):
    assert before in TEXT
    network, mistakes = read(TEXT.replace(before, after, 1))
    assert network is None
    assert [(note.field, note.where.startswith("network.yaml:")) for note in mistakes] == [(field, True)]
    assert message.lower() in mistakes[0].message.lower()
