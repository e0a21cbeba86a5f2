"""A network whose goods have left and may come back, and carriers that bring them back."""

from dataclasses import dataclass

import pytest

from engine.fulfilment.return_labels.label_request import ReturnLabelRequest
from engine.model.carriers import CarrierAccount
from engine.model.returns import ReturnTerms
from tests.support.fake_carriers.booking import PRODUCTS
from tests.support.fake_carriers.selling import opened_seller, selling_settings
from tests.support.ledger_entries import ledger_kinds
from tests.support.parcels import ZOE, decided, packing_network
from tests.support.returns import open_return


@dataclass(frozen=True)
class Stored:
    """What lies in the server."""

    client: object
    network: str

    def kinds(self):
        return ledger_kinds(self.client, self.network)

    def labels(self):
        return self.client.hvals(f"{{{self.network}}}:parcels:labels")

    def end_turns(self):
        """As the minute does that a turn lasts which a process took that died."""
        leases = self.client.keys(f"{{{self.network}}}:*lease*")
        return self.client.delete(*leases) if leases else 0


@pytest.fixture
def stored(redis_client, network):
    return Stored(redis_client, network)


@pytest.fixture(params=["easypost", "karrio"])
def door(request):
    return request.param


@pytest.fixture
def selling(server_url, network, clock, fake, door):
    """Its carrier of returns sells labels."""
    account = CarrierAccount(id="shop", door=door, url=fake.url)
    terms = ReturnTerms(carrier="shop", carrier_product=PRODUCTS[door])
    with opened_seller(selling_settings(server_url, network, {"shop": door}), clock) as shop:
        yield packing_network(shop, carriers={"shop": account}, returns=terms)


@pytest.fixture
def made():
    """Makes the label of a return."""

    def make(shop, name, **more):
        return shop.fulfilment.return_labels.make(ReturnLabelRequest(return_id=name, **more))

    return make


@pytest.fixture
def to_come():
    """Authorises the return of 2 of A of a new order, whose customer is Zoë."""

    def open_one(shop, order="O-1", *, addressee=ZOE, **more):
        key = decided(shop, ("A", 2), id=order)
        if addressee is not None:
            shop.fulfilment.parcels.put_addressee(order, addressee)
        shop.holds.confirm(key.decision)
        return open_return(shop, order, _1=2, **more).stored.id

    return open_one
