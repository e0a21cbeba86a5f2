"""Tracking numbers that come with a packing, and one number for several parcels."""

import pytest

from engine.errors import InputInvalid, KeyReused, NotPackable
from engine.fulfilment.carriers.number_ranges import number_of
from engine.fulfilment.parcels.pack_request import ParcelRequest
from engine.model.carriers import CarrierAccount, NumberRange
from engine.model.tracking import TrackingEvent
from tests.support.facts import LYON, NOW, node, service
from tests.support.parcels import LYON_ADDRESS, decided, dpd, pack, packing_network

CONSIGNMENT = "WMS-2026 00417"


@pytest.fixture
def account():
    return dpd(0, 99)


@pytest.fixture
def shop(bare, account):
    return packing_network(
        bare,
        nodes=[node("lyon", LYON, address=LYON_ADDRESS)],
        services=[service(carrier="dpd")],
        carriers={"dpd": account},
    )


@pytest.fixture
def carried(bare):
    """By a carrier of which nothing but its name is known."""
    return packing_network(bare)


def one(number, units=1):
    return ParcelRequest(lines={"1": units}, tracking_number=number)


def numbers(shop, key):
    return [parcel.tracking_number for parcel in shop.fulfilment.parcels.show(key).shipment.parcels]


def heard(shop, number, state, **more):
    event = TrackingEvent(tracking_number=number, state=state, **{"id": f"{number} {state}", "at": NOW, **more})
    return shop.fulfilment.tracking.take([event], "house")[0]


def states(shop, number):
    found = shop.fulfilment.tracking.find(number)
    return [found.shipment.parcel_progress(parcel.sscc).state for parcel in found.parcels]


def test_a_number_that_comes_with_a_parcel_is_its_number_and_takes_none_of_the_range(shop, account):
    beyond = dpd(500, 600).ranges[0]
    given = number_of(beyond, 555)
    key = decided(shop, ("A", 3))
    pack(shop, key, one(given), {"1": 1}, {"1": 1})
    assert numbers(shop, key) == [given, number_of(account.ranges[0], 0), number_of(account.ranges[0], 1)]
    before = shop.fulfilment.carriers.stocks()["dpd"].left
    another = decided(shop, ("A", 1))
    pack(shop, another, tracking_number=number_of(beyond, 556))
    assert shop.fulfilment.carriers.stocks()["dpd"].left == before
    assert shop.check().clean


def test_a_number_whose_form_its_carrier_has_not_is_refused_and_nothing_is_packed(shop, contents):
    key = decided(shop, ("A", 1))
    before = contents()
    with pytest.raises(InputInvalid, match="'1Z999AA10123456785' is no number of carrier 'dpd'") as refused:
        pack(shop, key, one("1Z999AA10123456785"))
    assert [mistake.field for mistake in refused.value.mistakes] == ["parcels.0.tracking_number"]
    assert contents() == before


def mistakes_of(shop, key, *parcels, **more):
    with pytest.raises(InputInvalid) as refused:
        pack(shop, key, *parcels, **more)
    return [(mistake.field, mistake.message) for mistake in refused.value.mistakes]


def test_a_number_that_is_issued_here_is_refused_and_nobody_else_gets_it(shop, account, contents):
    key = decided(shop, ("A", 1))
    number = number_of(account.ranges[0], 1)
    before = contents()
    ((field, message),) = mistakes_of(shop, key, tracking_number=f" {number.lower()} ")
    assert field == "parcels.0.tracking_number"
    assert "is of the range 0 to 99 of carrier 'dpd', whose numbers are issued here" in message
    assert contents() == before
    others = [decided(shop, ("A", 1)) for _ in range(2)]
    for other in others:
        pack(shop, other)
    assert numbers(shop, others[1]) == [number]


def test_a_number_that_another_carrier_of_the_network_issues_here_is_refused(bare, account):
    both = {"dpd": account, "colis": CarrierAccount(id="colis", door="numbers")}
    shop = packing_network(bare, carriers=both)
    ((_, message),) = mistakes_of(shop, decided(shop, ("A", 1)), tracking_number=number_of(account.ranges[0], 99))
    assert "of carrier 'dpd', whose numbers are issued here" in message


