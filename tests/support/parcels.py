"""A network whose shipments can be packed."""

import dataclasses
import itertools
from collections.abc import Mapping

from engine.fulfilment.parcels.pack_request import PackRequest, ParcelRequest
from engine.model.carriers import CarrierAccount, NumberRange
from engine.model.facts import Inventory
from engine.model.parcels import ParcelTerms, ShipmentKey
from engine.model.postal_address import PostalAddress
from engine.store.fulfilment.serials import Serials
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, inventory, node, order, product, service

_PREFIXES = itertools.count(1)
_DEPOTS = itertools.count(1)
LYON_ADDRESS = PostalAddress(
    company="Maison Exemple", lines=("12 rue de la République",), postcode="69002", town="Lyon", country="FR"
)
LILLE_ADDRESS = PostalAddress(
    company="Maison Exemple Lille", lines=("3 place du Théâtre",), postcode="59000", town="Lille", country="FR"
)
ZOE = PostalAddress(
    name="Zoë Müller-Özdemir", lines=("7 bis, passage Secret",), postcode="75011", town="Paris", country="FR"
)


def parcel_terms(**more) -> ParcelTerms:
    """Of a range of its own: two networks of one server must not have the same."""
    return ParcelTerms(**{"gs1_prefix": f"{next(_PREFIXES):07d}", "extension": 3, **more})


def dpd(first: int, last: int, *more: tuple[int, int]) -> CarrierAccount:
    """A carrier with ranges of an account of its own: two networks of one server must not have the same."""
    account = f"{next(_DEPOTS):04d}"
    ranges = [NumberRange(kind="dpd", account=account, first=one, last=end) for one, end in ((first, last), *more)]
    return CarrierAccount(id="dpd", door="numbers", ranges=tuple(ranges))


def packing_network(bare, *, terms=None, stock=None, services=None, nodes=None, activated=True, **more):
    """Lyon has 10 of A, of 1 kg each, and 10 of B. Parcels are carried by 'colis'."""
    places = nodes or [
        node("lyon", LYON, address=LYON_ADDRESS, services=("parcel", "pickup")),
        node("lille", LILLE, address=LILLE_ADDRESS, services=("parcel", "pickup")),
    ]
    offered = services or [service(carrier="colis"), service("pickup", mode="pickup", base=0)]
    bare.load(
        inventory(
            places,
            stock or {"A": {"lyon": 10}, "B": {"lyon": 10}},
            services=offered,
            products=[product("M", unit="m", decimals=2, weight=300)],
            parcels=terms or parcel_terms(),
            **more,
        )
    )
    if activated:
        activate(bare)
    return bare


def decided(shop, *lines, **more) -> ShipmentKey:
    """The first shipment of a new order."""
    decision = json_of(shop.decide(order(*lines, **more)))
    assert decision["shipments"], decision
    return ShipmentKey(decision["id"], 0)


def pack(shop, shipment, *parcels, addressee=ZOE, **more):
    """Parcels are units by line, or a ParcelRequest."""
    asked = tuple(ParcelRequest(lines=item) if isinstance(item, Mapping) else item for item in parcels)
    return shop.fulfilment.parcels.pack(PackRequest(shipment=shipment, parcels=asked, addressee=addressee, **more))


def packable(loaded: Inventory) -> Inventory:
    """The same, with a prefix for parcels and an address for every node."""
    nodes = {name: dataclasses.replace(item, address=LYON_ADDRESS) for name, item in loaded.network.nodes.items()}
    network = dataclasses.replace(loaded.network, parcels=parcel_terms(), nodes=nodes)
    return dataclasses.replace(loaded, network=network)


def reserve_ssccs(shop):
    """So that none has to be reserved for the next parcels."""
    terms = shop._facts.network().parcels
    for _ in range(3):
        Serials(shop._client, shop._keys).reserve(terms, 5)
