"""A carrier that refuses says which field it minds, in words of ours; and no key is ever shown."""

import dataclasses

import pytest

from engine.errors import CarrierHasNoSuch, CarrierRefused, CarrierUnavailable, NotFound, NotReady
from tests.support.fake_carriers.booking import KEYS, a_booking, carriers_of, elsewhere, parcel

pytestmark = pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
"""The store is asked the same everywhere; test_begun_bookings.py tries it on every server."""

WRONG = {"sendcloud": ("postcode", ""), "easypost": ("postcode", "00000"), "karrio": ("postcode", "")}


def test_a_refused_address_names_the_field_and_where_it_is_mended(door, fake, carrier):
    field, text = WRONG[door]
    with pytest.raises(CarrierRefused) as refusal:
        carrier.buy(elsewhere(a_booking(door), **{field: text}))
    (mistake,) = refusal.value.mistakes
    assert mistake.field == "addressee.postcode"
    assert "PUT /v1/orders/{id}/addressee" in mistake.message
    assert str(refusal.value).startswith("carrier 'shop' refuses: ")
    assert fake.bills == []


@pytest.mark.parametrize("door", ["easypost", "karrio"])
def test_a_product_that_is_not_offered_names_those_that_are(door, fake, carrier):
    with pytest.raises(CarrierRefused) as refusal:
        carrier.buy(a_booking(door, product="USPS/Pigeon"))
    (mistake,) = refusal.value.mistakes
    assert mistake.field == "carrier_product"
    assert {"easypost": "USPS/Express", "karrio": "canadapost_priority"}[door] in mistake.message
    assert fake.bills == []


@pytest.mark.parametrize("door", ["easypost", "karrio"])
def test_where_nothing_is_offered_that_is_said(door, fake, carrier):
    fake.offers_nothing = True
    with pytest.raises(CarrierRefused) as refusal:
        carrier.buy(a_booking(door))
    (mistake,) = refusal.value.mistakes
    assert mistake.message.startswith("it offers nothing (mend it in ")
    assert fake.bills == []


def test_a_wrong_key_is_refused_with_the_names_of_its_settings(client, keys, door, fake):
    wrong = dict.fromkeys(KEYS[door], "wrong-key")
    carrier = carriers_of(client, keys, fake, door, variables=wrong).carrier("shop")
    for call in (carrier.check, lambda: carrier.buy(a_booking(door)), lambda: carrier.track(["1Z"])):
        with pytest.raises(CarrierRefused, match="POINTSMAN_CARRIER_SHOP_KEY") as refusal:
            call()
        assert "wrong-key" not in str(refusal.value)


def test_a_right_key_is_found_right(carrier):
    carrier.check()


def test_a_key_that_is_not_set_is_asked_for_by_its_name(client, keys, door, fake):
    carriers = carriers_of(client, keys, fake, door, variables={})
    with pytest.raises(NotReady, match="set POINTSMAN_CARRIER_SHOP_KEY"):
        carriers.carrier("shop")
    assert not carriers.has_key("shop")
    assert fake.requests == []


def test_a_second_half_of_a_key_may_be_needed(client, keys, door, fake):
    carriers = carriers_of(client, keys, fake, door, variables={"KEY": KEYS[door]["KEY"]})
    assert carriers.has_key("shop") is (door != "sendcloud")
    if door == "sendcloud":
        with pytest.raises(NotReady, match="POINTSMAN_CARRIER_SHOP_SECRET"):
            carriers.carrier("shop")


def test_an_unknown_carrier_is_named_with_those_that_there_are(carriers):
    with pytest.raises(NotFound, match="no carrier 'colissimo' stands under carriers"):
        carriers.carrier("colissimo")


def test_sendcloud_sells_no_labels_of_returns_and_others_are_told_of_it(door, fake, carrier):
    booking = a_booking(door, is_return=True)
    if door == "sendcloud":
        with pytest.raises(CarrierHasNoSuch):
            carrier.buy(booking)
        return
    carrier.buy(booking)
    sold = fake.shipments[fake.bills[0]]
    assert sold["is_return"] is True
    home = sold["to_address"] if door == "easypost" else sold["recipient"]
    assert home.get("company") == "Hexagone" or home.get("company_name") == "Hexagone"