def test_a_number_of_the_range_that_the_shipment_has_or_had_may_come_again(shop, account):
    key = decided(shop, ("A", 3))
    issued = number_of(account.ranges[0], 0)
    pack(shop, key, {"1": 1}, partial=True, op="one")
    pack(shop, key, one(issued), partial=True, op="two")
    assert numbers(shop, key) == [issued, issued]
    shop.fulfilment.parcels.cancel(key)
    pack(shop, key, tracking_number=issued)
    assert numbers(shop, key) == [issued]
    another = decided(shop, ("A", 1))
    ((_, message),) = mistakes_of(shop, another, tracking_number=issued)
    assert f"is the number of a parcel of shipment '{key}'" in message
    shop.fulfilment.parcels.cancel(key)
    ((_, message),) = mistakes_of(shop, another, tracking_number=issued)
    assert "was not issued to this shipment" in message
    assert shop.check().clean


def test_a_range_leaves_out_numbers_that_came_with_packings_before_the_network_had_it(carried, account):
    numbered = account.ranges[0]
    came = decided(carried, ("A", 2))
    pack(carried, came, one(number_of(numbered, 0)), one(number_of(numbered, 2)))
    lyon = node("lyon", LYON, address=LYON_ADDRESS)
    packing_network(carried, nodes=[lyon], services=[service(carrier="dpd")], carriers={"dpd": account})
    key = decided(carried, ("A", 3))
    pack(carried, key, {"1": 1}, {"1": 1}, {"1": 1})
    assert numbers(carried, key) == [number_of(numbered, serial) for serial in (1, 3, 4)]
    find = carried.fulfilment.parcels._parts.shipments.find_number
    assert [find(number_of(numbered, serial))[0] for serial in (0, 1, 2)] == [came, key, came]
    assert carried.check().clean


def s10(first, last):
    numbers = NumberRange(kind="s10", service="CA", country="FR", first=first, last=last)
    return CarrierAccount(id="laposte", door="numbers", ranges=(numbers,))


@pytest.fixture
def by_post(bare):
    return packing_network(
        bare,
        nodes=[node("lyon", LYON, address=LYON_ADDRESS)],
        services=[service(carrier="laposte")],
        carriers={"laposte": s10(7_000, 7_099)},
    )


def test_a_post_may_give_numbers_whose_form_it_does_not_publish(by_post):
    key = decided(by_post, ("A", 1))
    pack(by_post, key, tracking_number="6A 12345678901")
    assert numbers(by_post, key) == ["6A 12345678901"]


@pytest.mark.parametrize("number", ["RR123456784FR", "1Z999AA10123456784", "JJD0123456789"])
def test_a_number_with_a_wrong_check_digit_or_of_somebody_else_is_refused_and_says_what_to_do(by_post, number):
    ((_, message),) = mistakes_of(by_post, decided(by_post, ("A", 1)), tracking_number=number)
    assert message.startswith(f"'{number}' is no number of carrier 'laposte', whose ranges are of the kind s10")
    assert message.endswith("have its service name another carrier in network.yaml, one without ranges")


def test_a_carrier_may_give_one_number_for_all_parcels_and_it_tells_of_them_all(carried):
    key = decided(carried, ("A", 3))
    view = pack(carried, key, {"1": 1}, {"1": 1}, one("SPECIAL-9"), tracking_number=CONSIGNMENT)
    assert numbers(carried, key) == [CONSIGNMENT, CONSIGNMENT, "SPECIAL-9"]
    assert carried.check().clean
    assert heard(carried, "wms-202600417", "in_transit") == "new"
    assert states(carried, CONSIGNMENT) == ["in_transit", "in_transit"]
    assert heard(carried, view.shipment.parcels[1].sscc, "exception", at=NOW + 1) == "new"
    assert states(carried, CONSIGNMENT) == ["in_transit", "exception"]
    assert states(carried, "SPECIAL-9") == ["pending"]
    assert heard(carried, "wms-202600417", "in_transit") == "known"
    assert carried.check().clean


def test_what_was_told_of_a_number_before_it_was_packed_is_told_of_all_its_parcels(carried):
    key = decided(carried, ("A", 2))
    assert heard(carried, CONSIGNMENT, "in_transit") == "kept"
    pack(carried, key, {"1": 1}, {"1": 1}, tracking_number=CONSIGNMENT)
    carried.fulfilment.on_the_way.watch()
    assert states(carried, CONSIGNMENT) == ["in_transit", "in_transit"]


