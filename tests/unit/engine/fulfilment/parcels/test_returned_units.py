"""What the log says is held again: by the last that it says of it."""

from collections import Counter

from engine.fulfilment.parcels.returned_units import ReturnedUnits, returned_by, still_returned
from engine.model.parcels import ShipmentKey
from engine.store.log.entry import Entry
from engine.store.log.entry_bodies import HoldUnits, PartUnits, UnitsBody

KEY, OTHER = ShipmentKey("d", 0), ShipmentKey("d", 1)


def of_units(number, kind, key, **lines):
    """An entry about these units, by line."""
    units = tuple(lines.items())
    part = PartUnits(
        number=key.number, node="lyon", service="parcel", source="confirmed", units=units, lines=units, room=0
    )
    body = UnitsBody(holds=(HoldUnits(decision=key.decision, endings="", left=(), parts=(part,)),)).encode()
    return Entry(id=(number, 0), kind=kind, decision=key.decision, at=0, body=body)


def confirmed_whole(number, *shipments):
    return Entry(id=(number, 0), kind="confirmed", decision="d", at=0, body=b"", shipments=shipments or None)


def returned(*entries):
    return {item.key: (Counter(item.lines), item.entry) for item in still_returned(entries)}


def test_what_was_undone_several_times_is_held_again_by_the_last_of_these_entries():
    undone = [of_units(1, "undone", KEY, A=1, B=2), of_units(2, "undone", OTHER, A=5), of_units(3, "undone", KEY, A=1)]
    assert returned(*undone) == {KEY: ({"A": 2, "B": 2}, "3-0"), OTHER: ({"A": 5}, "2-0")}


def test_units_that_were_confirmed_again_are_not_held_again():
    undone = of_units(2, "undone", KEY, A=2, B=1)
    assert returned(undone, of_units(3, "confirmed", KEY, A=1)) == {KEY: ({"A": 1, "B": 1}, "2-0")}
    assert returned(undone, of_units(3, "confirmed", KEY, A=2, B=3)) == {}
    assert returned(of_units(1, "confirmed", KEY, A=2), undone) == {KEY: ({"A": 2, "B": 1}, "2-0")}


def test_a_confirm_of_whole_shipments_takes_what_was_undone_of_these():
    undone = [of_units(1, "undone", KEY, A=1), of_units(2, "undone", OTHER, A=1)]
    assert returned(*undone, confirmed_whole(3, 0)).keys() == {OTHER}
    assert returned(*undone, confirmed_whole(3)) == {}


def test_what_is_to_be_tried_again_is_known_by_its_name():
    (item,) = returned_by(of_units(7, "undone", KEY, B=2, A=1))
    assert item.name == 'undone 7-0 d/0 {"A":1,"B":2}'
    assert ReturnedUnits.of_name(item.name) == item
    assert ReturnedUnits.of_name("d/0") is None
    assert ReturnedUnits.of_name("return R-1") is None