class TestSendcloud:
    @pytest.fixture
    def door(self):
        return "sendcloud"

    def test_an_announcement_that_its_carrier_refused_names_the_field(self, fake, carrier):
        fake.fails = "address"
        with pytest.raises(CarrierRefused) as refusal:
            carrier.buy(a_booking("sendcloud"))
        assert [mistake.field for mistake in refusal.value.mistakes] == ["addressee.postcode"]

    def test_an_announcement_that_its_carrier_could_not_take_now_is_made_again(self, fake, carrier):
        fake.fails = "carrier"
        with pytest.raises(CarrierUnavailable, match="connecting to the carrier"):
            carrier.buy(a_booking("sendcloud"))
        fake.fails = None
        assert carrier.buy(a_booking("sendcloud")).labels
        references = [item["external_reference_id"] for item in fake.shipments.values()]
        assert references == ["d-1/0", "d-1/0.2"]

    def test_what_is_still_being_announced_is_asked_for_again(self, fake, carrier):
        fake.announcing = True
        with pytest.raises(CarrierUnavailable, match="still announcing") as failure:
            carrier.buy(a_booking("sendcloud"))
        assert failure.value.retry_after == 5
        assert carrier.buy(a_booking("sendcloud")).labels[0].tracking_number.startswith("3SYZXG")
        assert len(fake.bills) == 1

    def test_a_label_that_is_not_there_yet_is_fetched_later(self, fake, carrier):
        fake.label_is_missing = True
        with pytest.raises(CarrierUnavailable, match="label of parcel 1"):
            carrier.buy(a_booking("sendcloud"))
        fake.label_is_missing = False
        assert carrier.buy(a_booking("sendcloud")).labels[0].label
        assert len(fake.bills) == 1

    def test_a_label_that_is_not_whole_is_none(self, fake, carrier):
        fake.label = {"pdf": b"%PDF-1.4\n1 0 obj"}
        with pytest.raises(CarrierUnavailable, match="label of parcel 1"):
            carrier.buy(a_booking("sendcloud"))

    def test_more_parcels_than_it_takes_in_one_shipment_are_refused_before_it_is_asked(self, fake, carrier):
        booking = a_booking("sendcloud", parcels=16)
        with pytest.raises(CarrierRefused, match="it takes 15 parcels"):
            carrier.buy(booking)
        assert fake.requests == []

    def test_it_is_told_contract_format_weights_sizes_and_where_it_goes(self, client, keys, fake):
        carrier = carriers_of(client, keys, fake, "sendcloud", contract="517").carrier("shop")
        carrier.buy(a_booking("sendcloud", parcels=1, label_format="zpl"))
        body = fake.requests[0].body
        assert body["ship_with"]["properties"] == {"shipping_option_code": "postnl:standard", "contract_id": 517}
        assert body["label_details"] == {"mime_type": "application/zpl", "dpi": 203}
        assert body["parcels"][0]["weight"] == {"value": "1.320", "unit": "kg"}
        assert body["parcels"][0]["dimensions"] == {"length": "40.0", "width": "30.0", "height": "15.5", "unit": "cm"}
        assert body["to_address"] == {
            "name": "Zoé Žižek",
            "address_line_1": "12 rue de la Gare",
            "address_line_2": "Bât. B, 2e étage",
            "postal_code": "75011",
            "city": "Paris",
            "country_code": "FR",
            "state_province_code": "FR-IDF",
            "phone_number": "+33612345678",
            "email": "zoe@example.com",
        }
        assert body["from_address"]["name"] == body["from_address"]["company_name"] == "Hexagone"


@pytest.mark.parametrize("door", ["easypost"])
def test_easypost_is_told_ounces_and_inches_rounded_up(client, keys, fake, door):
    carrier = carriers_of(client, keys, fake, door, contract="ca_9685a1198a75477885a3cdca37559bac").carrier("shop")
    carrier.buy(a_booking(door, parcels=1, label_format="png"))
    body = next(item.body for item in fake.requests if item.method == "POST")["shipment"]
    assert body["parcel"] == {"weight": "46.6", "length": "15.8", "width": "11.9", "height": "6.2"}
    assert body["carrier_accounts"] == ["ca_9685a1198a75477885a3cdca37559bac"]
    assert body["options"]["label_format"] == "PNG"
    assert body["to_address"]["street2"] == "Bât. B, 2e étage"


WEIGHTS = {
    "sendcloud": lambda body: body["parcels"][0]["weight"]["value"],
    "easypost": lambda body: body["shipment"]["parcel"]["weight"],
    "karrio": lambda body: body["parcels"][0]["weight"],
}


def test_a_parcel_that_weighs_nothing_is_told_to_weigh_something(door, fake, carrier):
    carrier.buy(dataclasses.replace(a_booking(door), parcels=(parcel(1, grams=0),)))
    body = next(item.body for item in fake.requests if item.method == "POST")
    assert float(WEIGHTS[door](body)) > 0
