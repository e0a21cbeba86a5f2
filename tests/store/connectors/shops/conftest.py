import pytest

from tests.support.facts import LILLE, LYON, node, service
from tests.support.parcels import LILLE_ADDRESS, LYON_ADDRESS, dpd, packing_network
from tests.support.shipped_connectors import Shipped


@pytest.fixture
def shop(bare):
    """Lyon and Paris, with stock of A and B; parcels get numbers of DPD."""
    return packing_network(
        bare,
        stock={"A": {"lyon": 10, "paris": 5}, "B": {"lyon": 3}},
        nodes=[node("lyon", LYON, address=LYON_ADDRESS), node("paris", LILLE, address=LILLE_ADDRESS)],
        services=[service(carrier="dpd")],
        carriers={"dpd": dpd(10, 99)},
    )


@pytest.fixture
def shipped(shop, tmp_path):
    """One of the connectors that come with Pointsman, with some texts of its file changed."""
    return lambda name, changes: Shipped(pointsman=shop, name=name, root=tmp_path, changes=changes)