def test_a_number_of_several_packings_stays_that_of_those_that_are_left(carried):
    key = decided(carried, ("A", 2))
    for _ in range(2):
        pack(carried, key, {"1": 1}, partial=True, tracking_number=CONSIGNMENT, op=f"p{_}")
    parcels = carried.fulfilment.parcels
    parcels.cancel(key, packing=1)
    assert carried.check().clean
    assert [item.number for item in carried.fulfilment.tracking.find(CONSIGNMENT).parcels] == [2]
    parcels.cancel(key, packing=2)
    assert carried.check().clean
    assert heard(carried, CONSIGNMENT, "in_transit") == "kept"


def test_a_number_of_another_shipment_is_refused_until_that_is_cancelled(carried):
    first, second = decided(carried, ("A", 1)), decided(carried, ("A", 1))
    pack(carried, first, tracking_number=CONSIGNMENT)
    with pytest.raises(InputInvalid, match=f"is the number of a parcel of shipment '{first}'"):
        pack(carried, second, tracking_number=CONSIGNMENT.lower())
    carried.fulfilment.parcels.cancel(first)
    pack(carried, second, tracking_number=CONSIGNMENT)
    assert carried.check().clean


def test_others_who_took_the_number_meanwhile_keep_it(carried, monkeypatch):
    first, second = decided(carried, ("A", 1)), decided(carried, ("A", 1))
    shipments, acting = type(carried.fulfilment.parcels._parts.shipments), []
    change = shipments.change

    def others_first(store, *given):
        if not acting:
            acting.append(1)
            pack(carried, first, tracking_number=CONSIGNMENT)
        return change(store, *given)

    monkeypatch.setattr(shipments, "change", others_first)
    with pytest.raises(InputInvalid, match=f"is the number of a parcel of shipment '{first}'"):
        pack(carried, second, tracking_number=CONSIGNMENT)
    assert (numbers(carried, first), numbers(carried, second)) == ([CONSIGNMENT], [])


def test_the_same_request_again_is_answered_and_one_with_another_number_is_refused(carried):
    key = decided(carried, ("A", 2))
    packed = pack(carried, key, one("N-1000"), one("N-1001"), op="p")
    assert pack(carried, key, one("N-1000"), one("N-1001"), op="p") == packed
    assert pack(carried, key, one("N-1000"), one("N-1001"), addressee=None) == packed
    assert pack(carried, key, {"1": 1}, {"1": 1}, addressee=None) == packed
    with pytest.raises(KeyReused):
        pack(carried, key, one("N-1000"), one("N-1002"), op="p")
    with pytest.raises(NotPackable, match="every unit"):
        pack(carried, key, one("N-1000"), one("N-1002"))
    with pytest.raises(NotPackable, match="every unit"):
        pack(carried, key, tracking_number="N-1003")


def test_a_number_for_a_shipment_that_was_packed_without_one_is_not_dropped(carried):
    key = decided(carried, ("A", 2))
    packed = pack(carried, key, {"1": 1}, {"1": 1})
    for parcels in ((), (one("N-1003"), one("N-1003"))):
        with pytest.raises(NotPackable, match=r"every unit .* cancel a packing to pack it otherwise"):
            pack(carried, key, *parcels, tracking_number="N-1003")
    assert pack(carried, key) == packed
    carried.fulfilment.parcels.cancel(key)
    pack(carried, key, tracking_number="N-1003")
    assert numbers(carried, key) == ["N-1003"]


def test_a_number_for_some_parcels_of_a_packing_is_not_dropped_either(carried):
    key = decided(carried, ("A", 2))
    pack(carried, key, one("N-1004"), {"1": 1})
    with pytest.raises(NotPackable, match="every unit"):
        pack(carried, key, tracking_number="N-1004")


def test_a_carrier_that_sells_labels_is_not_asked_for_what_was_bought_elsewhere(bare):
    seller = CarrierAccount(id="seller", door="sendcloud", url="http://127.0.0.1:9")
    shop = packing_network(
        bare,
        nodes=[node("lyon", LYON, address=LYON_ADDRESS)],
        services=[service(carrier="seller")],
        carriers={"seller": seller},
    )
    key = decided(shop, ("A", 2))
    with pytest.raises(InputInvalid, match="sells the labels of all parcels of a packing or of none"):
        pack(shop, key, one("N-2000"), {"1": 1})
    (packing,) = pack(shop, key, one("N-2000"), one("N-2001")).shipment.packings
    assert (packing.state, packing.sold, packing.carrier) == ("packed", False, "seller")
    assert shop.fulfilment.printed.label(key, 1, kind="pdf").content.startswith(b"%PDF")
    shop.fulfilment.parcels.cancel(key)
    assert shop.check().clean
