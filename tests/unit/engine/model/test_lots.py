"""Lots of a position as values: what is there of each, what is free on a date, which leave first."""

import datetime

import hypothesis.strategies as st
from hypothesis import given

from engine.model.lots import (
    NEVER,
    NO_LOT,
    Lot,
    date_of,
    expired_units,
    expiry_of,
    first_of,
    free_by_expiry,
    joined,
    lot_label,
    lots_of,
    name_of,
    node_and_label,
    place_of,
    take_lots,
    usable_on,
    without,
)

TODAY = datetime.date(2026, 11, 28).toordinal()
DAYS = st.integers(-2, 4).map(lambda day: TODAY + day) | st.just(NEVER)
STORED = st.lists(
    st.tuples(st.sampled_from("abc"), DAYS, st.integers(-2, 6), st.integers(0, 4)),
    max_size=4,
    unique_by=lambda lot: lot[:2],
).map(lambda lots: [(lot_label(name, day), units, held) for name, day, units, held in lots])
POSITIONS = st.tuples(st.integers(-2, 14), st.integers(0, 10), STORED)


def label(name, day):
    return lot_label(name, TODAY + day)


def test_a_label_has_the_date_and_the_name():
    text = label("L 2", 3)
    assert (text, name_of(text), date_of(text)) == ("2026-12-01 L 2", "L 2", "2026-12-01")
    assert expiry_of(text) == TODAY + 3
    assert (date_of(lot_label("X")), expiry_of(NO_LOT)) == (None, NEVER)
    assert node_and_label(place_of("lyon", text)) == ("lyon", text)
    assert node_and_label("lyon") == ("lyon", NO_LOT)


def test_what_left_without_its_lot_being_named_is_of_the_lots_that_expire_first():
    stored = [(label("b", 5), 4, 0), (label("a", 2), 3, 0)]
    assert lots_of(5, 0, stored, TODAY) == (Lot(label("a", 2), 1, 0), Lot(label("b", 5), 4, 0))


def test_more_than_the_lots_have_is_of_no_lot():
    assert lots_of(5, 0, [(label("a", 2), 3, 0)], TODAY)[-1] == Lot(NO_LOT, 2, 0)


def test_units_held_of_no_lot_are_those_of_none_and_then_of_lots_that_have_not_expired():
    stored = [(label("old", -1), 2, 0), (label("a", 2), 3, 1), (label("b", 5), 3, 0)]
    lots = lots_of(9, 5, stored, TODAY)
    assert [lot.held for lot in lots] == [0, 3, 1, 1]


def test_only_what_nobody_holds_has_expired():
    assert expired_units([Lot(label("old", -1), 5, 2), Lot(label("a", 0), 4, 0)], TODAY) == 3


def test_the_first_to_expire_is_taken_first_if_it_may_be_used_long_enough():
    lots = [Lot(label("a", 2), 3, 1), Lot(label("b", 5), 3, 0), Lot(NO_LOT, 2, 0)]
    assert take_lots(lots, 4, TODAY) == ((label("a", 2), 2), (label("b", 5), 2))
    assert take_lots(lots, 4, TODAY + 3) == ((label("b", 5), 3), (NO_LOT, 1))


def test_units_of_lots_are_taken_off_and_put_back():
    lots = ((label("a", 2), 3), (label("b", 5), 2))
    first = first_of(lots, 4)
    assert first == ((label("a", 2), 3), (label("b", 5), 1))
    assert without(lots, first) == ((label("b", 5), 1),)
    assert joined(without(lots, first), first) == lots


@given(POSITIONS)
def test_all_lots_together_are_what_is_on_hand_and_held(position):
    on_hand, held, stored = position
    lots = lots_of(on_hand, held, stored, TODAY)
    assert sum(lot.on_hand for lot in lots) == max(0, on_hand)
    assert sum(lot.held for lot in lots) == max(held, sum(held for *_, held in stored))
    assert [lot.label for lot in lots if lot.label] == sorted(label for label, *_ in stored)


@given(POSITIONS, st.lists(st.tuples(st.integers(0, 4), st.integers(1, 6)), max_size=4))
def test_whatever_is_free_on_a_date_can_be_taken_of_lots_that_last_until_then(position, asked):
    """Any units that keep to what is free on each date, those needed longest first."""
    lots = lots_of(*position, TODAY)
    dates, free = free_by_expiry(lots, TODAY)
    taken = []
    for day, units in sorted(asked, reverse=True):
        date = TODAY + day
        later = [(other, count) for other, count in taken if other >= date]
        levels = [at for at in dates if at <= date] or dates[:1]
        room = [usable_on(at, dates, free) - sum(count for other, count in taken if other >= at) for at in levels]
        count = max(0, min([units, usable_on(date, dates, free) - sum(count for _, count in later), *room]))
        got = take_lots(lots, count, date)
        assert sum(count for _, count in got) == count
        gone = dict(got)
        lots = tuple(lot._replace(held=lot.held + gone.get(lot.label, 0)) for lot in lots)
        taken.append((date, count))
