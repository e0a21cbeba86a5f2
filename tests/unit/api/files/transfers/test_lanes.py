"""The `transfers` of network.yaml: read, stored and read back, or reported as a mistake."""

from dataclasses import replace
from pathlib import Path

import pytest

from api.files.network_yaml import read_network
from engine.model.facts import Inventory
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.store.network.former.network_items import items_of, record_of
from engine.store.network.serialization import dump, inventory_version, network_of, network_record

BASE = (Path(__file__).parents[4] / "data" / "calendars.yaml").read_text(encoding="utf-8")
LANES = """\
transfers:
  carbon_price: 0.25
  lanes:
    - from: {nodes: [hub]}
      to: {groups: [shops], tags: [small]}
      within: country
      mode: truck
      detour: 1.3
      per_unit: 0.12
      per_kg: 0.06 EUR
      per_shipment: 6.00
      min_units: 3
      pack: 6
      takes: 1 d
    - from: {groups: [shops]}
      to: {nodes: [hub]}
      service: freight
      distance: 12.5 km
      takes: 2 d
"""
TEXT = BASE + LANES


def network(text=TEXT):
    found = []
    read = read_network(Path("network.yaml"), text.encode(), found)
    assert found == []
    return read


def mistakes(*replaced):
    """The fields and messages of the file with texts, in pairs, put for others."""
    text, found = TEXT, []
    for before, after in zip(replaced[::2], replaced[1::2], strict=True):
        head, lanes = text[: len(BASE)], text[len(BASE) :]
        assert before in lanes
        text = head + lanes.replace(before, after, 1)
    assert read_network(Path("network.yaml"), text.encode(), found) is None
    return {note.field: note.message for note in found}


def test_lanes_are_read_in_whole_units_of_the_engine():
    assert network().transfer_lanes == (
        TransferLane(
            origin=NodeNames(nodes=frozenset({"hub"})),
            goal=NodeNames(groups=frozenset({"shops"}), tags=frozenset({"small"})),
            within="country",
            detour=1_300,
            per_unit=120_000,
            per_kg=60_000,
            per_shipment=6_000_000,
            min_units=3,
            pack=6,
            takes=1_440,
            emission=100_000,
            carbon_price=250_000,
        ),
        TransferLane(
            origin=NodeNames(groups=frozenset({"shops"})),
            goal=NodeNames(nodes=frozenset({"hub"})),
            distance=12_500,
            takes=2_880,
            emission=62_500,
            carbon_price=250_000,
        ),
    )


def test_a_lane_by_a_service_has_its_emission_and_its_detour():
    (by_parcel,) = network(
        BASE.replace("    base: 5.00\n", "    base: 5.00\n    detour: 1.4\n")
        + "transfers: {lanes: [{from: {nodes: [hub]}, to: {groups: [shops]}, service: parcel, takes: 1 d}]}\n"
    ).transfer_lanes
    assert (by_parcel.emission, by_parcel.detour, by_parcel.carbon_price) == (100_000, 1_400, 0)


def test_lanes_are_stored_and_read_back_and_change_the_version():
    whole = network()
    body = dump(network_record(whole))
    assert network_of("", record_of(items_of(body))).transfer_lanes == whole.transfer_lanes
    bare = network(BASE)
    assert b"transfer_lanes" not in dump(network_record(bare))
    versions = {inventory_version(Inventory(network=item, products={}, stock={}, paces={})) for item in (whole, bare)}
    dearer = replace(whole, transfer_lanes=(replace(whole.transfer_lanes[0], per_unit=1), whole.transfer_lanes[1]))
    versions.add(inventory_version(Inventory(network=dearer, products={}, stock={}, paces={})))
    assert len(versions) == 3


@pytest.mark.parametrize(
    ("before", "after", "field", "message"),
    [
        ("nodes: [hub]}\n      to", "nodes: [hab]}\n      to", "0.from.nodes.0", "is 'hab'; did you mean 'hub'?"),
        ("groups: [shops], tags", "groups: [shop], tags", "0.to.groups.0", "no node has the group 'shop'"),
        ("tags: [small]", "tags: [tiny]", "0.to.tags.0", "no node has the tag 'tiny'"),
        ("from: {nodes: [hub]}", "from: {}", "0.from", "write which nodes are meant"),
        ("to: {groups: [shops], tags: [small]}", "to: {nodes: [hub]}", "0.to", "it leads from 'hub' to itself alone"),
        ("mode: truck", "mode: van", "0.mode", "there is no 'van' under emissions"),
        ("mode: truck", "mode: lorry", "0.mode", "Must be one of"),
        ("mode: truck", "service: parcel\n      mode: truck", "0.mode", "either service or mode"),
        ("service: freight", "service: fright", "1.service", "goes by the id 'fright'; did you mean 'freight'?"),
        ("distance: 12.5 km", "distance: 12.57 km", "1.distance", "in steps of 100 m"),
        ("distance: 12.5 km", "distance: 12.5 km\n      detour: 1.2", "1.detour", "either distance or detour"),
        ("within: country", "within: city", "0.within", "Must be one of: region, country"),
        ("min_units: 3", "min_units: 0", "0.min_units", "write a number of units from 1 on"),
        ("pack: 6", "pack: 6 kg", "0.pack", "6 kg"),
        ("per_unit: 0.12", "per_unit: 10001", "0.per_unit", "more than can be meant"),
        ("      takes: 1 d\n", "", "0.takes", "Missing"),
        ("per_kg: 0.06 EUR", "per_kilo: 0.06", "0.per_kilo", "unknown"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_lane_is_reported_where_it_stands(before, after, field, message):
    found = mistakes(before, after)
    assert message.lower() in found.get(f"transfers.lanes.{field}", "").lower(), found


def test_a_lane_from_a_place_without_coordinates_must_say_how_far_it_is():
    bare = BASE.replace("    latitude: 45.74846\n    longitude: 4.84671\n", "", 1)
    bare = bare.replace('to: {country: "G?"}', 'to: {country: "G?"}', 1)
    found = []
    assert read_network(Path("network.yaml"), (bare + LANES).encode(), found) is None
    assert "'hub' has no coordinates" in {note.field: note.message for note in found}["transfers.lanes.0.distance"]
