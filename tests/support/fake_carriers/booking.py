"""A shipment that is to be booked, and the carriers that are asked for it."""

import dataclasses
import itertools

from engine.fulfilment.carriers.carrier import Booking
from engine.fulfilment.carriers.carriers import Carriers
from engine.fulfilment.carriers.settings import CarrierSettings
from engine.model.carriers import CarrierAccount
from engine.model.parcels import Parcel, ParcelSize, ShipmentKey
from engine.model.postal_address import PostalAddress
from tests.support.facts import network as a_network
from tests.support.facts import node
from tests.support.fake_carriers.easypost import FakeEasyPost
from tests.support.fake_carriers.fake_server import FakeCarrier
from tests.support.fake_carriers.karrio import FakeKarrio
from tests.support.fake_carriers.sendcloud import FakeSendcloud

FAKES = {"sendcloud": FakeSendcloud, "easypost": FakeEasyPost, "karrio": FakeKarrio}
PRODUCTS = {
    "sendcloud": "postnl:standard",
    "easypost": "USPS/GroundAdvantage",
    "karrio": "canadapost_priority",
}
SENDER = PostalAddress(company="Hexagone", lines=("1 quai Perrache",), postcode="69002", town="Lyon", country="FR")
ADDRESSEE = PostalAddress(
    name="Zoé Žižek",
    lines=("12 rue de la Gare", "Bât. B", "2e étage"),
    postcode="75011",
    town="Paris",
    region="IDF",
    country="FR",
    phone="+33612345678",
    email="zoe@example.com",
)
KEYS = {
    "sendcloud": {"KEY": "public", "SECRET": "secret"},
    "easypost": {"KEY": "EZTK"},
    "karrio": {"KEY": "key_1"},
}


def parcel(number, grams=1_320):
    return Parcel(
        number=number,
        sscc=f"33456789000020{number:03}4",
        lines=(),
        grams=grams,
        size=ParcelSize(length=400, width=300, height=155),
    )


def a_booking(door, parcels=1, reference="d-1/0", **others):
    usual = {
        "reference": reference,
        "shipment": ShipmentKey("d-1", 0),
        "product": PRODUCTS[door],
        "sender": SENDER,
        "addressee": ADDRESSEE,
        "parcels": tuple(parcel(number) for number in range(1, parcels + 1)),
        "label_format": "pdf",
    }
    return Booking(**{**usual, **others})


def elsewhere(booking, **changes):
    """The same, to a corrected address."""
    return dataclasses.replace(booking, addressee=dataclasses.replace(booking.addressee, **changes))


def carriers_of(client, keys, fake: FakeCarrier, door, *, seconds=5.0, variables=None, **account):
    """Carriers of one network, of which `shop` is asked at the fake one."""
    named = CarrierAccount(id="shop", door=door, url=fake.url, **account)
    network = a_network([node("lyon")], carriers={"shop": named})
    given = KEYS[door] if variables is None else variables
    numbers = itertools.count()
    return Carriers(
        client,
        keys,
        settings=CarrierSettings(variables={f"POINTSMAN_CARRIER_SHOP_{word}": text for word, text in given.items()}),
        network=lambda: network,
        new_id=lambda: f"worker-{id(numbers)}-{next(numbers)}",
        clock=lambda: 1_796_000_000,
        seconds=seconds,
    )
