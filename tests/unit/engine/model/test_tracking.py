"""Where parcels are, whatever the order in which their events come."""

from hypothesis import given
from hypothesis import strategies as st

from engine.model.tracking import (
    MOST_OF_A_STATE,
    NOWHERE,
    TRACKING_STATES,
    ParcelProgress,
    Scan,
    latest_wordings,
    merge_scans,
    number_name,
    progress_of,
    shipment_progress,
)

scans = st.builds(
    Scan,
    id=st.sampled_from(["", "a", "b", "c"]),
    state=st.sampled_from(TRACKING_STATES),
    at=st.integers(0, 6),
    heard_at=st.integers(3, 8),
    town=st.sampled_from(["", "Lyon", "LYON", "Lille"]),
    country=st.sampled_from(["", "FR"]),
)


def scan(state, at, *, scan_id="", heard=1_000, town=""):
    return Scan(id=scan_id, state=state, at=at, heard_at=heard, town=town)


def state_of(*events):
    return progress_of(merge_scans(events)).state


@given(st.lists(scans, max_size=12).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_order_in_which_events_come_changes_nothing(both):
    told, otherwise = both
    assert merge_scans(told) == merge_scans(otherwise)
    assert progress_of(merge_scans(told)) == progress_of(merge_scans(otherwise))


@given(st.lists(scans, max_size=12), st.lists(scans, max_size=12))
def test_events_that_come_in_parts_or_again_change_nothing(first, then):
    whole = merge_scans([*first, *then])
    assert merge_scans([*merge_scans(first), *then]) == whole
    assert merge_scans([*whole, *first, *then, *whole]) == whole


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 2)), max_size=80), st.data())
def test_of_more_events_than_are_kept_it_is_the_same(told, data):
    many = [scan("in_transit", at, scan_id=f"{at} {number}") for at, number in told]
    cut = data.draw(st.integers(0, len(many)))
    whole = merge_scans(many)
    assert merge_scans([*merge_scans(many[cut:]), *many[:cut]]) == whole
    assert len(whole) == min(MOST_OF_A_STATE, len(set(told)))


@given(st.lists(scans, max_size=12))
def test_the_state_is_that_of_an_event(told):
    state = state_of(*told)
    assert state in {"pending", *(item.state for item in told)}


@given(st.lists(scans, max_size=12))
def test_what_returns_stays_returned(told):
    assert state_of(*told, scan("returned", 0)) == "returned"


@given(st.lists(st.builds(scan, st.sampled_from(TRACKING_STATES), st.integers(0, 9)), max_size=12))
def test_a_parcel_is_delivered_if_no_exception_follows_and_it_does_not_return(told):
    delivered = [item.at for item in told if item.state == "delivered"]
    exceptions = [item.at for item in told if item.state == "exception"]
    returned = any(item.state == "returned" for item in told)
    expected = bool(delivered) and not returned and max(delivered) >= max(exceptions, default=0)
    assert (state_of(*told) == "delivered") == expected


def test_a_late_old_event_moves_no_state_back():
    assert state_of(scan("out_for_delivery", 50), scan("in_transit", 10)) == "out_for_delivery"
    assert state_of(scan("delivered", 60), scan("in_transit", 70)) == "delivered"


def test_that_the_carrier_knows_of_a_parcel_says_nothing_once_it_has_it():
    assert state_of(scan("in_transit", 10), scan("info_received", 20), scan("pending", 30)) == "in_transit"
    assert state_of(scan("pending", 30), scan("info_received", 20)) == "info_received"


def test_what_was_delivered_is_corrected_by_a_later_exception_or_return():
    assert state_of(scan("delivered", 10), scan("exception", 20)) == "exception"
    assert state_of(scan("delivered", 10), scan("returned", 20)) == "returned"
    assert state_of(scan("exception", 10), scan("delivered", 20)) == "delivered"
    assert state_of(scan("delivered", 10), scan("exception", 20), scan("in_transit", 30)) == "in_transit"


def test_of_events_at_the_same_instant_the_one_further_on_counts():
    assert state_of(scan("in_transit", 10), scan("info_received", 10), scan("out_for_delivery", 10)) == (
        "out_for_delivery"
    )
    assert state_of(scan("delivered", 10), scan("exception", 10)) == "delivered"


def test_a_carriers_clock_that_is_ahead_holds_no_later_event_back():
    ahead, after = scan("in_transit", 9_000, heard=100), scan("out_for_delivery", 150, heard=160)
    assert state_of(ahead, after) == "out_for_delivery"
    again = scan("in_transit", 9_000, heard=200)
    assert state_of(ahead, after, again) == "out_for_delivery"
    assert progress_of(merge_scans([ahead])).since == 100


def test_an_event_that_is_told_again_otherwise_is_corrected():
    wrong, right = scan("delivered", 10, scan_id="7", heard=11), scan("exception", 10, scan_id="7", heard=12)
    assert latest_wordings(merge_scans([wrong, right])) == (right,)
    assert state_of(right, wrong) == "exception"


def test_without_ids_the_same_state_instant_and_place_is_one_event():
    assert merge_scans([scan("in_transit", 1, town="Lyon"), scan("in_transit", 1, town="LYON")]) == (
        scan("in_transit", 1, town="LYON"),
    )
    assert len(merge_scans([scan("in_transit", 1, town="Lyon"), scan("in_transit", 1, town="Lille")])) == 2


def test_a_parcel_was_delivered_when_that_was_first_said():
    proof = scan("delivered", 40)
    assert progress_of(merge_scans([proof, scan("delivered", 10)])) == ParcelProgress(state="delivered", since=10)
    corrected = [scan("delivered", 10), scan("exception", 20), scan("delivered", 30), proof]
    assert progress_of(merge_scans(corrected)) == ParcelProgress(state="delivered", since=30)


def test_a_shipment_is_delivered_once_all_its_parcels_are():
    first, last = (ParcelProgress(state="delivered", since=since) for since in (10, 20))
    assert shipment_progress([first, last]) == last
    underway = ParcelProgress(state="in_transit", since=5)
    assert shipment_progress([last, underway]) == underway
    assert shipment_progress([last, NOWHERE]) == ParcelProgress(state="in_transit", since=20)
    assert shipment_progress([NOWHERE, NOWHERE]) == NOWHERE


def test_what_somebody_has_to_see_to_of_one_parcel_is_so_of_the_shipment():
    parcels = [ParcelProgress(state=state, since=1) for state in ("in_transit", "exception", "delivered")]
    assert shipment_progress(parcels).state == "exception"
    parcels = [ParcelProgress(state=state, since=1) for state in ("out_for_delivery", "in_transit", "delivered")]
    assert shipment_progress(parcels).state == "in_transit"


def test_numbers_are_looked_up_without_blanks_and_in_capitals():
    assert number_name(" 1z 999 aa1 ") == "1Z999AA1"
    assert number_name("(00)345678900000000012") == "345678900000000012"
    assert number_name("00345678900000000012") == "345678900000000012"
    assert number_name("0034567890000000001") == "0034567890000000001"
    assert number_name("345678900000000012") == "345678900000000012"
